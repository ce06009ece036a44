/** Addresses of webhooks. */
import * as contract from '../../contract/webhooks.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as webhooks from './webhooks.ts'

export const routes: AnyRoute[] = [
  route(contract.createWebhook, (app, { viewer, body }) => webhooks.createWebhook(app, viewer.accountId!, body)),
  route(contract.listWebhooks, (app, { viewer }) => webhooks.listWebhooks(app, viewer.accountId!)),
  route(contract.changeWebhook, (app, { viewer, params, body }) =>
    webhooks.changeWebhook(app, viewer.accountId!, params.webhookId, body),
  ),
  route(contract.removeWebhook, (app, { viewer, params }) =>
    webhooks.removeWebhook(app, viewer.accountId!, params.webhookId),
  ),
  route(contract.listDeliveries, (app, { viewer, params, query }) =>
    webhooks.listDeliveries(app, viewer.accountId!, params.webhookId, query),
  ),
  route(contract.redeliver, (app, { viewer, params }) =>
    webhooks.redeliver(app, viewer.accountId!, params.webhookId, params.deliveryId),
  ),
]
