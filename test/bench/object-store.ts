/**
 * What an object store costs: a large file staged, committed and read back through the gateway of the tests, whose store is memory, so the
 * figures are of our side and of the protocol. `npm run bench -- object-store [MIB]`.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { MIB } from '../../src/kit/bytes.ts'
import { sideBySide } from '../../src/kit/side-by-side.ts'
import { folderBlobs } from '../../src/platform/blobs/folder-blobs.ts'
import { s3Blobs } from '../../src/platform/blobs/s3-blobs.ts'
import { openLog } from '../../src/platform/log.ts'
import { newBucket, objectStorePrograms, prepareObjectStore } from '../support/object-store.ts'
import type { BenchResult } from './figures.ts'

const SEGMENTS = 400
const SEGMENT_BYTES = 700_000

export async function run([size = '1024']: string[]): Promise<BenchResult> {
  if (!objectStorePrograms) throw new Error('needs the Debian packages ceph-mon, ceph-osd, ceph-common and radosgw')
  const sizeBytes = Number(size) * MIB
  const running = await prepareObjectStore()
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-bench-'))
  const bucket = await newBucket()
  const cache = { folder: join(folder, 'parts'), limitBytes: 1024 * MIB }
  const blobs = await s3Blobs({ place: bucket.place, cache, log: openLog('error') })
  const plain = await folderBlobs(join(folder, 'plain'))
  const piece = randomBytes(MIB)
  const file = async function* (bytes: number) {
    for (let n = 0; n < bytes / MIB; n++) yield piece
  }
  try {
    let mostBytes = 0
    const beforeBytes = process.memoryUsage().rss
    const watching = setInterval(() => {
      mostBytes = Math.max(mostBytes, process.memoryUsage().rss - beforeBytes)
    }, 20)
    const staged = await timed(() => blobs.staging.write('bench', 0, file(sizeBytes), sizeBytes, async () => {}))
    const committed = await timed(() => blobs.staging.commit('bench', 'bench/file', sizeBytes))
    clearInterval(watching)
    const read = await timed(async () => {
      for await (const _ of (await blobs.open('bench/file'))!.body);
    })
    const numbers = Array.from({ length: SEGMENTS }, (_, n) => n)
    const segment = randomBytes(SEGMENT_BYTES)
    const put = await timed(() =>
      sideBySide(numbers, 8, async (n) => void (await blobs.put(`bench/segments/${n}`, segment))),
    )
    const fetched = await timed(() =>
      sideBySide(numbers, 8, async (n) => void (await blobs.read(`bench/segments/${n}`, SEGMENT_BYTES))),
    )
    const inFolder = await timed(async () => void (await plain.put('bench/file', Readable.from(file(sizeBytes)))))
    const mibs = sizeBytes / MIB
    return {
      figures: {
        'staged MiB/s': mibs / staged.seconds,
        'staged CPU ms/MiB': staged.cpuMs / mibs,
        'commit seconds': committed.seconds,
        'commit CPU ms': committed.cpuMs,
        'commit seconds of 10 GiB': (committed.seconds * 10 * 1024) / mibs,
        'memory MiB': mostBytes / MIB,
        'read MiB/s': mibs / read.seconds,
        'read CPU ms/MiB': read.cpuMs / mibs,
        'segments put a second': SEGMENTS / put.seconds,
        'put CPU ms': put.cpuMs / SEGMENTS,
        'segments read a second': SEGMENTS / fetched.seconds,
        'read CPU ms': fetched.cpuMs / SEGMENTS,
        'folder MiB/s': mibs / inFolder.seconds,
      },
      summary: `${size} MiB staged at ${Math.round(mibs / staged.seconds)} MiB/s, committed in ${committed.seconds.toFixed(2)} s`,
    }
  } finally {
    await blobs.close()
    await plain.close()
    await running.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Wall clock, and processor time of this process. */
async function timed(work: () => Promise<unknown>): Promise<{ seconds: number; cpuMs: number }> {
  const [startedMs, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  return { seconds: (performance.now() - startedMs) / 1000, cpuMs: (user + system) / 1000 }
}
