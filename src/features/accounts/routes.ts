/** Addresses of accounts. */
import * as contract from '../../contract/accounts.ts'
import type { App } from '../../platform/app.ts'
import { type Answer, type AnyRoute, type Asked, route, SESSION_COOKIE } from '../../platform/http/http.ts'
import * as accounts from './accounts.ts'

export const routes: AnyRoute[] = [
  route(contract.signUp, async (app, { body, asked, answer }) =>
    enter(app, answer, await accounts.signUp(app, body, browserOf(asked))),
  ),
  route(contract.signIn, async (app, { viewer, body, asked, answer }) =>
    enter(app, answer, await accounts.signIn(app, viewer, body, browserOf(asked))),
  ),
  route(contract.signOut, async (app, { asked, answer }) => {
    await accounts.signOut(app, asked.session)
    answer.clearCookie(SESSION_COOKIE)
  }),
  route(contract.me, (app, { viewer, asked, answer }) => {
    keepCookie(app, answer, asked)
    return accounts.aboutMe(app, viewer.accountId!)
  }),
  route(contract.createToken, (app, { viewer, body }) => accounts.createToken(app, viewer.accountId!, body.name)),
  route(contract.listTokens, (app, { viewer }) => accounts.listTokens(app, viewer.accountId!)),
  route(contract.removeToken, (app, { viewer, params }) =>
    accounts.removeToken(app, viewer.accountId!, params.tokenId),
  ),
]

function browserOf(asked: Asked): string {
  return asked.headers['user-agent'] ?? ''
}

function enter<Reply>(app: App, answer: Answer, { me, session }: { me: Reply; session: string }): Reply {
  answer.setCookie(SESSION_COOKIE, session, { maxAgeSeconds: accounts.sessionLifeMs(app) / 1000 })
  return me
}

/** The session slides on the server; the browser's copy of its end slides with it, each time a page asks who it is for. */
function keepCookie(app: App, answer: Answer, asked: Asked): void {
  if (asked.session !== undefined && asked.headers.authorization === undefined) {
    answer.setCookie(SESSION_COOKIE, asked.session, { maxAgeSeconds: accounts.sessionLifeMs(app) / 1000 })
  }
}
