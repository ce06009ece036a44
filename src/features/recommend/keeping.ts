/** What this process showed on its pages goes to the database, every few seconds. */
import type { App } from '../../platform/app.ts'
import { liveIfOpen, liveOf } from './live.ts'
import { takePages } from './ranker/shown.ts'
import { insertPages } from './ranker/store.ts'
import * as store from './store.ts'

/** Keeps what this process showed, and what viewers took of videos on trial. Called by whoever serves, every few seconds. */
export async function keepShown(app: App): Promise<void> {
  const live = liveIfOpen(app)
  if (!live) return
  const pages = takePages(live.shown)
  if (pages.length > 0) await insertPages(app, pages)
  const rows = [...live.trials].flatMap(([video, trial]) => {
    if (trial.newShown === 0 && trial.newTaken === 0) return []
    const row = { videoId: live.catalogue.idOf(video), shown: trial.newShown, taken: trial.newTaken }
    trial.newShown = 0
    trial.newTaken = 0
    return [row]
  })
  await store.addTrials(app, rows)
}

const KEEP_EVERY_MS = 2000

/** Keeps what is shown while this process serves pages; stopping keeps the rest. */
export function startKeeping(app: App): { stop(): Promise<void> } {
  // Read ahead: on a large platform the memory takes a while to fill, and the first who comes should not wait for it.
  void liveOf(app).catch((error) => {
    app.log.warn({ error: String(error) }, 'suggestions could not be read ahead')
  })
  let keeping: Promise<void> = Promise.resolve()
  const keep = () => {
    keeping = keeping
      .then(() => keepShown(app))
      .catch((error) => {
        app.log.warn({ error: String(error) }, 'pages that were shown were not kept')
      })
  }
  const timer = setInterval(keep, KEEP_EVERY_MS)
  return {
    async stop() {
      clearInterval(timer)
      keep()
      await keeping
    },
  }
}
