/**
 * Once per run of tests: one PostgreSQL with a migrated template, from which every house clones its own database; and a place for
 * the object store, which the first test that asks for it starts.
 */
import { makeTemplate, startTestCluster, TEST_DATABASE } from './cluster.ts'
import { prepareObjectStore } from './object-store.ts'

export default async function setup(): Promise<() => Promise<void>> {
  const cluster = await startTestCluster()
  await makeTemplate(cluster.url)
  // Inherited by the processes that run the tests.
  process.env[TEST_DATABASE] = cluster.url
  const objectStore = await prepareObjectStore()
  return async () => {
    await objectStore.close()
    await cluster.close()
  }
}
