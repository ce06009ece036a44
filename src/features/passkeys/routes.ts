/** Addresses of passkeys. */
import * as contract from '../../contract/account-security.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import { letIn } from '../accounts/accounts.ts'
import * as passkeys from './passkeys.ts'

export const routes: AnyRoute[] = [
  route(contract.beginPasskey, (app, { asked, body }) => passkeys.beginPasskey(app, asked, body.password)),
  route(contract.addPasskey, (app, { asked, body }) => passkeys.addPasskey(app, asked, body)),
  route(contract.listPasskeys, (app, { viewer }) => passkeys.listPasskeys(app, viewer.accountId!)),
  route(contract.removePasskey, (app, { viewer, params }) =>
    passkeys.removePasskey(app, viewer.accountId!, params.passkeyId),
  ),
  route(contract.beginPasskeySignIn, (app, { asked }) => passkeys.beginSignIn(app, asked)),
  route(contract.passkeySignIn, async (app, { asked, body, answer }) =>
    letIn(app, answer, await passkeys.signIn(app, asked, body.response)),
  ),
]
