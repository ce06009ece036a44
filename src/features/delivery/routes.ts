/** Addresses of delivery. */
import type { AnyRoute } from '../../platform/http/http.ts'
import { serveMedia } from './delivery.ts'

export const routes: AnyRoute[] = [
  {
    kind: 'raw',
    methods: ['GET', 'HEAD'],
    path: '/videos/*',
    says: 'Playlists, manifests, segments, texts and pictures of public videos.',
    anonymous: true,
    handle: serveMedia,
  },
  {
    kind: 'raw',
    methods: ['GET', 'HEAD'],
    path: '/t/*',
    says: 'The same for videos that need a grant: the first word is the grant.',
    anonymous: true,
    handle: serveMedia,
  },
]
