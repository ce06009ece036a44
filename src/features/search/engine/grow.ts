/** Typed arrays that grow: what an index keeps of each document and each word. */

type Growable = Uint8Array | Uint16Array | Uint32Array | Float32Array

/** The same array, or a larger one with its content, so that `length` elements fit. Grows by half, for memory's sake. */
export function roomFor<A extends Growable>(array: A, length: number): A {
  if (length <= array.length) return array
  const Kind = array.constructor as new (length: number) => A
  const larger = new Kind(Math.max(length, Math.ceil(array.length * 1.5), 64))
  larger.set(array as never)
  return larger
}

/** Words to numbers, and back; numbers count from 0 in the order of arrival. */
export class Interned {
  readonly #numbers = new Map<string, number>()
  readonly words: string[] = []

  /** The number of a word, given now if it has none. */
  number(word: string): number {
    const known = this.#numbers.get(word)
    if (known !== undefined) return known
    const next = this.words.length
    this.#numbers.set(word, next)
    this.words.push(word)
    return next
  }

  find(word: string): number | undefined {
    return this.#numbers.get(word)
  }
}
