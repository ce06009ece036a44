/** What an account says about suggestions: topics, what it does not want to see, and to begin anew. */
import type { HomePart, Wish } from '../../../contract/recommend.ts'
import { refuse } from '../../../contract/refusals.ts'
import type { App } from '../../../platform/app.ts'
import * as live from '../live.ts'
import * as store from '../store.ts'
import * as desk from './store.ts'

const MOST_WISHES = 5000

type Topic = HomePart['topics'][number]

/** The chosen topics, and what is not wanted. */
export async function tastes(
  app: App,
  accountId: string,
): Promise<{ topics: Topic[]; unwanted: (Wish & { title?: string })[] }> {
  const rows = await desk.listWishes(app, accountId, MOST_WISHES)
  return {
    topics: rows.flatMap((row) => (row.kind === 'topic' ? [row.subject as Topic] : [])),
    unwanted: rows.flatMap((row) => (row.kind === 'topic' ? [] : [toldOf(row.kind, row)])),
  }
}

function toldOf(kind: Wish['kind'], { subject, title }: { subject: string; title: string | null }) {
  return { kind, id: subject, ...(title === null ? {} : { title }) }
}

/** Refuses too_many beyond some thousand wishes. */
export async function addWish(app: App, accountId: string, { kind, id }: Wish): Promise<void> {
  if ((await store.countWishes(app, accountId)) >= MOST_WISHES) return refuse('too_many')
  await store.insertWish(app, accountId, { kind, subject: id })
  await live.noteChanged(app, accountId)
}

export async function removeWish(app: App, accountId: string, { kind, id }: Wish): Promise<void> {
  await store.deleteWish(app, accountId, { kind, subject: id })
  await live.noteChanged(app, accountId)
}

/** Takes back all that is not wanted; chosen topics stay. */
export async function removeWishes(app: App, accountId: string): Promise<void> {
  await desk.deleteUnwanted(app, accountId)
  await live.noteChanged(app, accountId)
}

export async function chooseTopics(app: App, accountId: string, topics: Topic[]): Promise<void> {
  await app.together((app) => store.replaceTopics(app, accountId, [...new Set(topics)]))
  await live.noteChanged(app, accountId)
}

export async function resetTastes(app: App, accountId: string): Promise<void> {
  await app.together((app) => store.reset(app, accountId))
  await live.noteChanged(app, accountId)
}
