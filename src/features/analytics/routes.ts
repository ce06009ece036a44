/** The endpoints of analytics. */
import * as contract from '../../contract/analytics.ts'
import { refuse } from '../../contract/refusals.ts'
import { readAll } from '../../kit/bytes.ts'
import type { App } from '../../platform/app.ts'
import { type AnyRoute, type RawAnswer, type RawAsked, route } from '../../platform/http/http.ts'
import * as analytics from './analytics.ts'

const { ofChannel, ofPlaylist, ofVideo, OF_SITE } = analytics

/** A body of events is small; a longer one is no report of a player. */
const EVENTS_BYTES = 64 * 1024
const EVENTS_PER_MINUTE = 600

export const routes: AnyRoute[] = [
  {
    kind: 'raw',
    methods: ['POST'],
    path: '/cmcd',
    anonymous: true,
    says: 'Events of common media client data (CMCD version 2, event mode): a line of keys each, whose `cid` is the id of the video. They tell how well it plays; they count no views, for nothing in them is signed.',
    handle: takeEvents,
  },
  route(contract.sendImpressions, (app, { asked, body }) => analytics.hearImpressions(app, asked, body)),
  route(contract.videoTotals, async (app, { viewer, params, query }) =>
    analytics.totals(app, await ofVideo(app, viewer, params.videoId), query),
  ),
  route(contract.videoSeries, async (app, { viewer, params, query }) =>
    analytics.series(app, await ofVideo(app, viewer, params.videoId), query),
  ),
  route(contract.videoBreakdown, async (app, { viewer, params, query }) =>
    analytics.breakdown(app, await ofVideo(app, viewer, params.videoId), query),
  ),
  route(contract.videoRetention, async (app, { viewer, params, query }) =>
    analytics.retention(app, await ofVideo(app, viewer, params.videoId), query),
  ),
  route(contract.videoSpread, async (app, { viewer, params, query }) =>
    analytics.spread(app, await ofVideo(app, viewer, params.videoId), query),
  ),
  route(contract.channelTotals, async (app, { viewer, params, query }) =>
    analytics.totals(app, await ofChannel(app, viewer, params.handle), query),
  ),
  route(contract.channelSeries, async (app, { viewer, params, query }) =>
    analytics.series(app, await ofChannel(app, viewer, params.handle), query),
  ),
  route(contract.channelBreakdown, async (app, { viewer, params, query }) =>
    analytics.breakdown(app, await ofChannel(app, viewer, params.handle), query),
  ),
  route(contract.channelSpread, async (app, { viewer, params, query }) =>
    analytics.spread(app, await ofChannel(app, viewer, params.handle), query),
  ),
  route(contract.playlistTotals, async (app, { viewer, params, query }) =>
    analytics.totals(app, await ofPlaylist(app, viewer, params.playlistId), query),
  ),
  route(contract.playlistSeries, async (app, { viewer, params, query }) =>
    analytics.series(app, await ofPlaylist(app, viewer, params.playlistId), query),
  ),
  route(contract.playlistBreakdown, async (app, { viewer, params, query }) =>
    analytics.breakdown(app, await ofPlaylist(app, viewer, params.playlistId), query),
  ),
  route(contract.siteTotals, (app, { query }) => analytics.totals(app, OF_SITE, query)),
  route(contract.siteSeries, (app, { query }) => analytics.series(app, OF_SITE, query)),
  route(contract.siteBreakdown, (app, { query }) => analytics.breakdown(app, OF_SITE, query)),
  route(contract.siteSpread, (app, { query }) => analytics.spread(app, OF_SITE, query)),
]

/** Takes events from any site's player: a browser asks before it sends such a body to another site, and nothing here is secret. */
async function takeEvents(app: App, asked: RawAsked): Promise<RawAnswer> {
  const { ok } = await app.cache.take(`turns:cmcd:${asked.viewer.addressPrefix}`, EVENTS_PER_MINUTE, 60_000)
  if (!ok) return refuse('too_many', undefined, { 'retry-after': '10' })
  if (Number(asked.headers['content-length'] ?? 0) > EVENTS_BYTES) return refuse('body_too_large')
  const body = await readAll(asked.body, EVENTS_BYTES).catch(() => refuse('body_too_large'))
  analytics.hearEvents(app, asked, body.toString())
  return { status: 204 }
}
