/** Connections to the database are lent with patience: few for many short questions, as many as it takes for long ones. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { type OpenPostgres, openPostgres } from '../../src/platform/db/postgres.ts'
import { openPlatform } from '../support/house.ts'

async function withPool(connections: number, work: (opened: OpenPostgres) => Promise<void>) {
  await using platform = await openPlatform()
  const opened = openPostgres(platform.app.config['db.url'], connections, platform.app.log)
  try {
    await work(opened)
  } finally {
    await opened.close()
  }
}

test('a burst of short questions is answered by few connections', async () => {
  const opened: number[] = []
  // Who waited longer than a moment on a busy machine has opened one more: the best of some tries counts.
  for (let tries = 0; tries < 5; tries++)
    await withPool(20, async ({ db, pool }) => {
      await sql`select 1`.execute(db)
      await Promise.all(Array.from({ length: 10 }, () => sql`select 1`.execute(db)))
      opened.push(pool.totalCount)
    })

  expect(Math.min(...opened)).toBeLessThan(10)
})

test('long ones have a connection each, and none is left waiting', async () => {
  await withPool(8, async ({ db, pool }) => {
    const inside = new Set<number>()
    let meet = () => {}
    const allInside = new Promise<void>((resolve) => {
      meet = resolve
    })
    // Each goes on only when all are there, so none of them gives its connection back before.
    const long = async (number: number) =>
      db.transaction().execute(async (db) => {
        await sql`select 1`.execute(db)
        inside.add(number)
        if (inside.size === 8) meet()
        await allInside
      })
    await Promise.all(Array.from({ length: 8 }, (_, number) => long(number)))

    expect(pool.totalCount).toBe(8)
    await Promise.all(Array.from({ length: 40 }, () => sql`select 1`.execute(db)))
    expect(pool.totalCount).toBe(8)
  })
})

test('a connection that cannot be had is nobody else’s loss', async () => {
  await withPool(2, async ({ db, pool }) => {
    const asked = sql`select nothing`.execute(db)
    await expect(asked).rejects.toThrow('nothing')
    await Promise.all(Array.from({ length: 30 }, () => sql`select 1`.execute(db)))
    expect(pool.idleCount).toBe(pool.totalCount)
  })
})
