/** What a page is asked for with, and what it is made of. */

import type { Standing, Visit } from '../live.ts'
import { FEATURE_COUNT } from '../ranker/features.ts'
import type * as rules from '../rules.ts'
import type { AccountWatch } from '../store.ts'

/** What the page is for. */
export interface Asking {
  nowMs: number
  visit: Visit
  /** What the database said of the last watches of an account, where it was asked just now. */
  read?: AccountWatch[]
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
  /** What all of them were ranked by. */
  rows: Float32Array
  /** Where the row of this one begins: FEATURE_COUNT numbers, its signals first. */
  base: number
}

/** The row that a suggestion was ranked by. */
export function featuresOf({ rows, base }: Ranked): Float32Array {
  return rows.subarray(base, base + FEATURE_COUNT)
}
