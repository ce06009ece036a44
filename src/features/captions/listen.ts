/** Has the operator's transcriber listen to a video, and keeps what it wrote. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { refuse } from '../../contract/refusals.ts'
import { MIB } from '../../kit/bytes.ts'
import type { RunPlan } from '../../media/plan.ts'
import { speechArgs } from '../../media/speech.ts'
import { decodeText, readCues } from '../../media/vtt.ts'
import { allOf } from '../../media/wanted.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { commandTranscriber } from '../../platform/transcriber/command-transcriber.ts'
import { lookLimits, runOnSource } from '../sources/sources.ts'
import * as videos from '../videos/videos.ts'
import { keepCues } from './captions.ts'
import * as store from './store.ts'

/** Writes captions in `language`. A text that somebody has sent or edited is never replaced by a machine's. */
export async function runTranscribe(
  app: App,
  { videoId, language }: { videoId: string; language: string },
  context: JobContext,
): Promise<void> {
  const transcriber = commandTranscriber(app.config['captions.transcriber'], app.config['captions.transcriber_minutes'])
  if (!transcriber) return refuse('transcription_off')
  const video = await videos.loadVideo(app, videoId)
  const run = video?.run_id ? await store.loadRun(app, videoId, video.run_id) : undefined
  if (!video || !run) return
  const plan = run.plan as unknown as RunPlan
  const sound = plan.source.audio[0]
  if (!sound) return refuse('source_no_video', 'there is no sound to listen to')
  const isOurs = (row: store.CaptionRow) =>
    row.language === language && row.kind === 'captions' && row.origin !== 'machine'
  if ((await store.listOf(app, videoId)).some(isOurs)) return

  const key = run.source_key
  if (!(await app.blobs.head(key))) return
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-speech-'))
  try {
    const seconds = plan.source.durationMs / 1000
    const limits = { ...lookLimits, wallMs: 120_000 + seconds * 1000, outputBytes: seconds * 40_000 + MIB, nice: 10 }
    const outputPath = join(app.jail.outputName(folder), 'a.wav')
    const outcome = await runOnSource(
      app,
      { key, wanted: allOf(sound.streamIndex) },
      (inputName) => {
        const args = speechArgs(sound.streamIndex, inputName, outputPath)
        return { program: 'ffmpeg', args, outputFolder: folder, pipes: 0, limits }
      },
      context.signal,
    )
    if (!outcome.ok) throw new Error(`the sound could not be read: ${outcome.stderr.slice(-300)}`)
    const text = await transcriber.transcribe(join(folder, 'a.wav'), language, context.signal)
    const cues = readCues(decodeText(text, language))
    if (!cues) return
    await context.fence(app)
    await keepCues(app, video, { language, kind: 'captions', origin: 'machine' }, cues)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
