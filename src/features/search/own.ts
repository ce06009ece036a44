/** What members keep of searches: their history, and searches saved under a name. */
import type { z } from 'zod'
import { refuse } from '../../contract/refusals.ts'
import type { PastSearch, SavedSearch, saveSearch as SaveSearch } from '../../contract/search.ts'
import { newId } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import { normalKey } from './engine/analyse.ts'
import * as store from './store.ts'

const MOST_SAVED = 100

export async function keepSearch(app: App, accountId: string, query: string): Promise<void> {
  const key = normalKey(query)
  if (key !== '') await store.keepSearch(app, { accountId, searchId: newId(), key, query, at: app.clock.now() })
}

export async function listSearches(app: App, accountId: string): Promise<{ items: z.infer<typeof PastSearch>[] }> {
  const rows = await store.listSearches(app, accountId, store.MOST_HISTORY)
  return { items: rows.map((row) => ({ id: row.search_id, q: row.query, at: row.searched_at.toISOString() })) }
}

/** Saves a search. Refuses too_many past a hundred. */
export async function saveSearch(
  app: App,
  accountId: string,
  wish: z.output<NonNullable<typeof SaveSearch.body>>,
): Promise<SavedSearch> {
  const savedId = newId()
  const at = app.clock.now()
  const { name, q, filters, sort } = wish
  const row = { accountId, savedId, name, query: q, narrowed: { filters, sort }, at }
  if (!(await store.saveSearch(app, row, MOST_SAVED)))
    return refuse('too_many', `at most ${MOST_SAVED} searches can be saved`)
  return { id: savedId, name, q, filters, sort, created: at.toISOString() }
}

export async function listSaved(app: App, accountId: string): Promise<{ items: SavedSearch[] }> {
  const rows = await store.listSaved(app, accountId)
  return {
    items: rows.map((row) => {
      const { filters, sort } = row.narrowed as Pick<SavedSearch, 'filters' | 'sort'>
      return { id: row.saved_id, name: row.name, q: row.query, filters, sort, created: row.created_at.toISOString() }
    }),
  }
}
