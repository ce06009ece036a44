/**
 * The search engine in an OpenSearch: for catalogues that no process of ours should hold. An alias for each kind points to the index
 * that answers; a rebuild fills another and changes the alias over at once. Changes are visible when `put` resolves, since it asks
 * the server to wait for its refresh.
 */
import { refuse } from '../../../../contract/refusals.ts'
import { type AskServer, connectServer, type ServerAnswer } from '../../../../platform/search-server.ts'
import { boostOf } from '../documents.ts'
import { KINDS, type Kind, type SearchDocument, type SearchEngine } from '../engine.ts'
import { indexBody, toSource } from './opensearch-index.ts'
import { type ServerResults, toAnswer, toRequest, toSuggestRequest } from './opensearch-query.ts'

const LINES_AT_ONCE = 1000

type Change = (index: string) => Promise<void>

/** `prefix` begins the names of all indexes, so that several platforms can share a server. */
export function openSearchEngine(address: string, prefix: string): SearchEngine {
  const ask = connectServer(address)
  const aliasOf = (kind: Kind) => `${prefix}-${kind}`
  /** Until the first rebuild there must be something to ask. */
  let opened: Promise<void> | undefined
  /** Changes since a rebuild began, to be made in the new indexes as well. */
  let since: { kind: Kind; make: Change }[] | undefined
  let rebuilding: Promise<void> = Promise.resolve()

  /** Tried again by the next who asks when it did not come about. */
  const open = () => {
    opened ??= ensureAll().catch((error) => {
      opened = undefined
      throw error
    })
    return opened
  }

  async function ensureAll(): Promise<void> {
    for (const kind of KINDS) {
      const { status } = await ask({ method: 'HEAD', path: `_alias/${aliasOf(kind)}`, allows: [404] })
      if (status === 404) await moveAlias(kind, await createIndex(kind))
    }
  }

  async function createIndex(kind: Kind): Promise<string> {
    const index = `${aliasOf(kind)}-${Date.now().toString(36)}`
    await ask({ method: 'PUT', path: index, body: indexBody() })
    return index
  }

  /** The alias leads to this index and to no other, from one moment to the next; the others are deleted. */
  async function moveAlias(kind: Kind, index: string): Promise<void> {
    const alias = aliasOf(kind)
    const { status, body } = await ask({ method: 'GET', path: `_alias/${alias}`, allows: [404] })
    const others = status === 404 ? [] : Object.keys(body).filter((name) => name !== index)
    await ask({
      method: 'POST',
      path: '_aliases',
      body: {
        actions: [{ add: { index, alias } }, ...others.map((other) => ({ remove_index: { index: other } }))],
      },
    })
  }

  async function bulk(index: string, lines: readonly unknown[], waits: boolean): Promise<void> {
    if (lines.length === 0) return
    const { body } = await ask({ method: 'POST', path: `${index}/_bulk${waits ? '?refresh=wait_for' : ''}`, lines })
    if (body.errors === true) {
      const items = body.items as Record<string, { status: number; error?: { reason: string } }>[]
      // One that is not there is no error, by the promise of the port.
      const bad = items.flatMap((item) => Object.values(item)).find((it) => it.error && it.status !== 404)
      if (bad) throw new Error(`the search server did not take a document: ${bad.error?.reason ?? bad.status}`)
    }
  }

  /** Makes the change in the index that answers, and in the one that is being built. */
  async function change(kind: Kind, make: Change): Promise<void> {
    await open()
    since?.push({ kind, make })
    await make(aliasOf(kind))
  }

  const putInto =
    (documents: readonly SearchDocument[], waits: boolean): Change =>
    async (index) => {
      for (let from = 0; from < documents.length; from += LINES_AT_ONCE) {
        const some = documents.slice(from, from + LINES_AT_ONCE)
        const lines = some.flatMap((document) => [{ index: { _id: document.id } }, toSource(document)])
        await bulk(index, lines, waits)
      }
    }

  async function rebuild(documents: AsyncIterable<readonly SearchDocument[]>): Promise<void> {
    await open()
    const fresh = {} as Record<Kind, string>
    for (const kind of KINDS) fresh[kind] = await createIndex(kind)
    since = []
    try {
      for await (const page of documents) {
        for (const kind of KINDS) {
          await putInto(
            page.filter((document) => document.kind === kind),
            false,
          )(fresh[kind])
        }
      }
      // What comes while these are made again is pushed behind them.
      for (let at = 0; at < since.length; at++) await since[at]!.make(fresh[since[at]!.kind])
      for (const kind of KINDS) {
        await ask({ method: 'POST', path: `${fresh[kind]}/_refresh` })
        await moveAlias(kind, fresh[kind])
      }
    } finally {
      since = undefined
    }
  }

  /** Somebody waits for this one: a server that is away is no fault of ours. */
  async function question(alias: string, body: unknown): Promise<ServerAnswer> {
    try {
      await open()
      return await ask({ method: 'POST', path: `${alias}/_search`, body })
    } catch {
      return refuse('not_available_now', 'the search server does not answer', { 'retry-after': '5' })
    }
  }

  return {
    async put(documents) {
      for (const kind of KINDS) {
        const some = documents.filter((document) => document.kind === kind)
        if (some.length > 0) await change(kind, putInto(some, true))
      }
    },
    async remove(kind, ids) {
      if (ids.length === 0) return
      await change(kind, (index) =>
        bulk(
          index,
          ids.map((_id) => ({ delete: { _id } })),
          true,
        ),
      )
    },
    async popularity(kind, changes) {
      if (changes.length === 0) return
      const lines = changes.flatMap(({ id, views, watchedHours }) => [
        { update: { _id: id } },
        { doc: { views, boost: boostOf(watchedHours) } },
      ])
      await change(kind, (index) => bulk(index, lines, true))
    },
    async search(query) {
      const { body } = await question(aliasOf(query.kind), toRequest(query))
      return toAnswer(query, body as unknown as ServerResults)
    },
    async suggest(text, limit) {
      const answer = await question(aliasOf('video'), toSuggestRequest(text, limit * 3))
      const { hits } = answer.body as unknown as ServerResults
      return [...new Set(hits.hits.map((hit) => hit._source.title.toLowerCase()))].slice(0, limit)
    },
    rebuild(documents) {
      rebuilding = rebuilding.catch(() => {}).then(() => rebuild(documents))
      return rebuilding
    },
    async size() {
      await open()
      const sizes = await Promise.all(KINDS.map((kind) => sizeOf(ask, aliasOf(kind))))
      return { documents: sizes.reduce((sum, it) => sum + it, 0), terms: 0, bytes: 0 }
    },
    async close() {
      await rebuilding.catch(() => {})
    },
  }
}

async function sizeOf(ask: AskServer, alias: string): Promise<number> {
  const { body } = await ask({ method: 'GET', path: `${alias}/_count` })
  return Number(body.count)
}
