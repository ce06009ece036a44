/** How far each watch has been heard of, so that a playback that reports every few seconds is told a handful of times. */
import { Lru } from '../../../kit/lru.ts'
import type { App } from '../../../platform/app.ts'

interface Heard {
  step: number
  watchedMs: number
  /** Of the viewer, as it was then. */
  beginning: number
}

/** What is new in a report of a watch. */
export interface News {
  isFirst: boolean
  moreMs: number
  /** It was counted already, and says only what this viewer has watched since they began anew. */
  isAgain: boolean
}

interface Memory {
  heard: Lru<Heard>
  /** How often a viewer began anew. */
  beginnings: Lru<number>
}

const memories = new WeakMap<object, Memory>()
const STEPS = 100_000
const VIEWERS = 100_000
const STEP_LIFE_MS = 6 * 3_600_000

function memoryOf(app: App): Memory {
  const known = memories.get(app.blobs)
  if (known) return known
  const now = () => app.clock.nowMs()
  const made = { heard: new Lru<Heard>(STEPS, now), beginnings: new Lru<number>(VIEWERS, now) }
  memories.set(app.blobs, made)
  return made
}

/** What is new in this report of a watch: undefined unless it has reached a step that this process has not heard of. */
export function newsOf(
  app: App,
  { viewer, videoId, watchedMs }: { viewer: string; videoId: string; watchedMs: number },
  step: number,
): News | undefined {
  const { heard } = memoryOf(app)
  const name = `${viewer} ${videoId}`
  const beginning = beginningOf(app, viewer)
  const before = heard.get(name)
  if (before && before.step >= step) {
    if (before.beginning === beginning || step < 1) return undefined
    heard.set(name, { ...before, beginning }, { lifeMs: STEP_LIFE_MS })
    return { isFirst: false, moreMs: 0, isAgain: true }
  }
  heard.set(name, { step, watchedMs, beginning }, { lifeMs: STEP_LIFE_MS })
  // What is below 1 says nothing yet: the watch begins with the next step.
  const isFirst = before === undefined || before.step < 1
  return { isFirst, moreMs: Math.max(0, watchedMs - (isFirst ? 0 : before.watchedMs)), isAgain: false }
}

/** How often this viewer began anew: what was read of them before is not what holds since. */
export function beginningOf(app: App, viewer: string): number {
  return memoryOf(app).beginnings.get(viewer) ?? 0
}

/** This viewer took something back, or goes on after a pause: what is watched from now on is heard of once more, if it is not counted. */
export function forgetSteps(app: App, viewer: string): void {
  const { beginnings } = memoryOf(app)
  beginnings.set(viewer, beginningOf(app, viewer) + 1, { lifeMs: STEP_LIFE_MS })
}
