/** The bus in PostgreSQL keeps the promises of the port. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { eventKind } from '../../src/platform/bus/bus.ts'
import { postgresBus } from '../../src/platform/bus/postgres-bus.ts'
import { openWire, type Wire } from '../../src/platform/db/listen.ts'
import { openPostgres } from '../../src/platform/db/postgres.ts'
import { openApp } from '../../src/platform/open.ts'
import { openPlatform } from '../support/house.ts'
import { busConformance } from './bus.ts'

busConformance('the bus in PostgreSQL', async () => {
  const platform = await openPlatform()
  const here = platform.app
  const there = await openApp(here.config, { log: here.log, jail: here.jail, migrated: true })
  return {
    here,
    there,
    async cut() {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'vitascope listener'`.execute(here.db)
    },
    async close() {
      await there.close()
      await platform.close()
    },
  }
})

test('a word that comes while somebody begins to listen holds nothing up', async () => {
  await using platform = await openPlatform()
  const { config, log } = platform.app
  const postgres = openPostgres(config['db.url'], 2, log)
  const wire = openWire(config['db.url'], postgres.pool, log)
  const hearers: ((word: string) => void)[] = []
  // The same wire, but the word always comes at the worst moment.
  const hasty: Wire = {
    ...wire,
    hear: (channel, hear) => {
      hearers.push(hear)
      return wire.hear(channel, hear)
    },
    ready: async () => {
      await wire.ready()
      for (const hear of hearers) hear('')
    },
  }
  const bus = postgresBus({ db: postgres.db, wire: hasty, log })
  try {
    const happened = eventKind<{ number: number }>('tests.happened')
    const heard = new Promise((resolve) => bus.listen(happened, ({ body }) => resolve(body)))
    await bus.publish(happened, { number: 7 })
    expect(await heard).toEqual({ number: 7 })
  } finally {
    await bus.close()
    await wire.close()
    await postgres.close()
  }
})
