/**
 * A small index of vectors: the nearest by cosine among up to millions. A bit for each number (its sign) tells in sixteen words
 * of 32 bits who may be near; those few are then measured by their numbers, a byte each (Charikar 2002: signs agree as often as
 * the angle is small).
 */
import { roomFor } from '../engine/grow.ts'

/** As many as are measured after the signs have been compared, for each that is wanted, and at least. */
const MEASURED_FOR_EACH = 8
const MEASURED_AT_LEAST = 400

/** A vector as bytes: its scale, then a signed byte for each number. */
export function packVector(vector: Float32Array): Buffer {
  let most = 0
  for (const number of vector) most = Math.max(most, Math.abs(number))
  const scale = most / 127 || 1
  const packed = Buffer.alloc(4 + vector.length)
  packed.writeFloatLE(scale, 0)
  for (let at = 0; at < vector.length; at++) packed.writeInt8(Math.round(vector[at]! / scale), 4 + at)
  return packed
}

export interface Near {
  id: string
  cosine: number
}

export class Vectors {
  readonly #ids: string[] = []
  readonly #places = new Map<string, number>()
  #width = 0
  #numbers = new Uint8Array(0)
  #scales = new Float32Array(0)
  #signs = new Uint32Array(0)

  get count(): number {
    return this.#ids.length
  }

  /** Adds or replaces one, as packed. One of another length than the first is left out: another model made it. */
  put(id: string, packed: Uint8Array): void {
    const width = packed.length - 4
    if (this.#width === 0) this.#width = width
    if (width !== this.#width || width < 1) return
    let place = this.#places.get(id)
    if (place === undefined) {
      place = this.#ids.length
      this.#ids.push(id)
      this.#places.set(id, place)
      this.#numbers = roomFor(this.#numbers, (place + 1) * width)
      this.#scales = roomFor(this.#scales, place + 1)
      this.#signs = roomFor(this.#signs, (place + 1) * this.#signWords)
    }
    this.#numbers.set(packed.subarray(4), place * width)
    this.#scales[place] = new DataView(packed.buffer, packed.byteOffset).getFloat32(0, true)
    this.#signs.set(signsOf(new Int8Array(packed.buffer, packed.byteOffset + 4, width)), place * this.#signWords)
  }

  get #signWords(): number {
    return Math.ceil(this.#width / 32)
  }

  /** The nearest, nearest first, none of them less alike than `least`. */
  nearest(vector: Float32Array, count: number, least: number): Near[] {
    if (vector.length !== this.#width) return []
    const near: Near[] = []
    for (const place of this.#maybeNear(signsOf(vector), Math.max(count * MEASURED_FOR_EACH, MEASURED_AT_LEAST))) {
      const cosine = this.#cosine(vector, place)
      if (cosine >= least) near.push({ id: this.#ids[place]!, cosine })
    }
    return near.sort((a, b) => b.cosine - a.cosine || (a.id < b.id ? -1 : 1)).slice(0, count)
  }

  /** Places of the `count` whose signs differ least, found by counting how many differ how much. */
  #maybeNear(signs: Uint32Array, count: number): number[] {
    const all = this.#ids.length
    const words = this.#signWords
    if (all <= count) return Array.from({ length: all }, (_, place) => place)
    const differences = new Uint16Array(all)
    const histogram = new Uint32Array(this.#width + 1)
    const own = this.#signs
    for (let place = 0, at = 0; place < all; place++) {
      let difference = 0
      for (let word = 0; word < words; word++, at++) difference += bitsIn(own[at]! ^ signs[word]!)
      differences[place] = difference
      histogram[difference]!++
    }
    let most = 0
    for (let sum = histogram[0]!; sum < count && most < this.#width; ) sum += histogram[++most]!
    const found: number[] = []
    for (let place = 0; place < all; place++) if (differences[place]! <= most) found.push(place)
    return found
  }

  #cosine(vector: Float32Array, place: number): number {
    const width = this.#width
    const numbers = this.#numbers
    let sum = 0
    for (let at = 0, from = place * width; at < width; at++) sum += vector[at]! * ((numbers[from + at]! << 24) >> 24)
    return sum * this.#scales[place]!
  }
}

/** A bit for each number: whether it is above zero. */
function signsOf(numbers: ArrayLike<number>): Uint32Array {
  const signs = new Uint32Array(Math.ceil(numbers.length / 32))
  for (let at = 0; at < numbers.length; at++) if (numbers[at]! > 0) signs[at >>> 5]! |= 1 << (at & 31)
  return signs
}

/** How many bits are set (Warren, Hacker's Delight, 5-1). */
function bitsIn(word: number): number {
  let it = word - ((word >>> 1) & 0x55555555)
  it = (it & 0x33333333) + ((it >>> 2) & 0x33333333)
  return Math.imul((it + (it >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
