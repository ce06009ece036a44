/** Trust: what an account may do yet, which words are taken, and who does not want to hear of whom. */
import { refuse } from '../../contract/refusals.ts'
import type { Role } from '../../contract/shapes.ts'
import type { App } from '../../platform/app.ts'
import { siteSettings } from '../site/site.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

export interface Standing {
  role: Role
  isNew: boolean
}

/** How an account stands on this site. Refuses email_unproved where the site asks for a proved address and there is none. */
export async function standingOf(app: App, accountId: string): Promise<Standing> {
  const site = await siteSettings(app)
  const row = await store.loadAccount(app, accountId)
  if (!row) return refuse('account_not_found')
  if (site.verifiedOnly && row.email_verified_at === null && row.role === 'member') return refuse('email_unproved')
  return {
    role: row.role as Role,
    isNew: row.role === 'member' && rules.isNew(row.created_at, app.clock.nowMs(), site.newDays),
  }
}

/** Before a new account begins another video. Refuses too_many, email_unproved. */
export async function takeVideoTurn(app: App, accountId: string): Promise<Standing> {
  const standing = await standingOf(app, accountId)
  if (!standing.isNew) return standing
  const { newVideosPerDay } = await siteSettings(app)
  const dayAgo = new Date(app.clock.nowMs() - rules.DAY_MS)
  if ((await store.countVideosSince(app, accountId, dayAgo)) >= newVideosPerDay)
    return refuse('too_many', `a new account may begin ${newVideosPerDay} videos a day`, { 'retry-after': '3600' })
  return standing
}

/** Whether what an account publishes is looked at by staff first. */
export async function needsReview(app: App, accountId: string): Promise<boolean> {
  if (!(await siteSettings(app)).review) return false
  return (await store.loadAccount(app, accountId))?.role === 'member'
}

/** What is to be done with a text: nothing, hold it for approval. Refuses words_refused. */
export async function judgeWords(app: App, text: string): Promise<'pass' | 'hold'> {
  const deed = rules.judge(text, await store.listWords(app))
  return deed === 'refuse' ? refuse('words_refused') : deed
}

/** The accounts that this one does not want to see. */
export async function unseenBy(app: App, accountId: string | undefined): Promise<ReadonlySet<string>> {
  return new Set(accountId === undefined ? [] : await store.listOthers(app, accountId))
}

/** Refuses blocked when one of these accounts has blocked the one that wants to answer them. */
export async function refuseBlocked(app: App, accountId: string, answered: string[]): Promise<void> {
  if (await store.isBlockedByAny(app, accountId, answered)) refuse('blocked')
}

/** Of these accounts those that want to hear of this one: who has blocked or muted it does not. */
export async function whoHear(app: App, accountId: string, others: string[]): Promise<string[]> {
  const deaf = new Set(await store.listDeafTo(app, accountId, others))
  return others.filter((it) => !deaf.has(it))
}

export async function listWords(app: App) {
  const rows = await store.listWords(app)
  return { items: rows.map(({ word, deed }) => ({ word, deed: deed as 'hold' | 'refuse' })) }
}

/** The whole list in place of the one before. Words that are spelled alike are one, the last said. */
export async function replaceWords(app: App, items: { word: string; deed: 'hold' | 'refuse' }[]) {
  const words = new Map(items.map((it) => [rules.plain(it.word), it.deed]))
  words.delete('')
  await store.replaceWords(
    app,
    [...words].map(([word, deed]) => ({ word, deed, created_at: app.clock.now() })),
  )
  return listWords(app)
}

const MOST_BLOCKS = 5000

export async function listBlocks(app: App, accountId: string) {
  return store.listBlocks(app, accountId, MOST_BLOCKS)
}

/** Mutes or blocks. Refuses too_many at the end of what a list can be. */
export async function setBlock(app: App, accountId: string, other: string, kind: 'mute' | 'block'): Promise<void> {
  if ((await store.countBlocks(app, accountId)) >= MOST_BLOCKS) refuse('too_many')
  await store.saveBlock(app, accountId, other, kind)
}

export async function removeBlock(app: App, accountId: string, other: string): Promise<void> {
  await store.deleteBlock(app, accountId, other)
}
