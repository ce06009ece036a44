/** The jobs of transcode, in the order a video meets them. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { segmentWanted } from '../delivery/delivery.ts'
import { runEarly, runForgetEarly } from './early.ts'
import { giveUpSpan, runEncode, runWanted } from './encode.ts'
import { giveUpProbe, runProbe } from './probe.ts'
import { runThumbnail } from './thumbnail.ts'
import { beginEarly, encodeSpan, forgetBegun, makeThumbnail, probeSource } from './transcode.ts'

export const jobs: JobHandler[] = [
  handler(beginEarly, runEarly),
  handler(forgetBegun, runForgetEarly),
  handler(probeSource, runProbe, {
    onRefused: (app, { videoId, renew }, refusal) =>
      giveUpProbe(app, videoId, renew?.replacement, refusal.code, refusal.detail),
    onParked: (app, { videoId, renew }, reason) =>
      giveUpProbe(app, videoId, renew?.replacement, 'source_undecodable', reason),
  }),
  handler(segmentWanted, runWanted),
  handler(encodeSpan, runEncode, { onParked: giveUpSpan }),
  handler(makeThumbnail, runThumbnail),
]
