/** Addresses of channels. */
import * as contract from '../../contract/channels.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import { getChannel, listChannelVideos } from './channels.ts'

export const routes: AnyRoute[] = [
  route(contract.getChannel, (app, { params }) => getChannel(app, params.handle)),
  route(contract.listChannelVideos, (app, { params, query }) => listChannelVideos(app, params.handle, query)),
]
