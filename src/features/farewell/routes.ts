/** Addresses of leaving. */
import * as contract from '../../contract/account-security.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as farewell from './farewell.ts'

export const routes: AnyRoute[] = [
  route(contract.deleteAccount, (app, { viewer, body, asked }) =>
    farewell.askDeletion(app, viewer, asked.session, body.password),
  ),
  route(contract.keepAccount, (app, { viewer }) => farewell.keepAccount(app, viewer.accountId!)),
  {
    kind: 'raw',
    methods: ['GET'],
    path: '/api/me/export',
    says: 'Everything the platform knows of the account that asks, as one JSON file.',
    handle: (app, { viewer }) => farewell.exportAccount(app, viewer),
  },
]
