/** Where single pictures lie in time. Renditions have a constant rate, and their first picture is at zero. */

/**
 * The rate that was meant by one that was rounded: playlists give three decimals (RFC 8216, 4.3.4.2), and 29.97 is 30000/1001. Taken
 * as it is said it would be a whole picture off after some hours.
 */
export function exactRate(perSecond: number): number {
  const exact = (Math.round(perSecond * 1.001) * 1000) / 1001
  return Math.abs(exact - perSecond) < 0.001 ? exact : perSecond
}

/** The middle of the picture after (1) or before (-1) the one that is shown at a position, within the title; in milliseconds. */
export function frameBeside(positionMs: number, direction: 1 | -1, perSecond: number, durationMs: number): number {
  const at = (timeMs: number) => Math.floor((timeMs / 1000) * perSecond + 0.001)
  // A duration that ends with the last picture begins the next one, which is not there.
  const last = Math.max(0, Math.ceil((durationMs / 1000) * perSecond - 0.1) - 1)
  const wanted = Math.min(Math.max(0, at(positionMs) + direction), last)
  return ((wanted + 0.5) / perSecond) * 1000
}
