/**
 * Bytes of media sent to viewers, by video: counted in memory while origins serve, written down now and then as notes for the
 * sums. What a crash loses of ten seconds is lost, and caches in front of the origin send the same bytes again: a lower bound.
 */
import type { App } from '../../../platform/app.ts'
import * as store from './store.ts'

const WRITE_MS = 10_000
/** Videos in one statement. */
const NOTES_AT_ONCE = 1000

const counts = new WeakMap<object, Map<string, number>>()

/** Notes that so many bytes of a video were sent. */
export function noteSent(app: App, videoId: string, bytes: number): void {
  const known = counts.get(app.blobs)
  const mine = known ?? new Map<string, number>()
  mine.set(videoId, (mine.get(videoId) ?? 0) + bytes)
  if (known) return
  counts.set(app.blobs, mine)
  setTimeout(() => {
    writeSent(app).catch((fault) => app.log.warn({ fault: String(fault) }, 'sent bytes could not be written down'))
  }, WRITE_MS).unref()
}

/** Writes down what was noted. */
export async function writeSent(app: App): Promise<void> {
  const mine = [...(counts.get(app.blobs) ?? [])]
  counts.delete(app.blobs)
  for (let from = 0; from < mine.length; from += NOTES_AT_ONCE)
    await store.addSent(app, mine.slice(from, from + NOTES_AT_ONCE))
}
