/** Addresses of the history. */
import * as contract from '../../contract/history.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as history from './history.ts'

export const routes: AnyRoute[] = [
  route(contract.listHistory, (app, { viewer, query }) => history.listHistory(app, viewer, query)),
  route(contract.clearHistory, (app, { viewer }) => history.clearHistory(app, viewer)),
  route(contract.forgetWatched, (app, { viewer, params }) => history.forgetWatched(app, viewer, params.videoId)),
  route(contract.pauseHistory, (app, { viewer, body }) => history.pauseHistory(app, viewer, body.paused)),
]
