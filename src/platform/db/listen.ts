/**
 * The ear and the voice of a process in the database: one connection that listens (LISTEN) for queue and bus alike and
 * mends itself, and a voice (NOTIFY) that gathers what is said in the same breath.
 *
 * Nothing depends on a word arriving. It only makes things fast: who listens also looks for himself now and then.
 */
import pg from 'pg'
import { backoffMs, sleep } from '../../kit/retry.ts'
import type { Log } from '../log.ts'

export interface Wire {
  /** Calls `hear` for every word said on the channel from the moment `ready` resolves. Returns how to stop. */
  hear(channel: string, hear: (word: string) => void): () => void
  /** Calls back after the connection was lost and mended: words may have been missed. */
  onMended(mended: () => void): () => void
  /** Resolves when the channels asked for so far are listened to. */
  ready(): Promise<void>
  /** Says a word on a channel, at most 7 kB. Resolves once it is on its way; the same words said at once go out as one. */
  say(channel: string, word: string): Promise<void>
  close(): Promise<void>
}

/** A connection that is silently cut (a firewall forgot it) is noticed within this time. */
const PING_MS = 15_000
const PING_ANSWER_MS = 5000

/** Opens the wire at once; words are said through `pool`. */
export function openWire(url: string, pool: pg.Pool, log: Log): Wire {
  const channels = new Map<string, Set<(word: string) => void>>()
  const menders = new Set<() => void>()
  const closing = new AbortController()
  let client: pg.Client | undefined
  let line: Promise<void> = Promise.resolve()

  async function connectOnce(): Promise<pg.Client> {
    const fresh = new pg.Client({
      connectionString: url,
      application_name: 'vitascope listener',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    })
    fresh.on('notification', ({ channel, payload = '' }) => {
      for (const hear of channels.get(channel) ?? []) hear(payload)
    })
    fresh.on('error', () => {})
    await fresh.connect()
    return fresh
  }

  /** Connects, stays until the connection ends, and begins again. */
  async function stay(): Promise<void> {
    for (let attempt = 0, before = false; !closing.signal.aborted; ) {
      try {
        const fresh = await connectOnce()
        const ended = new Promise<void>((settle) => fresh.once('end', settle))
        // Closed while it was connecting: `close` found no connection to end.
        if (closing.signal.aborted) return void (await fresh.end())
        client = fresh
        await Promise.all([...channels.keys()].map((channel) => listenOn(fresh, channel)))
        attempt = 0
        if (before) for (const mended of menders) mended()
        before = true
        const ping = setInterval(() => void pinged(fresh), PING_MS)
        ping.unref()
        settleFirst()
        await ended
        clearInterval(ping)
        client = undefined
        if (!closing.signal.aborted) log.warn({}, 'listening connection lost')
      } catch (error) {
        attempt++
        if (attempt > 2) log.warn({ error: String(error) }, 'listening connection does not open')
      }
      await sleep(backoffMs(attempt + 1, 50, 3000), closing.signal).catch(() => {})
    }
  }

  /** One statement after another: the connection takes only one at a time. */
  function query(on: pg.Client, statement: string): Promise<void> {
    line = line
      .then(() => on.query(statement))
      .then(
        () => {},
        () => {},
      )
    return line
  }

  async function pinged(fresh: pg.Client): Promise<void> {
    const stream = (fresh as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
    const late = setTimeout(() => stream.destroy(), PING_ANSWER_MS)
    await query(fresh, 'select 1')
    clearTimeout(late)
  }

  const listenOn = (on: pg.Client, channel: string) => query(on, `listen ${pg.escapeIdentifier(channel)}`)

  let settleFirst = () => {}
  const first = new Promise<void>((settle) => {
    settleFirst = settle
  })
  const staying = stay()

  // What is said while a saying is under way waits for the next one: under load many words cost one round trip.
  let waiting = new Map<string, [channel: string, word: string]>()
  let saying: Promise<void> | undefined
  let next: Promise<void> | undefined
  async function sayAll(): Promise<void> {
    const batch = [...waiting.values()]
    waiting = new Map()
    await pool
      .query('select pg_notify(c, w) from unnest($1::text[], $2::text[]) as said(c, w)', [
        batch.map(([channel]) => channel),
        batch.map(([, word]) => word),
      ])
      .catch((error) => log.warn({ error: String(error) }, 'words not said'))
  }

  return {
    hear(channel, hear) {
      const hearers = channels.get(channel) ?? new Set()
      const known = channels.has(channel)
      channels.set(channel, hearers.add(hear))
      if (!known && client) void listenOn(client, channel)
      return () => {
        hearers.delete(hear)
      }
    },
    onMended(mended) {
      menders.add(mended)
      return () => menders.delete(mended)
    },
    async ready() {
      await Promise.race([first, staying])
      await line
    },
    say(channel, word) {
      waiting.set(`${channel} ${word}`, [channel, word])
      if (!saying) {
        saying = sayAll().finally(() => {
          saying = undefined
        })
        return saying
      }
      next ??= saying.then(() => {
        next = undefined
        saying = sayAll().finally(() => {
          saying = undefined
        })
        return saying
      })
      return next
    },
    async close() {
      await (next ?? saying)
      closing.abort(new Error('closed'))
      await client?.end().catch(() => {})
      await staying
    },
  }
}
