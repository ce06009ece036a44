/** Decisions about stills, pure: what they are made from, and which pictures of a title are worth showing. */
import { offered, type RunPlan, type VideoRendition } from '../../media/plan.ts'

/** The smallest complete rung in H.264, in whichever way it came to be; undefined while there is none. */
export function rungOf(
  plan: RunPlan,
  states: readonly { rendition: string; state: string }[],
): VideoRendition | undefined {
  const is = (state: string) => (id: string) => states.some((it) => it.rendition === id && it.state === state)
  const isMade = is('made')
  return offered(plan, { isMade, isOut: is('failed') }).video.find(({ id, codec }) => codec === 'avc' && isMade(id))
}

/** A picture in small: grey levels, 0 to 255. */
export type Sketch = Uint8Array

export const SKETCH_WIDTH = 32
export const SKETCH_HEIGHT = 18

/** How good a picture is to look at: neither dark nor burnt out, with contrast and with detail. 0 is useless. */
export function worth(sketch: Sketch): number {
  const mean = average(sketch)
  const deviation = Math.sqrt(average(sketch.map((grey) => Math.min(255, ((grey - mean) / 8) ** 2)))) * 8
  let steps = 0
  for (let at = 1; at < sketch.length; at++)
    if (at % SKETCH_WIDTH !== 0) steps += Math.abs(sketch[at]! - sketch[at - 1]!)
  const exposure = Math.max(0, 1 - Math.abs(mean - 118) / 118)
  const contrast = Math.min(1, deviation / 55)
  const detail = Math.min(1, steps / sketch.length / 12)
  return exposure * (0.15 + contrast) * (0.3 + detail)
}

/** How different two pictures are: mean difference of their grey levels, 0 to 255. */
export function difference(a: Sketch, b: Sketch): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += Math.abs(a[at]! - b[at]!)
  return sum / a.length
}

/** The best pictures, from different scenes: each choice makes what looks like it worth less. First is best; its number is its place in `sketches`. */
export function pickStills(sketches: readonly Sketch[], count: number): number[] {
  const chosen: number[] = []
  const worths = sketches.map(worth)
  while (chosen.length < Math.min(count, sketches.length)) {
    let best = -1
    let bestWorth = -1
    for (const [place, sketch] of sketches.entries()) {
      if (chosen.includes(place)) continue
      const apart = Math.min(40, ...chosen.map((other) => difference(sketch, sketches[other]!)))
      const value = worths[place]! * (chosen.length === 0 ? 1 : apart / 40)
      if (value > bestWorth) [best, bestWorth] = [place, value]
    }
    chosen.push(best)
  }
  return chosen
}

/** Cuts what a decoder wrote, picture after picture, into sketches. */
export function readSketches(bytes: Uint8Array): Sketch[] {
  const size = SKETCH_WIDTH * SKETCH_HEIGHT
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, n) => bytes.slice(n * size, (n + 1) * size))
}

function average(values: Uint8Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
