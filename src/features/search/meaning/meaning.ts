/**
 * Neighbours in meaning: videos whose words are others than those asked for, but mean alike. Their vectors are made in jobs by the
 * encoder that the settings name; a question waits for its own vector a moment only and is otherwise answered without.
 */
import { Worker } from 'node:worker_threads'
import { Lru } from '../../../kit/lru.ts'
import type { App } from '../../../platform/app.ts'
import { eventKind } from '../../../platform/bus/bus.ts'
import { type Encoder, MOST_TEXTS } from '../../../platform/encoder/encoder.ts'
import { openEncoder } from '../../../platform/encoder/open-encoder.ts'
import { jobKind } from '../../../platform/queue/queue.ts'
import * as store from './store.ts'
import { type Near, packVector } from './vectors.ts'

/** Makes the vectors that are wanted. One at a time for the whole platform, by its key. */
export const encodeVideos = jobKind<Record<string, never>>({
  name: 'search.encode',
  lane: 'quick',
  maxAttempts: 5,
  maxCrashes: 5,
})
const EVERYTHING = 'all'
const vectorsMade = eventKind<{ videoIds: string[] }>('search.vectors_made')

/** One job ends after about so long and adds the next, so that other small work has its turn. */
const JOB_MS = 20_000
const PAGE = 1000
const DESCRIPTION = 300
/** A question waits for its neighbours no longer than this. */
const WAIT_MS = 150
const NEIGHBOURS = 50
const KNOWN_QUERIES = 5000
const KNOWN_MS = 60_000

export interface Meaning {
  /** Ids of the nearest, nearest first; undefined when nobody knows within a moment. */
  neighboursOf(text: string): Promise<string[] | undefined>
}

/** The clock's task: sees to it that what is wanted is made. Nothing to do without an encoder. */
export async function wantVectors(app: App): Promise<void> {
  const encoder = openEncoder(app.config)
  if (!encoder) return
  await store.wantOthers(app, encoder.name, PAGE)
  if (await store.isAnyWanted(app)) await app.queue.add(encodeVideos, {}, { key: EVERYTHING })
}

/** The job: batch after batch, each kept before the next is begun. */
export async function runEncode(app: App, signal: AbortSignal): Promise<void> {
  const encoder = openEncoder(app.config)
  if (!encoder) return
  const untilMs = performance.now() + JOB_MS
  for (let left = true; left && !signal.aborted; ) {
    left = await encodeSome(app, encoder, signal)
    if (left && performance.now() > untilMs) return app.queue.add(encodeVideos, {}, { key: `${EVERYTHING} on` })
  }
}

/** Whether there may be more. */
async function encodeSome(app: App, encoder: Encoder, signal: AbortSignal): Promise<boolean> {
  const wanted = await store.listWanted(app, MOST_TEXTS)
  const there = wanted.filter((row) => row.title !== null)
  const vectors = there.length === 0 ? [] : await encoder.encode(there.map(textOf), signal)
  const made = there.map((row, index) => ({ videoId: row.video_id, vector: packVector(vectors[index]!) }))
  await app.together(async (app) => {
    await store.keepVectors(app, encoder.name, made, wanted, app.clock.now())
    if (made.length > 0) await app.bus.publish(vectorsMade, { videoIds: made.map((it) => it.videoId) })
  })
  return wanted.length === MOST_TEXTS
}

function textOf({ title, tags, description }: store.Wanted): string {
  return `${title}. ${(tags ?? []).join(', ')}. ${(description ?? '').slice(0, DESCRIPTION)}`
}

/** Opens the neighbours for this process, filled from the tables and kept up; undefined without an encoder. */
export function openMeaning(app: App): Meaning | undefined {
  const encoder = openEncoder(app.config)
  if (!encoder) return undefined
  const vectors = openVectors()
  const known = new Lru<string[]>(KNOWN_QUERIES, () => performance.now())
  const asking = new Map<string, Promise<string[] | undefined>>()
  const least = app.config['search.encoder_least']
  // Copied, for a thread is sent whole buffers, and these are parts of what the database answered.
  const load = (rows: store.VectorRow[]) =>
    vectors.put(rows.map((row) => ({ id: row.video_id, packed: Uint8Array.from(row.vector) })))
  app.bus.listen(vectorsMade, ({ body }) => {
    store
      .listVectors(app, encoder.name, body.videoIds)
      .then((rows) => {
        load(rows)
        known.clear()
      })
      .catch((error) => app.log.warn({ error: String(error) }, 'vectors not read'))
  })
  fill(app, encoder.name, load).catch((error) => app.log.warn({ error: String(error) }, 'vectors not read'))

  async function ask(text: string): Promise<string[] | undefined> {
    try {
      const [vector] = await encoder!.encode([text], AbortSignal.timeout(10_000))
      const ids = (await vectors.nearest(vector!, NEIGHBOURS, least)).map(({ id }) => id)
      known.set(text, ids, { lifeMs: KNOWN_MS })
      return ids
    } catch (error) {
      app.log.warn({ error: String(error) }, 'no neighbours')
      return undefined
    } finally {
      asking.delete(text)
    }
  }

  return {
    async neighboursOf(text) {
      const before = known.get(text)
      if (before) return before
      // Too many at once would only wait for each other: those are answered by their words.
      if (!asking.has(text) && asking.size < MOST_TEXTS) asking.set(text, ask(text))
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), WAIT_MS)
      })
      return Promise.race([asking.get(text), late]).finally(() => clearTimeout(timer))
    },
  }
}

async function fill(app: App, encoder: string, load: (rows: store.VectorRow[]) => void): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await store.pageOfVectors(app, encoder, after, PAGE)
    load(rows)
    if (rows.length < PAGE) return
    after = rows.at(-1)!.video_id
  }
}

function openVectors() {
  const worker = new Worker(new URL('./vector-worker.ts', import.meta.url))
  worker.unref()
  const waiting = new Map<number, (near: Near[]) => void>()
  let count = 0
  worker.on('message', ({ ask, near }: { ask: number; near: Near[] }) => {
    waiting.get(ask)?.(near)
    waiting.delete(ask)
  })
  return {
    put: (put: { id: string; packed: Uint8Array }[]) => worker.postMessage({ put }),
    nearest(vector: Float32Array, most: number, least: number): Promise<Near[]> {
      const ask = ++count
      const answer = new Promise<Near[]>((resolve) => void waiting.set(ask, resolve))
      worker.postMessage({ ask, vector, count: most, least })
      return answer
    },
  }
}
