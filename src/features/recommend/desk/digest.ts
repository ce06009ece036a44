/** The weekly letter: some videos for each account that asked for it, by the same ranking as its home page. */
import type { App } from '../../../platform/app.ts'
import { notify } from '../../notifications/notifications.ts'
import { suggestedTo } from '../recommend.ts'
import * as store from './store.ts'

const WEEK_MS = 7 * 24 * 3_600_000
const AT_ONCE = 100
const VIDEOS = 8
/** What the last letters named is not named again: some two months of them. */
const NAMED_KEPT = 64

/** Each letter and that it was sent commit together; may run twice, and goes on where it stopped. */
export async function runDigests(app: App): Promise<void> {
  const before = new Date(app.clock.nowMs() - WEEK_MS)
  for (;;) {
    const due = await store.listDigestsDue(app, before, AT_ONCE)
    for (const { accountId, named } of due) {
      const found = await suggestedTo(app, accountId, VIDEOS, named)
      const videos = found.map(({ id, title, channel }) => ({ id, title, channel: channel.name }))
      await app.together(async (app) => {
        await store.noteDigest(app, accountId, [...videos.map(({ id }) => id), ...named].slice(0, NAMED_KEPT))
        const subject = app.clock.now().toISOString().slice(0, 10)
        // An empty letter says nothing; next week there may be something.
        if (videos.length > 0) await notify(app, [{ accountId, kind: 'digest', subject, body: { videos } }])
      })
    }
    if (due.length < AT_ONCE) return
  }
}
