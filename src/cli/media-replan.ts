/** What `vitascope media replan` does: asks for new runs, and shows how far they are. */
import { sleep } from '../kit/retry.ts'
import type { App } from '../platform/app.ts'
import { renewalProgress, renewVideos } from '../roles/desk.ts'

const LOOK_MS = 2000

/** Asks for new runs of these videos, or of all; with `watch` stays until a running platform has made them. */
export async function replanVideos(app: App, videoIds: string[] | 'all', watch: boolean): Promise<void> {
  const asked = await renewVideos(app, videoIds)
  process.stdout.write(asked === 1 ? '1 video is planned anew.\n' : `${asked} videos are planned anew.\n`)
  for (let before = ''; watch; await sleep(LOOK_MS)) {
    const { toPlan, toEncode } = await renewalProgress(app)
    const line = `${toPlan} to plan, ${toEncode} to encode\n`
    if (line !== before) process.stdout.write(line)
    before = line
    if (toPlan + toEncode === 0) return
  }
}
