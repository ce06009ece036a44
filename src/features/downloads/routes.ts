/** Addresses of downloads. */
import { listDownloads, setDownloads } from '../../contract/downloads.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as downloads from './downloads.ts'

export const routes: AnyRoute[] = [
  route(listDownloads, (app, { viewer, params }) => downloads.listDownloads(app, viewer, params.videoId)),
  route(setDownloads, (app, { viewer, params, body }) => downloads.setDownloads(app, viewer, params.videoId, body.who)),
  {
    kind: 'raw',
    methods: ['GET', 'HEAD'],
    path: '/api/videos/:videoId/download/:rendition',
    says: 'One complete quality with its sound as an MP4 file.',
    handle: downloads.sendDownload,
  },
]
