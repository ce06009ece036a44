/** Takes over the texts that a source carries: its subtitle tracks become texts of the video, read and written anew like any other. */
import type { TextFacts } from '../../media/facts.ts'
import { textArgs } from '../../media/ffmpeg.ts'
import { decodeText, readCues } from '../../media/vtt.ts'
import { allOf } from '../../media/wanted.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { lookLimits, runOnSource } from '../sources/sources.ts'
import * as videos from '../videos/videos.ts'
import { keepCues } from './captions.ts'
import * as store from './store.ts'

interface Input {
  videoId: string
  sourceKey: string
  startSeconds: number
  texts: TextFacts[]
}

/** A text that somebody has sent in the meantime stays; one that can't be read is left out, and the others are taken. */
export async function runTakeTexts(app: App, input: Input, context: JobContext): Promise<void> {
  const video = await videos.loadVideo(app, input.videoId)
  if (!video || !(await app.blobs.head(input.sourceKey))) return
  for (const text of input.texts) {
    const kind = text.forDeaf ? 'captions' : 'subtitles'
    const language = text.language === 'und' ? (video.language ?? 'und') : text.language
    const known = await store.listOf(app, input.videoId)
    if (known.some((row) => row.language === language && row.kind === kind)) continue
    const limits = { ...lookLimits, wallMs: 600_000, nice: 10 }
    const outcome = await runOnSource(
      app,
      { key: input.sourceKey, wanted: allOf(text.streamIndex), inOrder: true },
      (inputName) => {
        const args = textArgs(inputName, text.streamIndex, input.startSeconds)
        return { program: 'ffmpeg', args, pipes: 1, limits }
      },
      context.signal,
    )
    const cues = outcome.ok ? readCues(decodeText(outcome.pipe, language)) : undefined
    if (!cues) {
      app.log.warn(
        { videoId: input.videoId, stream: text.streamIndex, said: outcome.stderr.slice(-300) },
        'a text of the source could not be read',
      )
      continue
    }
    await context.fence(app)
    await keepCues(app, video, { language, kind, name: text.title, origin: 'source' }, cues)
  }
}
