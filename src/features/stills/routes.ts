/** Addresses of stills. */
import { chooseStill, listStills, makeStills } from '../../contract/stills.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as stills from './stills.ts'
import { putThumbnail } from './thumbnails.ts'

export const routes: AnyRoute[] = [
  route(listStills, (app, { viewer, params }) => stills.listStills(app, viewer, params.videoId)),
  route(chooseStill, (app, { viewer, params, body }) => stills.chooseStill(app, viewer, params.videoId, body.name)),
  route(makeStills, (app, { viewer, params }) => stills.makeAgain(app, viewer, params.videoId)),
  {
    kind: 'raw',
    methods: ['PUT'],
    path: '/api/videos/:videoId/thumbnail',
    says: 'Takes the body (JPEG, PNG, WebP, AVIF or GIF, up to 12 MiB) as the thumbnail; it is drawn anew.',
    handle: putThumbnail,
  },
]
