/** Prepared statements: what recurs is planned once, and a table that changes meanwhile is no fault. */
import { getHeapSpaceStatistics } from 'node:v8'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Db } from '../../src/platform/db/db.ts'
import { type OpenPostgres, openPostgres } from '../../src/platform/db/postgres.ts'
import { openPlatform } from '../support/house.ts'

async function withPool(connections: number, prepared: boolean, work: (opened: OpenPostgres) => Promise<void>) {
  await using platform = await openPlatform()
  const opened = openPostgres(platform.app.config['db.url'], connections, platform.app.log, prepared)
  try {
    await work(opened)
  } finally {
    await opened.close()
  }
}

const preparedTexts = async (db: Db) =>
  (await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(db)).rows.map(
    (it) => it.statement,
  )

const byEmail = (db: Db, email: string) =>
  db.selectFrom('accounts').selectAll().where('email', '=', email).limit(3).execute()

test('what was asked five times is prepared, with its limit in the text; lists of values and rarities are not', async () => {
  await withPool(1, true, async ({ db }) => {
    for (let n = 0; n < 4; n++) await byEmail(db, `${n}@example.org`)
    expect(await preparedTexts(db)).toEqual([])
    for (let n = 0; n < 4; n++) await byEmail(db, `${n}@example.org`)
    for (let n = 0; n < 9; n++)
      await db
        .selectFrom('accounts')
        .select('name')
        .where('email', 'in', [...'abcdefghijklmnopq'])
        .execute()

    const texts = await preparedTexts(db)
    expect(texts).toHaveLength(1)
    expect(texts[0]).toMatch(/from "accounts" where "email" = \$1 limit 3$/)
  })
})

test('nothing is prepared where a pooler could not bear it', async () => {
  await withPool(1, false, async ({ db }) => {
    for (let n = 0; n < 9; n++) await byEmail(db, 'a@example.org')
    expect(await preparedTexts(db)).toEqual([])
  })
})

test('a table that changes under a plan costs one transaction at most, and single questions nothing', async () => {
  await withPool(2, true, async ({ db }) => {
    await Promise.all(Array.from({ length: 30 }, () => byEmail(db, 'a@example.org')))
    await sql`alter table accounts add column hat_size integer`.execute(db)
    for (let n = 0; n < 8; n++) expect(await byEmail(db, 'a@example.org')).toEqual([])

    await sql`alter table accounts drop column hat_size`.execute(db)
    const inTransaction = () => db.transaction().execute((db) => byEmail(db, 'a@example.org'))
    await expect(inTransaction()).rejects.toThrow('cached plan')
    for (let n = 0; n < 4; n++) expect(await inTransaction()).toEqual([])
  })
})

test.each([true, false])(
  'what was answered is not kept, rows do not pile up among what lasts (prepared: %s)',
  async (prepared) => {
    await withPool(1, prepared, async ({ db }) => {
      const ask = () => sql`select repeat('x', 200) || n as word from generate_series(1, ${200}) n`.execute(db)
      for (let n = 0; n < 20; n++) await ask()

      // Old things grow in leaps, when the nursery is full. One leap may come of what else goes on here; the second greatest of seven counts.
      const grown: number[] = []
      for (let round = 0; round < 7; round++) {
        const before = oldBytes()
        for (let n = 0; n < 200; n++) await ask()
        grown.push(oldBytes() - before)
      }

      // Each time eight million letters went by, and rows beside them.
      expect(grown.sort((one, other) => other - one)[1]).toBeLessThan(4e6)
    })
  },
)

function oldBytes(): number {
  return getHeapSpaceStatistics().find((it) => it.space_name === 'old_space')!.space_used_size
}
