/** The best of many, without sorting them all. */
import { MAX_DEPTH } from './engine.ts'

/** The best documents by value, in a heap of fixed size whose root is the worst of them. */
export class Best {
  readonly docs = new Uint32Array(MAX_DEPTH)
  readonly values = new Float64Array(MAX_DEPTH)
  count = 0
  #size = MAX_DEPTH

  /** Empty again, for the `size` best. */
  begin(size: number): this {
    this.count = 0
    this.#size = Math.min(size, MAX_DEPTH)
    return this
  }

  offer(doc: number, value: number): void {
    if (this.count < this.#size) {
      this.#rise(this.count++, doc, value)
      return
    }
    if (value > this.values[0]! || (value === this.values[0] && doc < this.docs[0]!)) this.#sink(doc, value)
  }

  #rise(at: number, doc: number, value: number): void {
    const { docs, values } = this
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isWorse(value, doc, values[parent]!, docs[parent]!)) break
      docs[at] = docs[parent]!
      values[at] = values[parent]!
      at = parent
    }
    docs[at] = doc
    values[at] = value
  }

  #sink(doc: number, value: number): void {
    const { docs, values, count } = this
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= count) break
      if (child + 1 < count && isWorse(values[child + 1]!, docs[child + 1]!, values[child]!, docs[child]!)) child++
      if (!isWorse(values[child]!, docs[child]!, value, doc)) break
      docs[at] = docs[child]!
      values[at] = values[child]!
      at = child
    }
    docs[at] = doc
    values[at] = value
  }

  /** Best first; of equals the one with the lower number. */
  sorted(): { doc: number; value: number }[] {
    return Array.from({ length: this.count }, (_, index) => ({
      doc: this.docs[index]!,
      value: this.values[index]!,
    })).sort((a, b) => b.value - a.value || a.doc - b.doc)
  }
}

function isWorse(value: number, doc: number, otherValue: number, otherDoc: number): boolean {
  return value < otherValue || (value === otherValue && doc > otherDoc)
}
