/**
 * Sums by number for a few numbers of very many: a table of a few thousand places stays in the processor's cache, where a column with a
 * place for each of a million would be a wait for every sum. Open addressing (Knuth, volume 3, 6.4), never more than half full.
 */
export class Tally {
  /** The numbers in the order in which they came, and their sums: the first `count`. */
  items = new Uint32Array(0)
  sums = new Float32Array(0)
  count = 0
  /** One more than the place of a number, by its hash; 0 where nothing is. */
  #slots = new Int32Array(0)
  #mask = 0
  #shift = 0

  /** Begins anew, with room for so many different numbers. */
  begin(most: number): void {
    let bits = 10
    while (2 ** bits < 2 * most) bits++
    if (this.items.length < most) {
      this.items = new Uint32Array(2 ** bits)
      this.sums = new Float32Array(2 ** bits)
    }
    if (this.#slots.length < 2 ** bits) this.#slots = new Int32Array(2 ** bits)
    this.#slots.fill(0, 0, 2 ** bits)
    this.#mask = 2 ** bits - 1
    this.#shift = 32 - bits
    this.count = 0
  }

  add(item: number, by: number): void {
    let slot = Math.imul(item, 0x9e3779b1) >>> this.#shift
    for (;;) {
      const place = this.#slots[slot]! - 1
      if (place < 0) break
      if (this.items[place] === item) {
        this.sums[place]! += by
        return
      }
      slot = (slot + 1) & this.#mask
    }
    this.#slots[slot] = this.count + 1
    this.items[this.count] = item
    this.sums[this.count++] = by
  }

  /** Where the number stands; -1 where it has not come. */
  placeOf(item: number): number {
    let slot = Math.imul(item, 0x9e3779b1) >>> this.#shift
    for (;;) {
      const place = this.#slots[slot]! - 1
      if (place < 0 || this.items[place] === item) return place
      slot = (slot + 1) & this.#mask
    }
  }
}
