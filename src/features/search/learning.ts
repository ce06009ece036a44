/** What searches teach: results that were chosen, how much of them was watched, and which queries are worth suggesting. */
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { normalKey } from './engine/analyse.ts'
import { COLD, clickWeight, HALF_LIVES, heatWith } from './rules.ts'
import * as store from './store.ts'

/** After so long no view follows a click any more. */
const SETTLE_MS = 6 * 3_600_000
/** Who has not gone on for so long has stopped: now it is known how much was watched. */
const IDLE_MS = 10 * 60_000
/** Of a watch that nobody wrote down, as of members who pause their history. */
const UNKNOWN_SHARE = 0.5
const BATCH = 500
const MAX_KEY = 200

/** A result was chosen. Kept without a word of who it was beyond the viewer's key, and gone once it is settled. */
export async function noteClick(
  app: App,
  viewer: Viewer,
  click: { q: string; videoId: string; place: number },
): Promise<void> {
  const key = normalKey(click.q).slice(0, MAX_KEY)
  if (key === '') return
  // The name under which views are counted, so that the two can be brought together.
  const name = viewer.accountId === undefined ? `viewer:${viewer.viewerKey}` : `account:${viewer.accountId}`
  await store.keepClick(app, { videoId: click.videoId, key, viewer: name, place: click.place, at: app.clock.now() })
}

/** The clock's task: adds what is settled to the sums of query and video. May run twice; each click is taken once. */
export async function settleClicks(app: App): Promise<void> {
  const before = new Date(app.clock.nowMs() - SETTLE_MS)
  const idle = new Date(app.clock.nowMs() - IDLE_MS)
  for (let taken = BATCH; taken === BATCH; ) {
    taken = await app.together(async (app) => {
      const settled = await store.takeSettled(app, before, idle, BATCH)
      // In one order everywhere, so that two who settle at once never wait for each other in a circle.
      settled.sort((a, b) => (`${a.query_key}\0${a.video_id}` < `${b.query_key}\0${b.video_id}` ? -1 : 1))
      for (const click of settled) await settle(app, click)
      return settled.length
    })
  }
}

async function settle(app: App, click: store.Settled): Promise<void> {
  const at = app.clock.now()
  const weight = clickWeight(click.place)
  await store.addOutcome(app, {
    videoId: click.video_id,
    key: click.query_key,
    clicks: weight,
    watches: click.watched ? weight * (click.share ?? UNKNOWN_SHARE) : 0,
    at,
  })
  if (!click.watched) return
  const known = await store.findQuery(app, click.query_key)
  await store.keepQuery(app, {
    key: click.query_key,
    viewers: (known?.viewers ?? 0) + 1,
    heat: heatWith(known?.heat ?? COLD, HALF_LIVES.heat_14d, at.getTime(), 1),
    at,
  })
}
