/**
 * The learned ranking of a page: what the network and the online learner make of each candidate, beside the weights that were set by
 * hand. Where little has been learned, or what was learned does no better on pages it has not seen, the weights decide. Pure.
 */
import assert from 'node:assert/strict'
import { FEATURE_COUNT, FEATURES_VERSION } from './features.ts'
import { calibrated, HEAD_COUNT, type Network, sayOfAll } from './network.ts'
import { newOnline, type Online } from './online.ts'

export interface Ranker {
  network: Network
  online: Online
  /** How much the learned order counts beside the weights, 0 to 1: what did best on pages it had not learned from. */
  trust: number
}

/** How the answers make one worth: powers, tuned by simulated viewers; sent away weighs heavily because it is rare. */
const POWERS = { minutes: 1, click: 0.3, finish: 0.2, like: 0.1, dismiss: 3 }

/** The logarithm of the worth of one row, what was said of it beginning at `base`: expected minutes, raised by the other answers. */
export function worthOf(network: Network, said: Float32Array, base = 0): number {
  const logChance = (head: number) => -softplus(-calibrated(network, said, head, base))
  return (
    // Odds of a loss in which watches weigh their minutes are minutes: their logarithm is the logit itself.
    POWERS.minutes * calibrated(network, said, 1, base) +
    POWERS.click * logChance(0) +
    POWERS.finish * logChance(2) +
    POWERS.like * logChance(3) -
    POWERS.dismiss / (1 + Math.exp(-calibrated(network, said, 4, base)))
  )
}

function softplus(value: number): number {
  return Math.max(0, value) + Math.log1p(Math.exp(-Math.abs(value)))
}

/**
 * Changes `worths` (set by hand) into the mix of both. `leans` is what the online learner adds to each logit. The learned order is
 * brought to the spread of the other, so that whatever is subtracted later weighs the same.
 */
export function blend(ranker: Ranker | undefined, rows: Float32Array, leans: Float32Array, worths: Float64Array): void {
  const count = worths.length
  if (count === 0) return
  const trust = ranker?.trust ?? 0
  if (!ranker || trust === 0) {
    for (let at = 0; at < count; at++) worths[at]! += LEAN * leans[at]!
    return
  }
  if (learned.length < count) learned = new Float64Array(2 * count)
  const said = sayOfAll(ranker.network, rows, count)
  for (let at = 0; at < count; at++) learned[at] = worthOf(ranker.network, said, at * HEAD_COUNT) + leans[at]!
  const [own, other] = [momentsOf(worths), momentsOf(learned.subarray(0, count))]
  const scale = other.spread > 0 ? own.spread / other.spread : 0
  for (let at = 0; at < count; at++)
    worths[at] = (1 - trust) * worths[at]! + trust * (own.mean + (learned[at]! - other.mean) * scale)
}

/** Used again for the next page. */
let learned = new Float64Array(512)

/** What one step of logit is worth among weights that were set by hand. */
const LEAN = 0.2

function momentsOf(values: Float64Array): { mean: number; spread: number } {
  let sum = 0
  let squares = 0
  for (const value of values) {
    sum += value
    squares += value * value
  }
  const mean = sum / values.length
  return { mean, spread: Math.sqrt(Math.max(0, squares / values.length - mean * mean)) }
}

const ARRAYS = [
  'means',
  'spreads',
  'trunk',
  'trunkBias',
  'heads',
  'headBias',
  'places',
  'slopes',
  'offsets',
] as const satisfies readonly (keyof Network)[]

/** A line of JSON that says what follows, then the arrays (little-endian). */
export function rankerToBytes({ network, online, trust }: Ranker): Buffer {
  const arrays = [...ARRAYS.map((name) => network[name]), online.sums, online.squares]
  const head = Buffer.from(
    JSON.stringify({
      features: FEATURES_VERSION,
      width: network.width,
      hidden: network.hidden,
      binCount: network.binCount,
      trust,
      lengths: arrays.map((it) => it.length),
    }),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32LE(head.length)
  return Buffer.concat([length, head, ...arrays.map((it) => Buffer.from(it.buffer, it.byteOffset, it.byteLength))])
}

/** Undefined for a ranker of another list of features: it cannot read today's rows. */
export function rankerFromBytes(bytes: Buffer): Ranker | undefined {
  const headBytes = bytes.readUInt32LE(0)
  const head = JSON.parse(bytes.toString('utf8', 4, 4 + headBytes)) as {
    features: number
    width: number
    hidden: number
    binCount: number
    trust: number
    lengths: number[]
  }
  if (head.features !== FEATURES_VERSION || head.width !== FEATURE_COUNT) return undefined
  let at = 4 + headBytes
  const arrays = head.lengths.map((length) => {
    // Copied, since the buffer may lie on any address.
    const array = new Float32Array(new Uint8Array(bytes.subarray(at, at + 4 * length)).buffer)
    at += 4 * length
    return array
  })
  assert.equal(arrays.length, ARRAYS.length + 2, 'a ranker of another format')
  const parts = Object.fromEntries(ARRAYS.map((name, index) => [name, arrays[index]!])) as Pick<
    Network,
    (typeof ARRAYS)[number]
  >
  assert.equal(parts.headBias.length, HEAD_COUNT)
  const [sums, squares] = arrays.slice(ARRAYS.length) as [Float32Array, Float32Array]
  const online: Online = { ...newOnline(1), size: sums.length, sums, squares }
  return { network: { ...head, ...parts }, online, trust: head.trust }
}
