/** Stills: the pictures that show a title without playing it. Storyboard, trick play and proposals for its thumbnail, made of its key frames. */
import { jobKind } from '../../platform/queue/queue.ts'

/** The lowest rung of a run is complete: make its storyboard, trick play and proposals. */
export const makeStills = jobKind<{ videoId: string; runId: string }>({
  name: 'stills.make',
  lane: 'quick',
  maxAttempts: 3,
  maxCrashes: 2,
})

export { chooseStill, listStills } from './thumbnails.ts'
