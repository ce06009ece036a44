/** The endpoints of watching. */
import { sendBeacon, sendBeacons, startPlayback } from '../../contract/watch.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as watch from './watch.ts'

export const routes: AnyRoute[] = [
  route(startPlayback, (app, { viewer, params }) => watch.startPlayback(app, viewer, params.videoId)),
  route(sendBeacon, (app, { asked, body }) => watch.hearBeacon(app, asked, body)),
  route(sendBeacons, (app, { asked, body }) => watch.hearBeacons(app, asked, body.beacons)),
]
