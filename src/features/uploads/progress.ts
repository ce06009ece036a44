/**
 * How far a file has come, shouted while its bytes arrive. Parts of one file that arrive in this process are added up here;
 * for those that arrive elsewhere the row's offset stands.
 */
import type { App } from '../../platform/app.ts'
import * as store from './store.ts'

/** Channel of the shouts; each word is the JSON of UploadProgress. */
export const UPLOAD_CHANNEL = 'upload'

export interface UploadProgress {
  videoId: string
  offsetBytes: number
  lengthBytes: number
}

const SHOUT_EVERY_MS = 200

interface Arrival {
  writers: number
  offsets: Map<string, number>
  shoutedMs: number
}

const arrivals = new Map<string, Arrival>()

/** Begins to watch one upload of a video; `tell` its offset as often as you like, `end` with what is stored. */
export async function watchProgress(
  app: App,
  row: store.UploadRow,
): Promise<{ tell(offsetBytes: number): void; end(offsetBytes: number): void }> {
  const { video_id: videoId, staging_key: key } = row
  if (videoId === null) return { tell: () => {}, end: () => {} }
  const lengthBytes = store.factsOf(row).totalBytes ?? row.length_bytes
  const arrival = arrivals.get(key) ?? { writers: 0, offsets: new Map<string, number>(), shoutedMs: 0 }
  arrivals.set(key, arrival)
  arrival.writers++
  if (row.kind === 'partial') {
    for (const part of await store.listStaged(app, row.account_id, key)) {
      if (!arrival.offsets.has(part.upload_id)) arrival.offsets.set(part.upload_id, part.offset_bytes)
    }
  }
  const shout = () => {
    arrival.shoutedMs = performance.now()
    const offsetBytes = arrival.offsets.values().reduce((sum, offset) => sum + offset, 0)
    const word = JSON.stringify({ videoId, offsetBytes, lengthBytes } satisfies UploadProgress)
    app.bus.shout(UPLOAD_CHANNEL, word).catch((error) => app.log.debug({ error: String(error) }, 'progress not told'))
  }
  return {
    tell: (offsetBytes) => {
      arrival.offsets.set(row.upload_id, offsetBytes)
      if (performance.now() - arrival.shoutedMs >= SHOUT_EVERY_MS) shout()
    },
    end: (offsetBytes) => {
      arrival.offsets.set(row.upload_id, offsetBytes)
      arrival.writers--
      if (arrival.writers === 0) arrivals.delete(key)
      shout()
    },
  }
}
