/**
 * The bus in PostgreSQL: events are rows of an outbox, written in the transaction in which they happened; whoever listens
 * is woken and reads on.
 *
 * Numbers of rows are given before the commit, so row 7 may become visible after row 8, and a reader that keeps only "the last
 * number" would lose it. Each row therefore carries its transaction, and every reading begins at the oldest transaction that was
 * still open at the last one; what was told already is remembered from there on and not told again.
 */
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/db.ts'
import type { Wire } from '../db/listen.ts'
import type { Log } from '../log.ts'
import type { Bus, BusEvent, EventKind } from './bus.ts'

export interface BusParts {
  db: Db
  wire: Wire
  log: Log
}

const EVENTS = 'vitascope_events'
const SHOUTS = 'vitascope_shouts'
/** Looks without being called: for a publisher that died between its commit and its word. */
const LOOK_EVERY_MS = 3000
const ROWS_PER_READING = 1000
const MAX_SHOUT_BYTES = 4096
/** Of more than so many since the oldest open transaction nobody counts whether one is new. */
const MOST_COUNTED = 1000
/** Instead of a transaction: only what the oldest open one and its successors told. */
const START = 'start'

type Hear = (event: BusEvent<never>) => void

interface EventRow {
  event_id: number
  told_by: string
  name: string
  body: unknown
}

/** The bus over an open database. */
export function postgresBus(parts: BusParts): Bus {
  const reader = openReader(parts)
  return {
    publish: async (kind, body) => {
      await reader.started()
      await insertEvent(parts.db, kind, body)
      void parts.wire.say(EVENTS, '')
    },
    shout: async (channel, word) => parts.wire.say(SHOUTS, shoutText(channel, word)),
    ...hearing(parts, reader),
    close: () => reader.close(),
  }
}

/** The same bus inside a transaction: events are rows of it, and words are said after its commit. */
export function busInTransaction(
  bus: Bus,
  parts: BusParts,
  transaction: Db,
  afterCommit: (then: () => void) => void,
): Bus {
  return {
    ...bus,
    async publish(kind, body) {
      await insertEvent(transaction, kind, body)
      afterCommit(() => void parts.wire.say(EVENTS, ''))
    },
    async shout(channel, word) {
      const text = shoutText(channel, word)
      afterCommit(() => void parts.wire.say(SHOUTS, text))
    },
  }
}

function hearing(parts: BusParts, reader: Reader): Omit<Bus, 'publish' | 'shout' | 'close'> {
  return {
    unheard: () => reader.unheard(),
    catchUp: () => reader.catchUp(),
    listen: (kind, hear) => reader.listen(kind.name, hear as unknown as Hear),
    hearShouts(channel, hear) {
      return parts.wire.hear(SHOUTS, (text) => {
        const [to, word] = JSON.parse(text) as [string, string]
        if (to === channel) hear(word)
      })
    },
    async forget(olderThan) {
      await parts.db.deleteFrom('outbox').where('created_at', '<', olderThan).execute()
    },
  }
}

async function insertEvent<Body>(db: Db, kind: EventKind<Body>, body: Body): Promise<void> {
  await db
    .insertInto('outbox')
    .values({ name: kind.name, body: JSON.stringify(body ?? null), created_at: sql<Date>`clock_timestamp()` })
    .execute()
}

function shoutText(channel: string, word: string): string {
  const text = JSON.stringify([channel, word])
  if (Buffer.byteLength(text) > MAX_SHOUT_BYTES) throw new RangeError(`A shout takes at most ${MAX_SHOUT_BYTES} bytes`)
  return text
}

interface Reader {
  listen(name: string, hear: Hear): () => void
  /** Resolves when this process knows from where it reads; at once when nobody listens. */
  started(): Promise<void>
  unheard(): RawBuilder<boolean>
  catchUp(): Promise<void>
  close(): Promise<void>
}

function openReader({ db, wire, log }: BusParts): Reader {
  const hearers = new Map<string, Set<Hear>>()
  /** Every transaction before this one is over, and all its events were told. */
  let from: string | undefined
  /** Events told at or after `from`, with their transaction. */
  let told = new Map<number, string>()
  let starting: Promise<void> | undefined
  /** Starts under way. Nothing is read meanwhile: a reading that waited for a start, which waits for readings, would never end. */
  let starts = 0
  let reading: Promise<void> | undefined
  /** Who waits for a reading that begins from now on, however many follow it. */
  const waiting: (() => void)[] = []
  let again = false
  let closed = false
  let look: NodeJS.Timeout | undefined
  const stops: (() => void)[] = []

  /** Whatever is visible now happened before anybody listened: from here on it is told. */
  async function start(): Promise<void> {
    starts++
    await findPlace()
    starts--
    // For words that came meanwhile.
    readOn()
  }

  async function findPlace(): Promise<void> {
    if (look === undefined) {
      stops.push(wire.hear(EVENTS, readOn), wire.onMended(readOn))
      look = setInterval(readOn, LOOK_EVERY_MS)
      look.unref()
    }
    for (;;) {
      try {
        await wire.ready()
        await reading
        told = new Map()
        const page = await nextPage(START)
        from = page.oldestOpen
        told = new Map(page.rows.map((row) => [row.event_id, row.told_by]))
        return
      } catch (error) {
        if (closed) return
        log.warn({ error: String(error) }, 'events cannot be read')
        await new Promise((settle) => setTimeout(settle, 500))
      }
    }
  }

  /** The events of transactions from `first` on, and the oldest transaction that is open. One statement: one snapshot. */
  async function nextPage(first: string): Promise<{ oldestOpen: string; rows: EventRow[]; full: boolean }> {
    const atStart = first === START
    const seen = [...told.keys()]
    const { rows } = await sql<{ oldest: string } & Partial<EventRow>>`
      with here as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as oldest)
      select here.oldest::text as oldest, it.event_id, it.told_by::text as told_by, it.name, it.body
      from here left join lateral (
        select * from outbox
        where told_by >= ${atStart ? sql`here.oldest` : sql`${first}::xid8`} and event_id <> all(${seen}::bigint[])
        order by told_by, event_id limit ${atStart ? sql`null` : ROWS_PER_READING}
      ) it on true`.execute(db)
    const events = rows.filter((row): row is { oldest: string } & EventRow => row.event_id !== null)
    return { oldestOpen: rows[0]!.oldest, rows: events, full: !atStart && events.length === ROWS_PER_READING }
  }

  function readOn(): void {
    if (closed || hearers.size === 0) return
    again = true
    if (starts > 0) return
    reading ??= readAll().finally(() => {
      reading = undefined
      if (again) readOn()
    })
  }

  async function readAll(): Promise<void> {
    while (again && !closed && from !== undefined) {
      again = false
      const served = waiting.splice(0)
      try {
        const page = await nextPage(from)
        for (const row of page.rows) {
          told.set(row.event_id, row.told_by)
          tell(row)
        }
        if (page.full) {
          again = true
          waiting.unshift(...served.splice(0))
        } else {
          from = page.oldestOpen
          const oldest = BigInt(from)
          for (const [id, by] of told) if (BigInt(by) < oldest) told.delete(id)
        }
      } catch (error) {
        // The next look tries again from the same place.
        if (!closed) log.warn({ error: String(error) }, 'events cannot be read')
        again = false
      }
      for (const go of served) go()
    }
    for (const go of waiting.splice(0)) go()
  }

  function tell(row: EventRow): void {
    for (const hear of hearers.get(row.name) ?? []) {
      try {
        hear({ eventId: String(row.event_id), name: row.name, body: row.body as never })
      } catch (error) {
        log.error({ event: row.name, error: String(error) }, 'event listener failed')
      }
    }
  }

  return {
    listen(name, hear) {
      const set = hearers.get(name) ?? new Set()
      if (hearers.size === 0) starting = start()
      hearers.set(name, set.add(hear))
      return () => {
        set.delete(hear)
        if (set.size === 0) hearers.delete(name)
      }
    },
    started: async () => starting,
    unheard() {
      if (hearers.size === 0 || told.size >= MOST_COUNTED) return sql<boolean>`false`
      if (from === undefined) return sql<boolean>`true`
      // All that were told since then are counted, so one more is a new one.
      return sql<boolean>`(
        (select count(*) from (select from outbox where told_by >= ${from}::xid8 limit ${MOST_COUNTED}) it) > ${told.size}::integer)`
    },
    async catchUp() {
      await starting
      if (closed || hearers.size === 0) return
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        readOn()
      })
    },
    async close() {
      closed = true
      clearInterval(look)
      for (const stop of stops) stop()
      await reading
    },
  }
}
