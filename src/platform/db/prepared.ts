/**
 * Statements that recur are prepared: the database plans them once per connection and not at every call, which for the small
 * questions of a page is most of the work. Which ones recur is seen, not said.
 */
import { createHash } from 'node:crypto'
import { type KyselyPlugin, LimitNode, type RootOperationNode, ValueNode } from 'kysely'
import type pg from 'pg'
import { Lru } from '../../kit/lru.ts'

/** So often a text must have come before it is worth keeping in every connection of the database. */
const RECURS = 5
/** Plans take memory in every connection: the first so many that recur are kept, the rest are planned as they come. */
const MOST_NAMES = 200
/** Lists of any length have a text for every length: those are not one statement. */
const MOST_VALUES = 16
const LONGEST_TEXT = 4000
const WATCHED_BYTES = 2 * 1024 * 1024
/** 0A000: the tables have changed under a plan (`cached plan must not change result type`). */
const OUTDATED = '0A000'

export interface Preparing {
  /** Makes a connection prepare what recurs. */
  teach(client: pg.PoolClient): void
}

/** The names of one process: the same text has the same name on all its connections. */
export function preparing(): Preparing {
  const seen = new Lru<{ count: number }>(WATCHED_BYTES, () => performance.now())
  const names = new Map<string, string>()
  let made = 0

  function nameOf(text: string, values: readonly unknown[]): string | undefined {
    const known = names.get(text)
    if (known !== undefined) return known
    if (names.size >= MOST_NAMES || values.length === 0 || values.length > MOST_VALUES || text.length > LONGEST_TEXT)
      return undefined
    const watched = seen.get(text)
    if (!watched) {
      seen.set(text, { count: 1 }, { size: text.length * 2 + 100 })
      return undefined
    }
    if (++watched.count < RECURS) return undefined
    return give(text)
  }

  function give(text: string): string {
    // Numbered besides: after a change of tables the same text is another statement.
    const name = `s${++made}_${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
    names.set(text, name)
    return name
  }

  return {
    teach(client) {
      const plain = client.query.bind(client) as unknown as (...given: unknown[]) => Promise<pg.QueryResult>
      const isAlone = () =>
        (client as unknown as { getTransactionStatus(): string | null }).getTransactionStatus() === 'I'
      async function query(text: string, values: unknown[], name: string): Promise<pg.QueryResult> {
        const alone = isAlone()
        try {
          return await plain({ name, text, values })
        } catch (error) {
          if ((error as { code?: string }).code !== OUTDATED) throw error
          if (names.get(text) === name) give(text)
          // A transaction is lost with its first error; what stands alone has done nothing yet.
          if (!alone) throw error
          return plain(text, values)
        }
      }
      client.query = ((...given: unknown[]) => {
        const [text, values] = given
        if (given.length !== 2 || typeof text !== 'string' || !Array.isArray(values)) return plain(...given)
        const name = nameOf(text, values)
        return name === undefined ? plain(text, values) : query(text, values, name)
      }) as typeof client.query
    },
  }
}

/**
 * Limits stand in the text of a statement: of one that is a value the planner knows nothing, takes it for a tenth of the
 * table, and would rather plan anew each time.
 */
export const limitsInText: KyselyPlugin = {
  transformQuery({ node }): RootOperationNode {
    if (node.kind !== 'SelectQueryNode' || !node.limit) return node
    const { limit } = node.limit
    if (!ValueNode.is(limit) || !Number.isSafeInteger(limit.value)) return node
    return { ...node, limit: LimitNode.create(ValueNode.createImmediate(limit.value)) }
  },
  transformResult: async ({ result }) => result,
}
