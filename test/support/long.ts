/**
 * Whether the long tests were asked for (`npm run test:long`): further kinds of what a test shows for one kind already, and stories of
 * minutes. They are skipped otherwise, so that all the others stay within ten minutes on two cores.
 */
export const isLong = process.env.LONG_TESTS === '1'

/** All of these for the long tests, and else the first so many. */
export function some<T>(cases: readonly T[], usual: number): T[] {
  return cases.slice(0, isLong ? cases.length : usual)
}
