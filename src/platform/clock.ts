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

/** A clock that stands still until it is moved. */
export interface FakeClock extends Clock {
  advance(durationMs: number): void
  set(timeMs: number): void
}

export function fakeClock(startMs = Date.now()): FakeClock {
  let timeMs = startMs
  return {
    nowMs: () => timeMs,
    now: () => new Date(timeMs),
    advance: (durationMs) => {
      timeMs += durationMs
    },
    set: (nextMs) => {
      timeMs = nextMs
    },
  }
}
