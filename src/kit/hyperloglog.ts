/**
 * HyperLogLog: counts different things in a few kilobytes, and counts of several sketches can be joined. After Flajolet,
 * Fusy, Gandouet and Meunier, "HyperLogLog" (2007), with the estimator of Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017), section 3, which needs no thresholds or tables of corrections.
 *
 * 16,384 registers: a standard error of 0.81 %, so three of them stay within 2.5 %.
 */

const PRECISION = 14
const REGISTERS = 1 << PRECISION
/** A hash gives 14 bits of register and 38 bits to count leading zeros in. */
const TAIL_BITS = 38
/** Few registers are written as pairs of three bytes, many as one byte each. */
const SPARSE_MAX = 4000

/** Register values; index is the register. */
export type Sketch = Uint8Array

export function newSketch(): Sketch {
  return new Uint8Array(REGISTERS)
}

/**
 * Adds one thing by its hash: 52 evenly distributed bits as a whole number. True when the sketch changed, so that an
 * unchanged one need not be written.
 */
export function addHash(sketch: Sketch, hash: number): boolean {
  const register = hash % REGISTERS
  let tail = Math.floor(hash / REGISTERS)
  let rank = 1
  for (; rank <= TAIL_BITS && tail % 2 === 0; rank++) tail = Math.floor(tail / 2)
  if (sketch[register]! >= rank) return false
  sketch[register] = rank
  return true
}

/** Makes `into` the sketch of what either has seen. */
export function joinSketch(into: Sketch, other: Sketch): void {
  for (let register = 0; register < REGISTERS; register++) {
    if (other[register]! > into[register]!) into[register] = other[register]!
  }
}

/** How many different things were added, rounded. */
export function countDifferent(sketch: Sketch): number {
  const counts = new Array<number>(TAIL_BITS + 2).fill(0)
  for (const value of sketch) counts[value]!++
  const last = TAIL_BITS + 1
  let z = REGISTERS * tau((REGISTERS - counts[last]!) / REGISTERS)
  for (let rank = last - 1; rank >= 1; rank--) z = 0.5 * (z + counts[rank]!)
  z += REGISTERS * sigma(counts[0]! / REGISTERS)
  return Math.round((REGISTERS * REGISTERS) / (2 * Math.LN2) / z)
}

/** Ertl 2017, equation 14. */
function sigma(start: number): number {
  if (start === 1) return Number.POSITIVE_INFINITY
  let x = start
  let y = 1
  let z = x
  for (let before = Number.NaN; before !== z; ) {
    x *= x
    before = z
    z += x * y
    y += y
  }
  return z
}

/** Ertl 2017, equation 15. */
function tau(start: number): number {
  if (start === 0 || start === 1) return 0
  let x = start
  let y = 1
  let z = 1 - x
  for (let before = Number.NaN; before !== z; ) {
    x = Math.sqrt(x)
    before = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}

/** The sketch in as few bytes as it needs: a first byte says whether pairs (0) or all registers (1) follow. */
export function packSketch(sketch: Sketch): Uint8Array {
  const filled: number[] = []
  for (let register = 0; register < REGISTERS; register++) if (sketch[register]! > 0) filled.push(register)
  if (filled.length > SPARSE_MAX) {
    const packed = new Uint8Array(1 + REGISTERS)
    packed[0] = 1
    packed.set(sketch, 1)
    return packed
  }
  const packed = new Uint8Array(1 + filled.length * 3)
  filled.forEach((register, index) => {
    packed[1 + index * 3] = register >> 8
    packed[2 + index * 3] = register & 255
    packed[3 + index * 3] = sketch[register]!
  })
  return packed
}

/** Joins a packed sketch into one; throws RangeError when it is none. */
export function joinPacked(into: Sketch, packed: Uint8Array): void {
  if (packed[0] === 1 && packed.length === 1 + REGISTERS) {
    joinSketch(into, packed.subarray(1))
    return
  }
  if (packed[0] !== 0 || packed.length % 3 !== 1) throw new RangeError('not a packed sketch')
  for (let at = 1; at < packed.length; at += 3) {
    const register = (packed[at]! << 8) | packed[at + 1]!
    if (register >= REGISTERS) throw new RangeError('not a packed sketch')
    if (packed[at + 2]! > into[register]!) into[register] = packed[at + 2]!
  }
}
