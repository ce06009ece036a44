/** Addresses of captions. */
import { listCaptions, removeCaption, transcribeVideo } from '../../contract/captions.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as captions from './captions.ts'
import { receive } from './receive.ts'

export const routes: AnyRoute[] = [
  route(listCaptions, (app, { viewer, params }) => captions.listCaptions(app, viewer, params.videoId)),
  route(removeCaption, (app, { viewer, params }) =>
    captions.removeCaption(app, viewer, params.videoId, params.language, params.kind),
  ),
  route(transcribeVideo, (app, { viewer, params, body }) =>
    captions.askTranscription(app, viewer, params.videoId, body.language),
  ),
  {
    kind: 'raw',
    methods: ['PUT'],
    path: '/api/videos/:videoId/captions/:language',
    says: 'Takes the body (WebVTT or SubRip, any encoding, up to 4 MiB) as the text in this language; `?kind=subtitles`, `?name=`, `?edited=1`.',
    handle: receive,
  },
]
