/** What features rely on in the database: types, transactions, migrations. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/kit/ids.ts'
import { migrate } from '../../src/platform/db/migrate.ts'
import { ensureDatabase, onServer, withDatabase } from '../../src/platform/db/postgres.ts'
import { jobKind } from '../../src/platform/queue/queue.ts'
import { type OpenPlatform, openPlatform } from '../support/house.ts'

describe('the database', () => {
  let platform: OpenPlatform
  beforeAll(async () => {
    platform = await openPlatform()
  })
  afterAll(() => platform?.close())

  test('reads counts as numbers, times as dates, json as values', async () => {
    const { rows } = await sql`select 9007199254740991::bigint as big, sum(n)::numeric as total, count(*) as count,
      '2024-02-29T12:00:00.123Z'::timestamptz as at, '{"a":[1]}'::jsonb as json, array[1, 2]::bigint[] as list, array[]::bigint[] as none
      from (values (1), (2)) as it (n)`.execute(platform.app.db)
    expect(rows).toEqual([
      {
        big: Number.MAX_SAFE_INTEGER,
        total: 3,
        count: 2,
        at: new Date('2024-02-29T12:00:00.123Z'),
        json: { a: [1] },
        list: [1, 2],
        none: [],
      },
    ])
  })

  test('calls a number that no double holds a fault rather than rounding it', async () => {
    await expect(sql`select 9007199254740993::bigint`.execute(platform.app.db)).rejects.toThrow('does not fit')
  })

  test('commits what is done together, or nothing of it: rows, jobs and events', async () => {
    const { app } = platform
    const kind = jobKind<number>({ name: 'test.together', lane: 'quick', maxAttempts: 1, maxCrashes: 1 })
    const row = () => ({ name: 'test.row', body: '1', created_at: app.clock.now() })
    const rowCount = async () => (await app.db.selectFrom('outbox').selectAll().execute()).length
    const failed = app.together(async (app) => {
      await app.db.insertInto('outbox').values(row()).execute()
      await app.together(async (app) => app.queue.add(kind, 1))
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect([await rowCount(), await app.queue.counts()]).toEqual([0, []])
    await app.together(async (app) => {
      await app.db.insertInto('outbox').values(row()).execute()
      await app.queue.add(kind, 1)
    })
    expect([await rowCount(), await app.queue.counts()]).toEqual([1, [{ lane: 'quick', state: 'waiting', count: 1 }]])
  })

  test('an app outlives its connections', async () => {
    const { app } = platform
    await app.db.selectFrom('jobs').selectAll().execute()
    await onServer(
      app.config['db.url'],
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(app.config['db.url']).pathname.slice(1)}'`,
    )
    await expect
      .poll(() =>
        app.db
          .selectFrom('jobs')
          .selectAll()
          .execute()
          .then((rows) => rows.length),
      )
      .toBe(1)
  })
})

describe('migrations', () => {
  let platform: OpenPlatform
  let folder: string
  let url: string
  beforeAll(async () => {
    platform = await openPlatform()
    folder = await mkdtemp(join(tmpdir(), 'vitascope-migrations-'))
    url = withDatabase(platform.app.config['db.url'], `migrations_${newId().toLowerCase()}`)
    await ensureDatabase(url)
  })
  afterAll(async () => {
    await onServer(url, `drop database ${new URL(url).pathname.slice(1)} with (force)`)
    await rm(folder, { recursive: true })
    await platform.close()
  })

  test('are applied once, in order, by one of many that start together', async () => {
    await writeFile(join(folder, '0001_one.sql'), 'create table one (n int); insert into one values (1);')
    await writeFile(join(folder, '0002_two.sql'), 'insert into one values (2);')
    const applied = await Promise.all([migrate(url, folder), migrate(url, folder), migrate(url, folder)])
    expect(applied.toSorted((a, b) => b.length - a.length)).toEqual([['0001_one.sql', '0002_two.sql'], [], []])
  })

  test('one that fails leaves nothing, and is tried again', async () => {
    await writeFile(join(folder, '0003_three.sql'), 'insert into one values (3); select 1 / 0;')
    await expect(migrate(url, folder)).rejects.toThrow('0003_three.sql does not apply: division by zero')
    await writeFile(join(folder, '0003_three.sql'), 'insert into one values (3);')
    expect(await migrate(url, folder)).toEqual(['0003_three.sql'])
  })

  test('that changed after they were applied, or are not known here, stop the start', async () => {
    await writeFile(join(folder, '0003_three.sql'), 'insert into one values (33);')
    await expect(migrate(url, folder)).rejects.toThrow('0003_three.sql has changed')
    await rm(join(folder, '0003_three.sql'))
    await expect(migrate(url, folder)).rejects.toThrow('newer program (0003_three.sql)')
  })
})
