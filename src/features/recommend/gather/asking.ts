/** What a page is asked for with, and what it is made of. */
import type { Standing, Visit } from '../live.ts'
import type * as rules from '../rules.ts'

/** What the page is for. */
export interface Asking {
  nowMs: number
  visit: Visit
  standing: Standing
  topics: readonly string[]
  languages: readonly string[]
  /** Two letters, or empty where it is not known. */
  country?: string
  /** What the online learner knows the viewer by. */
  viewer?: number
  /** Another way than the usual one, for an arm of an experiment. */
  variant?: rules.Variant | undefined
  /** Only this topic. */
  only?: string | undefined
  /** What is being watched: what comes next follows from it more than from anything before. */
  from?: number | undefined
}

export interface Ranked extends rules.Candidate {
  signals: rules.Signals
  /** What it was ranked by: FEATURE_COUNT numbers, part of an array that all share. */
  features: Float32Array
}
