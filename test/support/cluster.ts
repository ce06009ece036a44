/** A PostgreSQL for tests: one embedded server in a temporary folder, which cares for speed and not for power cuts. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '../../src/kit/ids.ts'
import { startEmbedded } from '../../src/platform/db/embedded.ts'
import { migrate } from '../../src/platform/db/migrate.ts'
import { ensureDatabase, onServer, withDatabase } from '../../src/platform/db/postgres.ts'
import { openLog } from '../../src/platform/log.ts'

export interface TestCluster {
  url: string
  close(): Promise<void>
}

/** Environment name under which the tests of a run find their server. */
export const TEST_DATABASE = 'TEST_DATABASE_URL'

export const TEMPLATE = 'vitascope_template'

/** Starts a server of its own. */
export async function startTestCluster(): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-test-'))
  const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', shared_buffers: '64MB' }
  const database = await startEmbedded({ folder, port: 0, log: openLog('error'), settings })
  return {
    url: database.url,
    async close() {
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Makes the migrated database from which every house clones its own. */
export async function makeTemplate(url: string): Promise<void> {
  const template = withDatabase(url, TEMPLATE)
  await ensureDatabase(template)
  await migrate(template)
}

/** A migrated, empty database of its own on this server, and how to drop it. */
export async function cloneDatabase(url: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `house_${newId(16).toLowerCase()}`
  // Copying files is half the work of writing every page to the log as well, which is what is done otherwise.
  await onServer(url, `create database ${name} template ${TEMPLATE} strategy file_copy`)
  return {
    url: withDatabase(url, name),
    drop: () => onServer(url, `drop database ${name} with (force)`),
  }
}
