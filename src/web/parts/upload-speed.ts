/** How fast bytes go: over a sliding window, so that it neither jumps with every piece nor remembers a better network. */

export interface Speed {
  /** So many bytes have been sent in all. */
  add(totalBytes: number): void
  /** Undefined until a second of sending has been seen. */
  bytesPerSecond(): number | undefined
  /** A pause must not look like slowness. */
  restart(): void
}

const WINDOW_MS = 10_000
const ENOUGH_MS = 1000
/** Samples closer than this are one: 4 parts report dozens of times a second. */
const APART_MS = 100

export function openSpeed(nowMs: () => number = () => performance.now()): Speed {
  let samples: { atMs: number; totalBytes: number }[] = []
  return {
    add(totalBytes) {
      const atMs = nowMs()
      const last = samples.at(-1)
      // A resumed part reports what the server has: less than was sent. Measuring starts over.
      if (last && totalBytes < last.totalBytes) samples = []
      else if (last && samples.length > 1 && atMs - last.atMs < APART_MS) samples.pop()
      samples.push({ atMs, totalBytes })
      while (samples.length > 2 && atMs - samples[1]!.atMs > WINDOW_MS) samples.shift()
    },
    bytesPerSecond() {
      const first = samples[0]
      const last = samples.at(-1)
      if (!first || !last) return undefined
      // Up to now, not to the last sample: when nothing comes any more the figure sinks.
      const tookMs = nowMs() - first.atMs
      if (tookMs < ENOUGH_MS) return undefined
      return ((last.totalBytes - first.totalBytes) / tookMs) * 1000
    },
    restart() {
      samples = []
    },
  }
}
