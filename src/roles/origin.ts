/** What the origin answers: playlists, segments, thumbnails. */
import { routes as delivery } from '../features/delivery/routes.ts'
import type { AnyRoute } from '../platform/http/http.ts'

export const originRoutes: AnyRoute[] = [...delivery]
