/** Addresses of videos. */
import * as contract from '../../contract/videos.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import { follow } from './live.ts'
import * as videos from './videos.ts'

export const routes: AnyRoute[] = [
  route(contract.createVideo, async (app, { viewer, body }) =>
    videos.toVideo(app, viewer, await videos.createDraft(app, viewer.accountId!, body)),
  ),
  route(contract.listVideos, (app, { query }) => videos.listPublished(app, query)),
  route(contract.listMyVideos, (app, { viewer, query }) => videos.listMine(app, viewer, query)),
  route(contract.getVideo, (app, { viewer, params }) => videos.showVideo(app, viewer, params.videoId)),
  route(contract.listVideoFiles, (app, { viewer, params }) => videos.listFiles(app, viewer, params.videoId)),
  route(contract.editVideo, (app, { viewer, params, body: { commentsPolicy, publishAt, embedHosts, ...edit } }) =>
    videos.editVideo(app, viewer, params.videoId, {
      ...edit,
      comments_policy: commentsPolicy,
      embed_hosts: embedHosts,
      publishAt: typeof publishAt === 'string' ? new Date(publishAt) : publishAt,
    }),
  ),
  route(contract.removeVideo, (app, { viewer, params }) => videos.removeVideo(app, viewer, params.videoId)),
  {
    kind: 'socket',
    path: '/api/live',
    says: 'How videos stand that somebody is looking at: contract/live.ts.',
    open: follow,
  },
]
