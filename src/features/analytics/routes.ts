/** The endpoints of analytics. */
import * as contract from '../../contract/analytics.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as analytics from './analytics.ts'

const { ofChannel, ofPlaylist, ofVideo, OF_SITE } = analytics

export const routes: AnyRoute[] = [
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
