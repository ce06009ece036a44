/** What the API answers: every address of the product but the media itself. */
import { routes as accounts } from '../features/accounts/routes.ts'
import { routes as analytics } from '../features/analytics/routes.ts'
import { routes as channels } from '../features/channels/routes.ts'
import { routes as pages } from '../features/pages/routes.ts'
import { routes as search } from '../features/search/routes.ts'
import { routes as uploads } from '../features/uploads/routes.ts'
import { routes as videos } from '../features/videos/routes.ts'
import { routes as watch } from '../features/watch/routes.ts'
import type { AnyRoute } from '../platform/http/http.ts'

/** How the platform knows who is asking. */
export { knowViewer } from '../features/accounts/accounts.ts'

export const apiRoutes: AnyRoute[] = [...accounts, ...channels, ...videos, ...uploads, ...watch, ...search, ...analytics, ...pages]
