/**
 * Once per run of tests: one PostgreSQL with a migrated template, from which every house clones its own database; and a place for
 * the object store, which the first test that asks for it starts.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { makeTemplate, startTestCluster, TEST_DATABASE } from './cluster.ts'
import { prepareObjectStore } from './object-store.ts'

const IN_MEMORY = '/dev/shm'
/** More than all the files of a run, which go as soon as their tests end. */
const ENOUGH_BYTES = 6 * 1024 ** 3

export default async function setup(): Promise<() => Promise<void>> {
  const folder = await folderInMemory()
  // Inherited by the processes that run the tests, as the next one is.
  if (folder !== undefined) process.env.TMPDIR = folder
  const cluster = await startTestCluster()
  await makeTemplate(cluster.url)
  process.env[TEST_DATABASE] = cluster.url
  const objectStore = await prepareObjectStore()
  return async () => {
    await objectStore.close()
    await cluster.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

/** Where temporary files lie in memory: houses open and close there in half the time. On a machine that has not the room there is none. */
async function folderInMemory(): Promise<string | undefined> {
  const room = await statfs(IN_MEMORY).catch(() => undefined)
  if (!room || room.bavail * room.bsize < ENOUGH_BYTES || freemem() < ENOUGH_BYTES) return undefined
  await sweep()
  return mkdtemp(join(IN_MEMORY, `vitascope-test-${process.pid}-`)).catch(() => undefined)
}

/** Takes away what runs have left that were killed. */
async function sweep(): Promise<void> {
  for (const name of await readdir(IN_MEMORY)) {
    const [, owner] = /^vitascope-test-(\d+)-/.exec(name) ?? []
    if (owner !== undefined && !existsSync(`/proc/${owner}`))
      await rm(join(IN_MEMORY, name), { recursive: true, force: true })
  }
}
