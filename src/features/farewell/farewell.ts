/** Leaving: all that an account has as one file, and its deletion after a time of grace. */

import { Readable } from 'node:stream'
import { refuse } from '../../contract/refusals.ts'
import type { App } from '../../platform/app.ts'
import type { RawAnswer, Viewer } from '../../platform/http/http.ts'
import { confirmOwner, DAY_MS, lockAccount, refuseLastAdmin, tellByLetter } from '../accounts/accounts.ts'
import { forgetAccount } from '../analytics/analytics.ts'
import { removeDraft } from '../videos/videos.ts'
import * as store from './store.ts'

const EXPORT_ROWS = 1000
const EXPORTS_PER_HOUR = 4
const ACCOUNTS_AT_ONCE = 20
const VIDEOS_AT_ONCE = 100

/** Everything the platform knows of an account, as JSON that is read from the tables while it is sent. */
export async function exportAccount(app: App, viewer: Viewer): Promise<RawAnswer> {
  const { accountId } = viewer
  if (accountId === undefined) return refuse('sign_in_needed')
  if (viewer.scopes && !viewer.scopes.includes('account')) return refuse('scope_missing', 'needs the scope account')
  const turn = await app.cache.take(`farewell:exports:${accountId}`, EXPORTS_PER_HOUR, 60 * 60_000)
  if (!turn.ok) return refuse('too_many', undefined, { 'retry-after': String(Math.ceil(turn.waitMs / 1000)) })
  return {
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="vitascope-account.json"',
      'cache-control': 'no-store',
    },
    body: Readable.from(exportText(app, accountId)),
  }
}

async function* exportText(app: App, accountId: string): AsyncGenerator<string> {
  yield `{"exported":${JSON.stringify(app.clock.now().toISOString())}`
  for (const name of store.EXPORTED_TABLES) {
    yield `,\n"${name}":[`
    let count = 0
    // Read page by page in the order of the key, so that no connection is held while a slow client reads.
    for (let after = ''; ; ) {
      const rows = await store.readExported(app, name, accountId, after, EXPORT_ROWS)
      for (const row of rows) yield `${count++ === 0 ? '' : ','}\n${JSON.stringify(row.body)}`
      after = rows.at(-1)?.place ?? ''
      if (rows.length < EXPORT_ROWS) break
    }
    yield ']'
  }
  yield '}\n'
}

/** Has the account deleted after the time of grace. Refuses last_admin: somebody must be left to answer for the platform. */
export async function askDeletion(
  app: App,
  viewer: Viewer,
  session: string | undefined,
  password: string | undefined,
): Promise<{ deleteAfter: string }> {
  const accountId = await confirmOwner(app, viewer, session, password)
  return app.together(async (app) => {
    const account = await lockAccount(app, accountId)
    if (account.role === 'admin') await refuseLastAdmin(app, accountId)
    const at = new Date(app.clock.nowMs() + app.config['accounts.grace_days'] * DAY_MS)
    await store.setDeletion(app, accountId, at)
    const day = at.toISOString().slice(0, 10)
    await tellByLetter(app, account, 'notice.deletion', { day })
    app.log.info({ accountId }, 'account deletion asked for')
    return { deleteAfter: at.toISOString() }
  })
}

export async function keepAccount(app: App, accountId: string): Promise<void> {
  await store.setDeletion(app, accountId, null)
}

/** Deletes the accounts whose time has come; for the clock. May be cut off anywhere and goes on the next time. */
export async function deleteDueAccounts(app: App): Promise<void> {
  for (const accountId of await store.listDue(app, app.clock.now(), ACCOUNTS_AT_ONCE))
    await removeAccount(app, accountId)
}

/**
 * Removes an account with all it has. What it published on channels of others stays there; its own videos go one by one,
 * each with the job that sweeps its files; then the pictures of its channels, with the row on which all others hang.
 */
export async function removeAccount(app: App, accountId: string): Promise<void> {
  await store.leaveVideosToChannels(app, accountId)
  for (;;) {
    const videoIds = await store.listVideosOf(app, accountId, VIDEOS_AT_ONCE)
    for (const videoId of videoIds) await removeDraft(app, videoId)
    if (videoIds.length === 0) break
  }
  const pictures = await store.listPictures(app, accountId)
  await app.together(async (app) => {
    await forgetAccount(app, accountId)
    await store.deleteAccount(app, accountId)
  })
  for (const key of pictures) await app.blobs.remove(key)
  app.log.info({ accountId }, 'account deleted')
}
