/** Chapters that a source brought along: read once its run is made, kept with the video. */
import { inputLimits } from '../../media/allowed.ts'
import { chaptersOfSource } from '../../media/chapters.ts'
import type { RunPlan } from '../../media/plan.ts'
import { HEAD } from '../../media/wanted.ts'
import type { App } from '../../platform/app.ts'
import { lookLimits, runOnSource } from '../sources/sources.ts'
import * as store from './store.ts'

/** Reads the chapters of a run's source. A source that is gone, or says nothing that can be read, has none. */
export async function readChapters(
  app: App,
  { videoId, runId, plan, signal }: { videoId: string; runId: string; plan: RunPlan; signal: AbortSignal },
): Promise<void> {
  const sourceKey = (await store.loadRun(app, videoId, runId))?.source_key
  if (!sourceKey || !(await app.blobs.head(sourceKey))) return
  const argsFor = (inputName: string) => [
    ...['-v', 'error', ...inputLimits(), '-show_chapters', '-of', 'json'],
    `file:${inputName}`,
  ]
  const outcome = await runOnSource(
    app,
    { key: sourceKey, wanted: HEAD },
    (inputName) => ({ program: 'ffprobe', args: argsFor(inputName), pipes: 0, limits: lookLimits }),
    signal,
  )
  if (!outcome.ok) return
  const { chapters = [] } = JSON.parse(outcome.stdout.toString()) as {
    chapters?: Parameters<typeof chaptersOfSource>[0]
  }
  const found = chaptersOfSource(chapters, plan.source.startSeconds, plan.source.durationMs)
  await store.keepChapters(app, videoId, found)
}
