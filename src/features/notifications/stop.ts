/**
 * Ending letters without signing in: each letter carries a key that is good for its account and its kind alone, and only for
 * ending them. It says nothing to whoever reads it and does not run out, for letters are kept for years.
 */
import { NotificationKind, STOPS_PER_MINUTE, StopKey } from '../../contract/notifications.ts'
import { refuse } from '../../contract/refusals.ts'
import { seal, unseal } from '../../kit/seal.ts'
import type { App } from '../../platform/app.ts'
import type { RawAnswer, RawAsked } from '../../platform/http/http.ts'
import { takeTurn } from '../../platform/http/limits.ts'
import { defaultSetting } from './rules.ts'
import * as store from './store.ts'

const PURPOSE = 'letters.stop'

/** The key in letters of one kind to one account. */
export function stopKeyOf(app: App, accountId: string, kind: NotificationKind): string {
  return seal(app.secrets.of(PURPOSE), Buffer.from(JSON.stringify([accountId, kind])), PURPOSE)
}

/**
 * No more letters of the kind go to the account; the other ways it is told by stay. May be asked twice; of an account that is
 * gone it is true anyway. Refuses bad_request for a key that is not ours.
 */
export async function stopLetters(app: App, key: string): Promise<{ kind: NotificationKind }> {
  const [accountId, kind] = openKey(app, key) ?? refuse('bad_request', 'key: is not of a letter of ours')
  const [chosen] = await store.listSettings(app, [accountId], [kind])
  const { inApp, byPush } = chosen ?? defaultSetting(kind)
  if (await store.findReader(app, accountId))
    await store.saveSettings(app, accountId, [{ kind, inApp, byPush, byEmail: false }])
  return { kind }
}

/** The one click of RFC 8058: a mail program posts without cookies, and is told in plain text. Refuses as `stopLetters` does, and too_many. */
export async function stopByPost(app: App, { viewer, query }: RawAsked): Promise<RawAnswer> {
  await takeTurn(app, viewer, 'POST /letters/stop', STOPS_PER_MINUTE)
  const key = StopKey.safeParse(query.get('key'))
  await stopLetters(app, key.data ?? '')
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'Unsubscribed.\n' }
}

function openKey(app: App, key: string): [string, NotificationKind] | undefined {
  try {
    const [accountId, kind] = JSON.parse(unseal(app.secrets.of(PURPOSE), key, PURPOSE).toString())
    return [String(accountId), NotificationKind.parse(kind)]
  } catch {
    return undefined
  }
}
