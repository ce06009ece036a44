/**
 * A store that is far away, made of real parts: the blobs of a folder, of which programs on this machine get only what was fetched through the
 * cache of ranges. It remembers what was asked of it.
 */
import type { ByteRange } from '../../src/kit/range.ts'
import type { Blobs } from '../../src/platform/blobs/blobs.ts'
import { rangeCache } from '../../src/platform/blobs/range-cache.ts'

/** What is longer is no look at some frames. */
const STREAM_BYTES = 4 * 1024 ** 2

export interface FarBlobs extends Blobs {
  /** Fetched for programs, in order. */
  asked: ({ key: string } & ByteRange)[]
  /** Bytes that went through as a stream of a blob, or of most of it, since the last `startAgain`. */
  streamedBytes(): number
  /** Bytes fetched for programs since the last `startAgain`. */
  fetchedBytes(): number
  /** Counts anew, with nothing of any blob here. */
  startAgain(): Promise<void>
}

export async function farBlobs(near: Blobs, folder: string): Promise<FarBlobs> {
  const asked: FarBlobs['asked'] = []
  let streamedBytes = 0
  const cache = await rangeCache({
    folder,
    limitBytes: Number.MAX_SAFE_INTEGER,
    async fetch(key, range) {
      asked.push({ key, ...range })
      const found = await near.open(key, range)
      if (!found) throw new Error(`${key} is gone`)
      return found.body
    },
  })
  return {
    ...near,
    isLocal: false,
    asked,
    async open(key, range) {
      const found = await near.open(key, range)
      if (!range || range.to - range.from > STREAM_BYTES)
        found?.body.on('data', (piece: Uint8Array) => {
          streamedBytes += piece.byteLength
        })
      // Whoever reads it is not here yet.
      found?.body.pause()
      return found
    },
    streamedBytes: () => streamedBytes,
    async localPath(key, ranges) {
      const facts = await near.head(key)
      return facts && cache.path(key, facts.sizeBytes, ranges)
    },
    async remove(key) {
      await near.remove(key)
      await cache.forget(key)
    },
    fetchedBytes: () => asked.reduce((sum, { from, to }) => sum + to + 1 - from, 0),
    async startAgain() {
      for (const { key } of asked) await cache.forget(key)
      asked.length = 0
      streamedBytes = 0
    },
    close: () => cache.close(),
  }
}
