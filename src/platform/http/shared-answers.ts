/**
 * Answers that are the same for everybody who is not signed in, kept for a moment as finished bytes: when a thousand people
 * open one page in the same second, the database is asked once. What must not be seen a moment longer (a video that became
 * private) is forgotten in every process by `forgetShared`.
 */
import type { IncomingMessage } from 'node:http'
import type { AnyEndpoint } from '../../contract/endpoint.ts'
import { MIB } from '../../kit/bytes.ts'
import { Lru } from '../../kit/lru.ts'
import type { App } from '../app.ts'
import { metric } from '../meter.ts'
import { COMPRESS_FROM_BYTES, chosenEncoding, pack } from './answers.ts'
import { type RawAnswer, SESSION_COOKIE } from './http.ts'
import { readBearer, readCookie } from './viewer.ts'

const SHARED_CHANNEL = 'http.shared'
const HELD_BYTES = 64 * MIB
/** Addresses are the callers' to choose: a longer one is no page that many open. */
const LONGEST_ADDRESS = 300

const sharedAnswers = metric({
  kind: 'counter',
  name: 'http_shared_answers_total',
  says: 'Answers to people who are not signed in that were kept from a moment ago (kept) or made (made).',
  labels: ['outcome'],
})

interface Held {
  body: Buffer
  packed: Partial<Record<'br' | 'gzip', Buffer>>
}

export interface SharedAnswers {
  /** Answers from what is held, or makes the answer and holds it. Only for calls that `mayShare` allows. */
  answer(request: IncomingMessage, make: () => Promise<RawAnswer>): Promise<RawAnswer>
  /** Whether a call may be answered so: a reading one, of an endpoint that says so, by nobody in particular. */
  mayShare(endpoint: AnyEndpoint, request: IncomingMessage): boolean
  close(): void
}

/** Holds answers for `http.shared_ms`; with 0 none. */
export function openSharedAnswers(app: App): SharedAnswers {
  const lifeMs = app.config['http.shared_ms']
  const held = new Lru<Held>(HELD_BYTES, () => performance.now())
  /** What is being made is made once, however many ask for it meanwhile. */
  const making = new Map<string, Promise<RawAnswer>>()
  let generation = 0
  const stop =
    lifeMs === 0
      ? () => {}
      : app.bus.hearShouts(SHARED_CHANNEL, () => {
          generation++
          making.clear()
          held.clear()
        })

  async function make(key: string, work: () => Promise<RawAnswer>): Promise<RawAnswer> {
    const begun = generation
    const made = await work()
    // Something was to be forgotten while this was being made: it may be the very thing.
    if (made.status === 200 && typeof made.body === 'string' && begun === generation) {
      const body = Buffer.from(made.body)
      held.set(key, { body, packed: {} }, { size: body.byteLength * 2 + key.length * 2 + 200, lifeMs })
    }
    return made
  }

  return {
    mayShare(endpoint, { method, url, headers }) {
      if (lifeMs === 0 || endpoint.shared !== true || method !== 'GET' || (url ?? '').length > LONGEST_ADDRESS)
        return false
      return readBearer(headers.authorization) === undefined && readCookie(headers.cookie, SESSION_COOKIE) === undefined
    },
    async answer(request, work) {
      const key = request.url ?? ''
      const known = held.get(key)
      if (known) {
        app.meter.count(sharedAnswers, { outcome: 'kept' })
        return finished(known, request)
      }
      let coming = making.get(key)
      if (!coming) {
        app.meter.count(sharedAnswers, { outcome: 'made' })
        const mine = make(key, work).finally(() => {
          if (making.get(key) === mine) making.delete(key)
        })
        coming = mine
        making.set(key, mine)
      }
      const { headers, ...rest } = await coming
      return { ...rest, headers: { 'cache-control': 'no-store', ...headers } }
    },
    close: stop,
  }
}

async function finished(held: Held, request: IncomingMessage): Promise<RawAnswer> {
  const headers: Record<string, string> = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    vary: 'Accept-Encoding',
  }
  const encoding =
    held.body.byteLength >= COMPRESS_FROM_BYTES ? chosenEncoding(request.headers['accept-encoding']) : undefined
  if (encoding === undefined) return { status: 200, headers, body: held.body }
  held.packed[encoding] ??= await pack(held.body, encoding)
  return { status: 200, headers: { ...headers, 'content-encoding': encoding }, body: held.packed[encoding] }
}

/** Makes every process forget what it holds for strangers; in a transaction, when that commits. */
export async function forgetShared(app: App): Promise<void> {
  await app.bus.shout(SHARED_CHANNEL, '')
}
