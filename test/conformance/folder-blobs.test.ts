/** Blobs in a folder keep the promises of the port, also when the writing process is killed. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderBlobs } from '../../src/platform/blobs/folder-blobs.ts'
import { blobsConformance } from './blobs.ts'
import { writeUntilKilled } from './dying-writer.ts'

blobsConformance('blobs in a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-blobs-'))
  const blobs = await folderBlobs(folder)
  return {
    blobs,
    another: () => folderBlobs(folder),
    async close() {
      expect(await readdir(join(folder, 'aside'))).toEqual([])
      await rm(folder, { recursive: true })
    },
  }
})

const WRITER = `
  import { folderBlobs } from ${JSON.stringify(join(import.meta.dirname, '../../src/platform/blobs/folder-blobs.ts'))}
  const blobs = await folderBlobs(process.argv[1])
  for (let n = 0; ; n++) {
    await blobs.put('crash/' + process.argv[2] + '/' + n, Buffer.alloc(200_000, n % 251))
    console.log(n)
  }`

test('whatever the moment of a kill, every blob that is there is whole, and all that were acknowledged are there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-blobs-'))
  const blobs = await folderBlobs(folder)
  try {
    for (let round = 0; round < 5; round++) {
      const acknowledged = await writeUntilKilled(WRITER, [folder, String(round)], 20 + Math.random() * 60)
      const keys = await Array.fromAsync(blobs.list(`crash/${round}/`))
      expect(acknowledged.length).toBeGreaterThan(0)
      for (const n of acknowledged) expect(keys).toContain(`crash/${round}/${n}`)
      for (const key of keys) {
        const n = Number(key.split('/').at(-1))
        expect((await blobs.read(key, 300_000))!.equals(Buffer.alloc(200_000, n % 251))).toBe(true)
      }
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
