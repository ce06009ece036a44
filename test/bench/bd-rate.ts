// Bjontegaard's difference of rates: how many more or fewer bits one encoder needs than another for equal quality, over the qualities that
// both reach (VCEG-M33, Bjontegaard 2001). Between measured points the logarithm of the rate follows a piecewise cubic that keeps to their
// order (Fritsch and Carlson 1980; slopes as in MATLAB's `pchip`), as JCT-VC and AOM's common test conditions have it: one polynomial through
// all points, as in VCEG-M33, swings where they lie unevenly, and ladders do.

/** Quality in a scale where equal steps look alike: decibels of SSIM or PSNR, or VMAF. */
export type RatePoint = { bitsPerSecond: number; quality: number }

export type RateDifference = {
  /** -0.3 is 30 % fewer bits. */
  rate: number
  /** How much of the qualities that the first one reaches was compared, 0 to 1. */
  share: number
}

/** Undefined where a curve has no two points, or no quality that both reach. */
export function bdRate(base: readonly RatePoint[], other: readonly RatePoint[]): RateDifference | undefined {
  const [a, b] = [frontier(base), frontier(other)]
  if (a.length < 2 || b.length < 2) return undefined
  const low = Math.max(a[0]!.quality, b[0]!.quality)
  const high = Math.min(a.at(-1)!.quality, b.at(-1)!.quality)
  if (high <= low) return undefined
  const mean = (area(b, low, high) - area(a, low, high)) / (high - low)
  return { rate: Math.exp(mean) - 1, share: (high - low) / (a.at(-1)!.quality - a[0]!.quality) }
}

/** The points that are worth having, lowest first: each better than all that need fewer bits. */
export function frontier<Point extends RatePoint>(points: readonly Point[]): Point[] {
  const best: Point[] = []
  for (const point of points.toSorted((a, b) => a.bitsPerSecond - b.bitsPerSecond || b.quality - a.quality))
    if (best.length === 0 || point.quality > best.at(-1)!.quality) best.push(point)
  return best
}

/** The integral of the logarithm of the rate from one quality to another. */
function area(points: readonly RatePoint[], low: number, high: number): number {
  const x = points.map(({ quality }) => quality)
  const y = points.map(({ bitsPerSecond }) => Math.log(bitsPerSecond))
  const slopes = slopesOf(x, y)
  let sum = 0
  for (let n = 0; n + 1 < x.length; n++) {
    const from = Math.max(low, x[n]!)
    const to = Math.min(high, x[n + 1]!)
    if (to <= from) continue
    const at = (quality: number) => hermite(x, y, slopes, n, quality)
    // Simpson's rule is exact for cubics.
    sum += ((to - from) / 6) * (at(from) + 4 * at((from + to) / 2) + at(to))
  }
  return sum
}

function hermite(x: number[], y: number[], slopes: number[], n: number, at: number): number {
  const width = x[n + 1]! - x[n]!
  const t = (at - x[n]!) / width
  const [t2, t3] = [t * t, t * t * t]
  const ends = (2 * t3 - 3 * t2 + 1) * y[n]! + (3 * t2 - 2 * t3) * y[n + 1]!
  return ends + width * ((t3 - 2 * t2 + t) * slopes[n]! + (t3 - t2) * slopes[n + 1]!)
}

/** Slopes at the points: weighted harmonic means of the chords beside them, none where the chords change direction. */
function slopesOf(x: number[], y: number[]): number[] {
  const widths = x.slice(1).map((it, n) => it - x[n]!)
  const chords = widths.map((width, n) => (y[n + 1]! - y[n]!) / width)
  if (chords.length === 1) return [chords[0]!, chords[0]!]
  const last = chords.length - 1
  return x.map((_, n) => {
    if (n === 0) return endSlope(widths[0]!, widths[1]!, chords[0]!, chords[1]!)
    if (n > last) return endSlope(widths[last]!, widths[last - 1]!, chords[last]!, chords[last - 1]!)
    const [left, right] = [chords[n - 1]!, chords[n]!]
    if (left * right <= 0) return 0
    const [a, b] = [2 * widths[n]! + widths[n - 1]!, widths[n]! + 2 * widths[n - 1]!]
    return (a + b) / (a / left + b / right)
  })
}

/** At an end: through three points, but never against the chord nor steeper than three of it. */
function endSlope(near: number, far: number, nearChord: number, farChord: number): number {
  const slope = ((2 * near + far) * nearChord - near * farChord) / (near + far)
  if (slope * nearChord <= 0) return 0
  return nearChord * farChord <= 0 && Math.abs(slope) > 3 * Math.abs(nearChord) ? 3 * nearChord : slope
}
