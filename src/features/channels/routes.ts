/** Addresses of channels. */
import * as contract from '../../contract/channels.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as channels from './channels.ts'
import * as pictures from './pictures.ts'
import * as team from './team.ts'

export const routes: AnyRoute[] = [
  route(contract.getChannel, (app, { viewer, params }) => channels.getChannel(app, params.handle, viewer)),
  route(contract.listChannelVideos, (app, { params, query }) => channels.listChannelVideos(app, params.handle, query)),
  route(contract.listAllChannelVideos, (app, { viewer, params, query }) =>
    channels.listAllChannelVideos(app, viewer, params.handle, query),
  ),
  route(contract.createChannel, (app, { viewer, body }) => channels.createChannel(app, viewer, body)),
  route(contract.editChannel, (app, { viewer, params, body }) =>
    channels.editChannel(app, viewer, params.handle, body),
  ),
  route(contract.removeChannel, (app, { viewer, params }) => channels.removeChannel(app, viewer, params.handle)),
  route(contract.removePicture, (app, { viewer, params }) =>
    pictures.removePicture(app, viewer, params.handle, params.picture),
  ),
  route(contract.listMyChannels, (app, { viewer }) => team.listMyChannels(app, viewer)),
  route(contract.listTeam, (app, { viewer, params }) => team.listTeam(app, viewer, params.handle)),
  route(contract.setTeamMember, (app, { viewer, params, body }) =>
    team.setTeamMember(app, viewer, params.handle, params.member, body.role),
  ),
  route(contract.removeTeamMember, (app, { viewer, params }) =>
    team.removeTeamMember(app, viewer, params.handle, params.member),
  ),
  route(contract.acceptInvitation, (app, { viewer, params }) => team.acceptInvitation(app, viewer, params.handle)),
  route(contract.transferChannel, (app, { viewer, params, body }) =>
    team.transferChannel(app, viewer, params.handle, body.to),
  ),
  {
    kind: 'raw',
    methods: ['PUT'],
    path: '/api/channels/:handle/pictures/:picture',
    says: 'Takes the body, a JPEG, PNG, WebP, AVIF or GIF of at most 12 MiB, as `avatar` or `banner` of a channel; replies the channel.',
    handle: pictures.putPicture,
  },
  {
    kind: 'raw',
    methods: ['GET', 'HEAD'],
    path: '/channels/:channelId/:file',
    says: 'Avatar or banner of a channel, drawn anew from what was uploaded.',
    anonymous: true,
    handle: pictures.servePicture,
  },
]
