/** Once per run of tests: one PostgreSQL with a migrated template, from which every house clones its own database. */
import { makeTemplate, startTestCluster, TEST_DATABASE } from './cluster.ts'

export default async function setup(): Promise<() => Promise<void>> {
  const cluster = await startTestCluster()
  await makeTemplate(cluster.url)
  // Inherited by the processes that run the tests.
  process.env[TEST_DATABASE] = cluster.url
  return cluster.close
}
