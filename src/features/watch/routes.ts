/** The endpoints of watching. */
import { sendBeacon, startPlayback } from '../../contract/watch.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as watch from './watch.ts'

export const routes: AnyRoute[] = [
  route(startPlayback, (app, { viewer, params }) => watch.startPlayback(app, viewer, params.videoId)),
  route(sendBeacon, (app, { viewer, body }) => watch.hearBeacon(app, viewer, body)),
]
