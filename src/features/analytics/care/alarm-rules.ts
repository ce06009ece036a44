/** Decides what is out of the usual. Pure. */

export interface Figures {
  playbacks: number
  /** Playbacks that showed a first frame, and those that were left before one. */
  starts: number
  exits: number
}

/** Fewer playbacks say nothing. */
const LEAST_TRIED = 50
/** A fall that is worth a word: a tenth of all playbacks. */
const LEAST_FALL = 0.1
/** Standard errors: one in some ten thousand looks is a false alarm. */
const SURE = 4

/**
 * Whether a smaller share of playbacks starts than usual: by a tenth of all, and by more than chance explains (the test of two
 * proportions; see NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3).
 */
export function findFall(now: Figures, usual: Figures): boolean {
  const [tried, triedBefore] = [now.starts + now.exits, usual.starts + usual.exits]
  if (tried < LEAST_TRIED || triedBefore < LEAST_TRIED) return false
  const [share, shareBefore] = [now.starts / tried, usual.starts / triedBefore]
  if (shareBefore - share < LEAST_FALL) return false
  const all = (now.starts + usual.starts) / (tried + triedBefore)
  const error = Math.sqrt(all * (1 - all) * (1 / tried + 1 / triedBefore))
  return shareBefore - share > SURE * error
}

const LEAST_CROWD = 100
/** So many times as many as in a usual hour; evenings have twice the mean of a day, and are no news. */
const LEAST_GROWTH = 5

/** Whether far more playbacks began in the last hour than in a usual one, of `usualHours` that were looked at. */
export function findSpike(now: Figures, usual: Figures, usualHours: number): boolean {
  if (usualHours === 0 || now.playbacks < LEAST_CROWD) return false
  const mean = usual.playbacks / usualHours
  // Counts of independent viewers spread like Poisson's: their variance is their mean.
  return now.playbacks > LEAST_GROWTH * mean && now.playbacks - mean > SURE * Math.sqrt(Math.max(mean, 1))
}
