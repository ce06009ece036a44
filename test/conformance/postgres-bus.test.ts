/** The bus in PostgreSQL keeps the promises of the port. */
import { sql } from 'kysely'
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
