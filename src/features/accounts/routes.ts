/** Addresses of accounts. */
import * as security from '../../contract/account-security.ts'
import * as contract from '../../contract/accounts.ts'
import { languageAsked } from '../../contract/languages.ts'
import type { App } from '../../platform/app.ts'
import { type Answer, type AnyRoute, type Asked, route, SESSION_COOKIE } from '../../platform/http/http.ts'
import { readCookie } from '../../platform/http/viewer.ts'
import * as accounts from './accounts.ts'
import * as letters from './letters.ts'
import * as passwords from './passwords.ts'
import { KNOWN_COOKIE } from './rules.ts'
import * as factor from './second-factor.ts'

export const routes: AnyRoute[] = [
  route(contract.signUp, async (app, { viewer, body, asked, answer }) => {
    await accounts.takeSignUpTurn(app, viewer)
    return accounts.letIn(
      app,
      answer,
      await accounts.signUp(app, { ...body, language: languageAsked(asked.headers) }, browserOf(asked)),
    )
  }),
  route(contract.signIn, async (app, { viewer, body, asked, answer }) =>
    accounts.letIn(app, answer, await accounts.signIn(app, viewer, body, browserOf(asked), markOf(asked))),
  ),
  route(contract.signOut, async (app, { asked, answer }) => {
    await accounts.signOut(app, asked.session)
    answer.clearCookie(SESSION_COOKIE)
  }),
  route(contract.me, (app, { viewer, asked, answer }) => {
    keepCookie(app, answer, asked)
    return accounts.aboutMe(app, viewer.accountId!)
  }),
  route(contract.createToken, (app, { viewer, body }) =>
    accounts.createToken(app, viewer.accountId!, body, viewer.scopes),
  ),
  route(contract.listTokens, (app, { viewer }) => accounts.listTokens(app, viewer.accountId!)),
  route(contract.removeToken, (app, { viewer, params }) =>
    accounts.removeToken(app, viewer.accountId!, params.tokenId),
  ),
  route(security.editAccount, (app, { viewer, body }) => accounts.editAccount(app, viewer.accountId!, body)),
  route(security.sendVerification, (app, { viewer }) => letters.sendVerification(app, viewer.accountId!)),
  route(security.useLetter, (app, { body }) => letters.useLetter(app, body.key)),
  route(security.askReset, (app, { body }) => passwords.askReset(app, body.email)),
  route(security.useReset, async (app, { body, answer }) =>
    accounts.rememberBrowser(app, answer, await passwords.useReset(app, body)),
  ),
  route(security.changePassword, (app, { viewer, body, asked }) =>
    passwords.changePassword(app, viewer, asked.session, body),
  ),
  route(security.changeEmail, (app, { viewer, body, asked }) =>
    passwords.changeEmail(app, viewer, asked.session, body),
  ),
  route(security.listDevices, (app, { viewer, asked }) => accounts.listDevices(app, viewer.accountId!, asked.session)),
  route(security.signOutDevice, (app, { viewer, params }) =>
    accounts.signOutDevice(app, viewer.accountId!, params.deviceId),
  ),
  route(security.signOutOthers, (app, { viewer, asked }) =>
    accounts.signOutOthers(app, viewer.accountId!, asked.session),
  ),
  route(security.beginSecondFactor, async (app, { viewer, body, asked }) =>
    factor.beginSecondFactor(app, await passwords.confirmOwner(app, viewer, asked.session, body.password)),
  ),
  route(security.confirmSecondFactor, (app, { viewer, body }) =>
    factor.confirmSecondFactor(app, viewer.accountId!, body.code),
  ),
  route(security.renewRecoveryCodes, async (app, { viewer, body, asked }) =>
    factor.renewRecoveryCodes(app, await passwords.confirmOwner(app, viewer, asked.session, body.password), body.code),
  ),
  route(security.removeSecondFactor, async (app, { viewer, body, asked }) =>
    factor.removeSecondFactor(app, await passwords.confirmOwner(app, viewer, asked.session, body.password), body.code),
  ),
]

function markOf(asked: Asked): string | undefined {
  return readCookie(asked.headers.cookie, KNOWN_COOKIE)
}

function browserOf(asked: Asked): string {
  return asked.headers['user-agent'] ?? ''
}

/** The session slides on the server; the browser's copy of its end slides with it, each time a page asks who it is for. */
function keepCookie(app: App, answer: Answer, asked: Asked): void {
  if (asked.session !== undefined && asked.headers.authorization === undefined) {
    answer.setCookie(SESSION_COOKIE, asked.session, { maxAgeSeconds: accounts.sessionLifeMs(app) / 1000 })
  }
}
