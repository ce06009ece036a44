/** Waiting for a blob that a worker, perhaps in another process, is making. */
import { sleep } from '../../kit/retry.ts'
import type { App } from '../../platform/app.ts'

/** Makers shout a blob's key with `+` when it is stored, with `-` when it cannot be made. */
const CHANNEL = 'made'

/** How often a waiter looks for itself, since a shout may be missed. */
const LOOK_MS = 400

interface Waiting {
  wake(word: '+' | '-'): void
}

const waitings = new WeakMap<object, Map<string, Set<Waiting>>>()

/** Tells all who wait for this blob that it is there, or that it will not be. */
export async function tellMade(app: App, key: string, outcome: 'made' | 'failed'): Promise<void> {
  await app.bus.shout(CHANNEL, `${outcome === 'made' ? '+' : '-'}${key}`)
}

/**
 * Calls `ask` and waits until the blob is there. Asks again now and then, for the job may have ended without making
 * this very blob. 'late' when the time is over or the asker went away.
 */
export async function waitForBlob(
  app: App,
  key: string,
  ask: () => Promise<void>,
  limitMs: number,
  signal: AbortSignal,
): Promise<'made' | 'failed' | 'late'> {
  const all = listening(app)
  const set = all.get(key) ?? new Set()
  all.set(key, set)
  let heard: '+' | '-' | undefined
  let wakeUp = new AbortController()
  const waiting: Waiting = {
    wake(word) {
      heard = word
      wakeUp.abort()
    },
  }
  set.add(waiting)
  const untilMs = performance.now() + limitMs
  try {
    for (let look = 0; performance.now() < untilMs && !signal.aborted; look++) {
      if (look % 4 === 0) await ask()
      if (heard === undefined) await sleep(LOOK_MS, wakeUp.signal).catch(() => {})
      if (heard === '-') return 'failed'
      if (heard === '+' || (await app.blobs.head(key))) return 'made'
      wakeUp = new AbortController()
    }
    return 'late'
  } finally {
    set.delete(waiting)
    if (set.size === 0) all.delete(key)
  }
}

function listening(app: App): Map<string, Set<Waiting>> {
  const known = waitings.get(app.blobs)
  if (known) return known
  const all = new Map<string, Set<Waiting>>()
  waitings.set(app.blobs, all)
  app.bus.hearShouts(CHANNEL, (word) => {
    for (const waiting of all.get(word.slice(1)) ?? []) waiting.wake(word[0] === '+' ? '+' : '-')
  })
  return all
}
