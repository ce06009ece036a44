/** The jobs of transcode, in the order a video meets them. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { segmentWanted } from '../delivery/delivery.ts'
import * as videos from '../videos/videos.ts'
import { giveUpSpan, runEncode, runWanted } from './encode.ts'
import { runProbe } from './probe.ts'
import { runThumbnail } from './thumbnail.ts'
import { encodeSpan, makeThumbnail, probeSource } from './transcode.ts'

export const jobs: JobHandler[] = [
  handler(probeSource, runProbe, {
    onRefused: (app, { videoId }, refusal) => videos.markFailed(app, videoId, refusal.code, refusal.detail),
    onParked: (app, { videoId }, reason) => videos.markFailed(app, videoId, 'source_undecodable', reason),
  }),
  handler(segmentWanted, runWanted),
  handler(encodeSpan, runEncode, { onParked: giveUpSpan }),
  handler(makeThumbnail, runThumbnail),
]
