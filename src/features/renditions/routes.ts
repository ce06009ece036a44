/** Addresses of renditions. */
import * as contract from '../../contract/renditions.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as policy from './policy.ts'
import * as renditions from './renditions.ts'

export const routes: AnyRoute[] = [
  route(contract.listRenditions, (app, { viewer, params }) => renditions.listRenditions(app, viewer, params.videoId)),
  route(contract.makeRendition, (app, { viewer, params }) =>
    renditions.makeRendition(app, viewer, params.videoId, params.rendition),
  ),
  route(contract.getChannelPolicy, (app, { viewer, params }) => policy.getPolicy(app, viewer, params.handle)),
  route(contract.setChannelPolicy, (app, { viewer, params, body }) =>
    policy.decidePolicy(app, viewer, params.handle, body),
  ),
]
