/** Addresses of subscriptions. */
import * as contract from '../../contract/subscriptions.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as subscriptions from './subscriptions.ts'

export const routes: AnyRoute[] = [
  route(contract.getSubscription, (app, { viewer, params }) =>
    subscriptions.getSubscription(app, viewer, params.handle),
  ),
  route(contract.subscribe, (app, { viewer, params, body }) =>
    subscriptions.subscribe(app, viewer, params.handle, body.notify),
  ),
  route(contract.unsubscribe, (app, { viewer, params }) => subscriptions.unsubscribe(app, viewer, params.handle)),
  route(contract.listSubscriptions, (app, { viewer, query }) => subscriptions.listSubscriptions(app, viewer, query)),
  route(contract.listFeed, (app, { viewer, query }) => subscriptions.listFeed(app, viewer, query)),
]
