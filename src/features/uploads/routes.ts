/** The addresses of uploads. */

import { UPLOADS_PATH } from '../../contract/tus.ts'
import * as contract from '../../contract/uploads.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import { answerCollection, answerOne } from './requests.ts'
import { listUploads, uploadLimits } from './uploads.ts'

export const routes: AnyRoute[] = [
  route(contract.uploadLimits, (app, { viewer }) => uploadLimits(app, viewer)),
  route(contract.listUploads, (app, { viewer }) => listUploads(app, viewer)),
  {
    kind: 'raw',
    methods: ['POST', 'OPTIONS'],
    path: UPLOADS_PATH,
    says: 'tus 1.0: begins an upload, or joins finished parts.',
    handle: answerCollection,
  },
  {
    kind: 'raw',
    methods: ['HEAD', 'PATCH', 'DELETE', 'POST', 'OPTIONS'],
    path: `${UPLOADS_PATH}/:uploadId`,
    says: 'tus 1.0: one upload: how far it is, further bytes, its end.',
    handle: answerOne,
  },
]
