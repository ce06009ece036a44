/** Decisions about renditions, pure: what may be taken away, and what all of it saves. */
import type { RunPlan } from '../../media/plan.ts'

/** The lowest rung starts playback and stays; so does sound, which is small and belongs to every rung. */
export function mayEvict(plan: RunPlan, rendition: string): boolean {
  return plan.video[0]!.id !== rendition && plan.audio.every(({ id }) => id !== rendition)
}

/** Renditions in one state, over all videos. */
export interface StateTotal {
  state: 'lazy' | 'making' | 'made' | 'failed'
  count: number
  sizeBytes: number
  /** What they would hold if they were complete, by the rates that were planned or measured. */
  fullBytes: number
  evictedBytes: number
}

export interface Savings {
  states: StateTotal[]
  storedBytes: number
  /** Bytes that are not stored because renditions are made on request, those that were taken away again among them. */
  savedBytes: number
  evictedBytes: number
}

export function savingsOf(states: StateTotal[]): Savings {
  const sum = (of: (it: StateTotal) => number) => states.reduce((total, it) => total + of(it), 0)
  return {
    states,
    storedBytes: sum((it) => it.sizeBytes),
    savedBytes: sum((it) => (it.state === 'lazy' ? Math.max(0, it.fullBytes - it.sizeBytes) : 0)),
    evictedBytes: sum((it) => it.evictedBytes),
  }
}
