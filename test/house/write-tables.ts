/** Writes src/schema/tables.ts from what the migrations make. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { migrate } from '../../src/platform/db/migrate.ts'
import { tablesText } from '../../src/platform/db/tables-text.ts'
import { startTestCluster } from '../support/cluster.ts'

const cluster = await startTestCluster()
try {
  await migrate(cluster.url)
  const file = join(import.meta.dirname, '../../src/schema/tables.ts')
  await writeFile(file, await tablesText(cluster.url))
  console.log(`wrote ${file}`)
} finally {
  await cluster.close()
}
