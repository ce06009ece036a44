/** Addresses of search. */
import * as contract from '../../contract/search.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import { noteClick } from './learning.ts'
import * as own from './own.ts'
import { listTopics, search, suggest } from './search.ts'
import * as store from './store.ts'
import { listTrending } from './trending.ts'

export const routes: AnyRoute[] = [
  route(contract.search, (app, { viewer, query }) => search(app, viewer, query)),
  route(contract.suggestSearches, async (app, { viewer, query }) => ({
    items: await suggest(app, viewer, query.q, query.limit),
  })),
  route(contract.clickResult, (app, { viewer, body }) => noteClick(app, viewer, body)),
  route(contract.listSearches, (app, { viewer }) => own.listSearches(app, viewer.accountId!)),
  route(contract.keepSearch, (app, { viewer, body }) => own.keepSearch(app, viewer.accountId!, body.q)),
  route(contract.forgetSearch, (app, { viewer, params }) =>
    store.forgetSearch(app, viewer.accountId!, params.searchId),
  ),
  route(contract.forgetSearches, (app, { viewer }) => store.forgetSearches(app, viewer.accountId!)),
  route(contract.listSavedSearches, (app, { viewer }) => own.listSaved(app, viewer.accountId!)),
  route(contract.saveSearch, (app, { viewer, body }) => own.saveSearch(app, viewer.accountId!, body)),
  route(contract.removeSavedSearch, (app, { viewer, params }) =>
    store.removeSaved(app, viewer.accountId!, params.savedId),
  ),
  route(contract.listTrending, (app, { viewer, query }) => listTrending(app, viewer, query)),
  route(contract.listTopics, (app) => listTopics(app)),
]
