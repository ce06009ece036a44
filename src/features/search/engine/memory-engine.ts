/** The search engine in the memory of this process: one shelf per kind, rebuilt and swept a few milliseconds at a time. */
import { boostOf } from './documents.ts'
import { KINDS, type Kind, type SearchDocument, type SearchEngine } from './engine.ts'
import { find } from './find.ts'
import { newScratch, type Scratch } from './scratch.ts'
import {
  build,
  compact,
  emptyShelf,
  needsCompacting,
  put,
  putForBuild,
  remove,
  type Shelf,
  shelfBytes,
} from './shelf.ts'
import { suggest } from './suggest.ts'

/** Work on the index holds up searches no longer than about this. */
const SLICE_MS = 4

type Shelves = Record<Kind, Shelf>

function emptyShelves(): Shelves {
  return Object.fromEntries(KINDS.map((kind) => [kind, emptyShelf()])) as Shelves
}

export function memoryEngine(): SearchEngine {
  let shelves = emptyShelves()
  const scratches = Object.fromEntries(KINDS.map((kind) => [kind, newScratch()])) as Record<Kind, Scratch>
  /** What happened since a rebuild began, to be done to the new shelves as well. */
  let since: ((to: Shelves) => void)[] | undefined
  let rebuilding: Promise<void> = Promise.resolve()
  const sweeping = new Set<Kind>()
  let isClosed = false

  const change = (how: (to: Shelves) => void) => {
    how(shelves)
    since?.push(how)
  }
  const sweepSoon = (kind: Kind) => {
    const shelf = shelves[kind]
    if (sweeping.has(kind) || !needsCompacting(shelf)) return
    sweeping.add(kind)
    // The shelf may be replaced meanwhile; then the work was for nothing, and harms nothing.
    void inSlices(compact(shelf), () => isClosed || shelves[kind] !== shelf).finally(() => sweeping.delete(kind))
  }

  async function rebuild(documents: AsyncIterable<readonly SearchDocument[]>): Promise<void> {
    const fresh = emptyShelves()
    const seen: ((to: Shelves) => void)[] = []
    since = seen
    try {
      for await (const page of documents) {
        for (const document of page) putForBuild(fresh[document.kind], document)
        await turn()
      }
      for (const kind of KINDS) await inSlices(build(fresh[kind]), () => isClosed)
      if (isClosed) return
      for (const how of seen) how(fresh)
      shelves = fresh
    } finally {
      since = undefined
    }
  }

  return {
    async put(documents) {
      for (const document of documents) change((to) => put(to[document.kind], document))
      for (const kind of KINDS) sweepSoon(kind)
    },
    async remove(kind, ids) {
      for (const id of ids) change((to) => remove(to[kind], id))
      sweepSoon(kind)
    },
    async popularity(kind, changes) {
      change((to) => {
        const { documents } = to[kind]
        for (const { id, views, watchedHours } of changes) {
          const doc = documents.numbers.get(id)
          if (doc === undefined) continue
          documents.views[doc] = views
          documents.boost[doc] = boostOf(watchedHours)
        }
      })
    },
    async search(query) {
      return find(shelves[query.kind], scratches[query.kind], query)
    },
    async suggest(text, limit) {
      return suggest(shelves.video, scratches.video, text, limit)
    },
    rebuild(documents) {
      rebuilding = rebuilding.catch(() => {}).then(() => rebuild(documents))
      return rebuilding
    },
    async size() {
      const all = KINDS.map((kind) => shelves[kind])
      return {
        documents: all.reduce((sum, it) => sum + it.documents.live, 0),
        terms: all.reduce((sum, it) => sum + it.vocabulary.stems.words.length, 0),
        bytes: all.reduce((sum, it) => sum + shelfBytes(it), 0),
      }
    },
    async close() {
      isClosed = true
      await rebuilding.catch(() => {})
      shelves = emptyShelves()
    },
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Does work in slices, letting everything else run in between, until it is done or `mayStop` says that nobody wants it. */
async function inSlices(work: Generator<void>, mayStop: () => boolean): Promise<void> {
  for (;;) {
    const untilMs = performance.now() + SLICE_MS
    do if (work.next().done) return
    while (performance.now() < untilMs)
    await turn()
    if (mayStop()) return
  }
}
