/** The time, as a thing that is passed in, so that tests can own it. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  nowMs(): number
  now(): Date
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  now: () => new Date(),
}

/** A clock that tests move: it stands still in between, or runs on where it is said so. */
export interface FakeClock extends Clock {
  advance(durationMs: number): void
  set(timeMs: number): void
}

export function fakeClock(startMs = Date.now(), { runs = false } = {}): FakeClock {
  let timeMs = startMs
  let setAtMs = performance.now()
  const nowMs = () => (runs ? timeMs + Math.floor(performance.now() - setAtMs) : timeMs)
  const set = (nextMs: number) => {
    timeMs = nextMs
    setAtMs = performance.now()
  }
  return { nowMs, now: () => new Date(nowMs()), advance: (durationMs) => set(nowMs() + durationMs), set }
}
