/**
 * Transcode: from a source to a video that can be watched. Probe and plan decide everything, so that all playlists can
 * be written at once; encodes then make segments, in bulk or because somebody waits for one. Each step may run twice.
 */
import type { Span } from '../../media/plan.ts'
import type { App } from '../../platform/app.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import * as rules from './rules.ts'

/** A file that is to take the place of a video's source. */
export interface Replacement {
  sourceKey: string
  sourceName: string
  sourceBytes: number
}

/**
 * A source has arrived: look at it, plan it, make its first segment, and say that the video is ready. With `renew` the video
 * can be watched already, and gets a new run: from a new file, or from its own by the plan of today.
 */
export const probeSource = jobKind<{ videoId: string; renew?: { replacement?: Replacement } }>({
  name: 'transcode.probe',
  lane: 'now',
  maxAttempts: 5,
  maxCrashes: 3,
})

/** Bytes of a file have arrived: begin, or go on, with what can be made of them already. */
export const beginEarly = jobKind<{ videoId: string; stagingKey: string }>({
  name: 'transcode.early',
  lane: 'quick',
  maxAttempts: 2,
  maxCrashes: 2,
})

/** An upload has ended without a file: what was begun for it goes. */
export const forgetBegun = jobKind<{ videoId: string }>({
  name: 'transcode.forget_early',
  lane: 'quick',
  maxAttempts: 10,
  maxCrashes: 3,
})

/** Make one span: a run of consecutive segments of several renditions from one decode. */
export const encodeSpan = jobKind<{ videoId: string; runId: string; spanNo: number }>({
  name: 'transcode.encode',
  lane: 'bulk',
  maxAttempts: 5,
  maxCrashes: 3,
})

/** Make the picture that lists show. */
export const makeThumbnail = jobKind<{ videoId: string; runId: string }>({
  name: 'transcode.thumbnail',
  lane: 'quick',
  maxAttempts: 3,
  maxCrashes: 2,
})

/** Asks for spans of a run, the first minute of every title before the rest of any. */
export async function askForSpans(
  app: App,
  { videoId, runId }: { videoId: string; runId: string },
  spans: readonly Pick<Span, 'no' | 'order'>[],
): Promise<void> {
  await app.queue.addMany(
    encodeSpan,
    spans.map((span) => ({
      input: { videoId, runId, spanNo: span.no },
      options: { key: `${runId}/${span.no}`, priority: rules.spanPriority(span) },
    })),
  )
}
