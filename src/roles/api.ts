/** What the API answers: every address of the product but the media itself. */
import { routes as accounts } from '../features/accounts/routes.ts'
import { routes as administration } from '../features/administration/routes.ts'
import { routes as analytics } from '../features/analytics/routes.ts'
import { routes as captions } from '../features/captions/routes.ts'
import { routes as channels } from '../features/channels/routes.ts'
import { routes as comments } from '../features/comments/routes.ts'
import { routes as downloads } from '../features/downloads/routes.ts'
import { routes as farewell } from '../features/farewell/routes.ts'
import { routes as feeds } from '../features/feeds/routes.ts'
import { routes as history } from '../features/history/routes.ts'
import { routes as moderation } from '../features/moderation/routes.ts'
import { routes as notifications } from '../features/notifications/routes.ts'
import { routes as oidc } from '../features/oidc/routes.ts'
import { routes as pages } from '../features/pages/routes.ts'
import { routes as passkeys } from '../features/passkeys/routes.ts'
import { routes as playlists } from '../features/playlists/routes.ts'
import { routes as reactions } from '../features/reactions/routes.ts'
import { routes as recommend } from '../features/recommend/routes.ts'
import { routes as renditions } from '../features/renditions/routes.ts'
import { routes as search } from '../features/search/routes.ts'
import { routes as site } from '../features/site/routes.ts'
import { routes as stills } from '../features/stills/routes.ts'
import { routes as subscriptions } from '../features/subscriptions/routes.ts'
import { routes as uploads } from '../features/uploads/routes.ts'
import { routes as videos } from '../features/videos/routes.ts'
import { routes as watch } from '../features/watch/routes.ts'
import { routes as webhooks } from '../features/webhooks/routes.ts'
import type { AnyRoute } from '../platform/http/http.ts'

/** How the platform knows who is asking. */
export { knowViewer } from '../features/accounts/accounts.ts'

export const apiRoutes: AnyRoute[] = [
  ...accounts,
  ...passkeys,
  ...oidc,
  ...farewell,
  ...site,
  ...moderation,
  ...administration,
  ...webhooks,
  ...feeds,
  ...channels,
  ...videos,
  ...captions,
  ...downloads,
  ...stills,
  ...uploads,
  ...watch,
  ...reactions,
  ...renditions,
  ...comments,
  ...subscriptions,
  ...playlists,
  ...history,
  ...notifications,
  ...search,
  ...recommend,
  ...analytics,
  ...pages,
]
