/** Addresses of playlists. */
import * as contract from '../../contract/playlists.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as playlists from './playlists.ts'

export const routes: AnyRoute[] = [
  route(contract.createPlaylist, (app, { viewer, body }) => playlists.createPlaylist(app, viewer, body)),
  route(contract.getPlaylist, (app, { viewer, params }) => playlists.getPlaylist(app, viewer, params.playlistId)),
  route(contract.editPlaylist, (app, { viewer, params, body }) =>
    playlists.editPlaylist(app, viewer, params.playlistId, body),
  ),
  route(contract.removePlaylist, (app, { viewer, params }) => playlists.removePlaylist(app, viewer, params.playlistId)),
  route(contract.listPlaylistItems, (app, { viewer, params, query }) =>
    playlists.listItems(app, viewer, params.playlistId, query),
  ),
  route(contract.addToPlaylist, (app, { viewer, params, body }) =>
    playlists.addItem(app, viewer, params.playlistId, body.videoId),
  ),
  route(contract.removeFromPlaylist, (app, { viewer, params }) =>
    playlists.removeItem(app, viewer, params.playlistId, params.videoId),
  ),
  route(contract.moveInPlaylist, (app, { viewer, params, body }) =>
    playlists.moveItem(app, viewer, params.playlistId, params.videoId, body.before),
  ),
  route(contract.listMyPlaylists, (app, { viewer, query }) => playlists.listMine(app, viewer, query)),
  route(contract.getWatchLater, (app, { viewer }) => playlists.getWatchLater(app, viewer)),
  route(contract.listChannelPlaylists, (app, { viewer, params, query }) =>
    playlists.listOfChannel(app, viewer, params.handle, query),
  ),
]
