/**
 * Numbers of ids, as a table outside the heap: of a million ids one costs a wait for memory and nothing that is collected, where a Map has
 * a string and an entry to look at for each. An id of twelve letters and digits is 72 bits, which are kept whole.
 */

/** Letters of an id, six bits each; 64 is none. */
const CODES = new Uint8Array(128).fill(64)
for (const [code, letter] of [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_'].entries())
  CODES[letter.charCodeAt(0)] = code

const ID_LENGTH = 12
/** Words of a place: five letters, five letters, two letters, and the number. */
const WIDTH = 4
const NUMBER = 3

/** From words to numbers above 0; words that are no ids are kept as they are. Nothing is ever removed. */
export class IdNumbers {
  #table = new Uint32Array(1024 * WIDTH)
  #count = 0
  readonly #others = new Map<string, number>()
  /** The id that was packed last. */
  #first = 0
  #middle = 0
  #last = 0

  get(word: string): number | undefined {
    if (!this.#pack(word)) return this.#others.get(word)
    return this.#table[this.#placeOf(this.#first, this.#middle, this.#last) + NUMBER] || undefined
  }

  set(word: string, number: number): void {
    if (!this.#pack(word)) {
      this.#others.set(word, number)
      return
    }
    const { length } = this.#table
    if (2 * (this.#count + 1) * WIDTH > length) this.#widen()
    if (this.#put(this.#first, this.#middle, this.#last, number)) this.#count++
  }

  /** Whether it is an id. */
  #pack(word: string): boolean {
    if (word.length !== ID_LENGTH) return false
    let none = 0
    let bits = 0
    for (let at = 0; at < ID_LENGTH; at++) {
      const letter = word.charCodeAt(at)
      const code = letter < 128 ? CODES[letter]! : 64
      none |= code
      bits = (bits << 6) | (code & 63)
      if (at === 4) {
        this.#first = bits >>> 0
        bits = 0
      } else if (at === 9) {
        this.#middle = bits >>> 0
        bits = 0
      }
    }
    this.#last = bits
    return none < 64
  }

  /** Where these bits stand, or would. */
  #placeOf(first: number, middle: number, last: number): number {
    const table = this.#table
    const mask = table.length / WIDTH - 1
    let hash = Math.imul(first ^ Math.imul(middle, 0x9e3779b1) ^ (last << 20), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
    for (let slot = (hash ^ (hash >>> 13)) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WIDTH
      if (table[at + NUMBER] === 0) return at
      if (table[at] === first && table[at + 1] === middle && table[at + 2] === last) return at
    }
  }

  /** Whether it is new. */
  #put(first: number, middle: number, last: number, number: number): boolean {
    const table = this.#table
    const at = this.#placeOf(first, middle, last)
    const isNew = table[at + NUMBER] === 0
    table[at] = first
    table[at + 1] = middle
    table[at + 2] = last
    table[at + NUMBER] = number
    return isNew
  }

  #widen(): void {
    const before = this.#table
    this.#table = new Uint32Array(2 * before.length)
    for (let at = 0; at < before.length; at += WIDTH)
      if (before[at + NUMBER] !== 0) this.#put(before[at]!, before[at + 1]!, before[at + 2]!, before[at + NUMBER]!)
  }
}
