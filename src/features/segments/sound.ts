/** Copying sound: the AAC frames of a fit source become segments, without a decoder or an encoder. */
import { audioInit } from '../../media/mp4-write.ts'
import type { AudioRendition } from '../../media/plan.ts'
import { soundSegment, soundStretches } from '../../media/sound-copy.ts'
import { totalSeconds } from '../../media/timeline.ts'
import type { App } from '../../platform/app.ts'
import { runFolder, tellMade } from '../delivery/delivery.ts'
import { readFrames, soundCopyKey, soundTableOf } from '../sources/sources.ts'
import type { CopyWork } from './copy.ts'

/** Copies segments [from, to) of a sound and gives their sizes; those in `known` are there already. */
export async function copySound(
  app: App,
  work: CopyWork,
  rendition: AudioRendition,
  known: Map<number, number>,
): Promise<void> {
  const { plan, sourceKey } = work
  const sound = plan.source.audio[plan.audio.findIndex(({ id }) => id === rendition.id)]!
  const ofRun = runFolder(work.videoId, work.runId)
  const apart = rendition.copied?.apart === true
  const key = apart ? soundCopyKey(ofRun, rendition.id) : sourceKey
  const table = await soundTableOf(app, key, apart ? 0 : sound.streamIndex)
  if (!table) throw new Error(`the table of sound of ${key} is gone`)
  const folder = `${ofRun}/${rendition.id}`
  const { rate, channels, configuration: esds } = table
  const durationTicks = Math.round(totalSeconds(plan.timeline) * rate)
  const head = { timescale: rate, durationTicks, channels, sampleRate: rate, esds }
  if (await app.blobs.put(`${folder}/init.mp4`, audioInit(head))) await tellMade(app, `${folder}/init.mp4`, 'made')
  for (let n = work.from; n < work.to; n++) {
    if (known.has(n)) continue
    work.signal.throwIfAborted()
    const stretches = await readFrames(app, key, soundStretches(plan, rendition, table, n))
    const bytes = soundSegment(plan, rendition, table, n, stretches)
    await app.blobs.put(`${folder}/${n}.m4s`, bytes)
    known.set(n, bytes.byteLength)
    await tellMade(app, `${folder}/${n}.m4s`, 'made')
    work.stored?.(rendition.id, n)
  }
}
