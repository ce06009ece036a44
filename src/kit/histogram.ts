/**
 * Counts in logarithmic steps: percentiles of any positive quantity within 5 %, from counts that can simply be added up. The
 * idea of HDR histograms and of DDSketch (Masson, Rim, Lee, 2019): the error is relative, whatever the size.
 */

/** Each step is ten per cent above the one before, so its middle is within five of everything in it. */
const GROWTH = Math.log(1.1)
/** What is beyond lands in the last step: 1.1 ** 240 is above eight thousand million. */
const LAST_STEP = 240

/** The step of a value; everything below 1 is in step 0. */
export function stepOf(value: number): number {
  if (!(value >= 1)) return 0
  return Math.min(LAST_STEP, 1 + Math.floor(Math.log(value) / GROWTH))
}

/** A value that stands for a step: the middle of it. */
export function middleOf(step: number): number {
  return step === 0 ? 0 : Math.exp((step - 0.5) * GROWTH)
}

/** The value below which `share` of what was counted lies; 0 when nothing was counted. */
export function percentileOf(counts: ReadonlyMap<number, number>, share: number): number {
  let total = 0
  for (const count of counts.values()) total += count
  let below = 0
  for (const step of [...counts.keys()].sort((a, b) => a - b)) {
    below += counts.get(step)!
    if (below >= total * share && below > 0) return middleOf(step)
  }
  return 0
}
