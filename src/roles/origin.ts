/** What the origin answers: playlists, segments, thumbnails. */
import { hearServed } from '../features/analytics/analytics.ts'
import { whenServed } from '../features/delivery/delivery.ts'
import { routes as delivery } from '../features/delivery/routes.ts'
import type { AnyRoute } from '../platform/http/http.ts'

whenServed(hearServed)

export const originRoutes: AnyRoute[] = [...delivery]
