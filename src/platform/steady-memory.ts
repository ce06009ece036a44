/** Memory of a process through which much streams: kept from growing with the traffic. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Keeps V8's nursery at the size it has now, so it is called first of all, before modules are loaded. Bodies arrive as
 * thousands of small buffers that die at once; a nursery that has grown to its full 32 MiB is cleared so seldom that the
 * bytes they hold pile up beside it. Measured while 2 GiB were uploaded: 133 MiB resident instead of 203.
 *
 * A small nursery is cleared so often that V8 takes what belongs to a request for something that lasts, and from then on would
 * make it among the old things at once, where only a long pause clears it away: it must not judge so.
 */
export function keepNurserySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--no-allocation-site-pretenuring')
}

/**
 * Lets memory grow: for a process that answers thousands of small requests a second. A small nursery takes their leavings for
 * things to keep; measured with ten thousand reports a second, a third of the time went into collecting garbage. And the bytes of
 * requests that wait for their commit ask for a collection of everything as soon as there are 64 MiB of them, every 1.5 s then, each
 * a tenth of a second in which nobody is answered; counted together with the heap, which may grow to five times of what
 * lives, they ask for one every four and a half. Price: 300 MB instead of 200.
 */
export function letMemoryGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2')
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString('--heap-growing-percent=400')
}

/**
 * Watches for a flood of small things and lets memory grow when the first one comes: so many within a second. Streams of
 * bytes are better off with a small one, so not before.
 */
export function watchForFlood(perSecond: number): (count: number) => void {
  let sum = 0
  let sinceMs = performance.now()
  let isFlooded = false
  return (count) => {
    sum += count
    if (isFlooded || sum < perSecond) return
    const nowMs = performance.now()
    isFlooded = nowMs - sinceMs < 1000
    if (isFlooded) letMemoryGrow()
    sinceMs = nowMs
    sum = 0
  }
}

/** Pieces of work after which a moment without any is used. */
const PIECES_BEFORE_COLLECTING = 16

/**
 * Collects the nursery between pieces of work instead of within one: V8 does so when it is full, which is always while something is
 * made, and whoever waits for that waits for the collection too. Soon after the last time little has to be moved, so it fits into a pause (Degenbaev
 * et al., Idle Time Garbage Collection Scheduling, PLDI 2016). Where there is no pause V8 goes on as it does.
 */
export class BetweenWork {
  readonly #collect: () => void
  #underWay = 0
  #done = 0

  constructor(collect = collectNursery) {
    this.#collect = collect
  }

  /** Does a piece of work; resolves or rejects as it does. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay++
    try {
      return await work()
    } finally {
      this.#underWay--
      this.#done++
      if (this.#mayCollect()) setImmediate(this.#collectNow)
    }
  }

  #mayCollect(): boolean {
    return this.#underWay === 0 && this.#done >= PIECES_BEFORE_COLLECTING
  }

  // Somebody may have begun since it was asked for.
  readonly #collectNow = () => {
    if (!this.#mayCollect()) return
    this.#done = 0
    this.#collect()
  }
}

/** Undefined until it has been looked for. */
let collector: NodeJS.GCFunction | null | undefined

/** Collects the nursery now; where that cannot be asked for, nothing happens. */
export function collectNursery(): void {
  if (collector === undefined) collector = findCollector()
  collector?.({ type: 'minor', execution: 'sync' })
}

/** V8 gives the word for it to contexts that are made while it is told to. */
function findCollector(): NodeJS.GCFunction | null {
  setFlagsFromString('--expose-gc')
  const found = runInNewContext("typeof gc === 'function' ? gc : null") as NodeJS.GCFunction | null
  setFlagsFromString('--no-expose-gc')
  return found
}
