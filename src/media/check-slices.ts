// How far a slice header of H.264 reaches (ITU-T H.264 7.3.3), for the rule that protection leaves it in clear (ISO/IEC 23001-7 9.5).

/** What of the parameter sets a slice header depends on. */
export type SliceContext = {
  colourPlanes: boolean
  frameNumBits: number
  orderType: number
  orderBits: number
  orderDeltaAlwaysZero: boolean
  framesOnly: boolean
  chromaArray: boolean
  cabac: boolean
  fieldOrder: boolean
  refs: [number, number]
  weighted: boolean
  weightedBi: number
  deblocking: boolean
  redundant: boolean
}

const HIGH = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]
const MOST_LOOPS = 300

/** Reads bits of a NAL unit behind its header; bytes that only prevent emulation (7.4.1) are skipped, but counted. */
class Bits {
  readonly #bytes: Uint8Array
  #at = 0
  #bit = 0
  #zeros = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Bytes of the unit that were touched so far. */
  get usedBytes(): number {
    return this.#at + (this.#bit > 0 ? 1 : 0)
  }

  one(): number {
    if (this.#bit === 0 && this.#zeros >= 2 && this.#bytes[this.#at] === 3) {
      this.#at++
      this.#zeros = 0
    }
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new RangeError('the unit ends within its header')
    const value = (byte >> (7 - this.#bit)) & 1
    if (++this.#bit === 8) {
      this.#bit = 0
      this.#at++
      this.#zeros = byte === 0 ? this.#zeros + 1 : 0
    }
    return value
  }

  bits(count: number): number {
    let value = 0
    for (let n = 0; n < count; n++) value = value * 2 + this.one()
    return value
  }

  /** ue(v): Exp-Golomb (9.1). */
  ue(): number {
    let zeros = 0
    while (this.one() === 0) if (++zeros > 32) throw new RangeError('no number')
    return 2 ** zeros - 1 + this.bits(zeros)
  }

  se(): number {
    const code = this.ue()
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2
  }
}

/** Reads the first parameter sets of an `avcC`; undefined where it holds something no slice header of ours depends on. */
export function sliceContext(avcC: Uint8Array): SliceContext | undefined {
  try {
    const spsLength = (avcC[6]! << 8) | avcC[7]!
    const sps = new Bits(avcC.subarray(9, 8 + spsLength))
    const pps = new Bits(avcC.subarray(8 + spsLength + 4))
    return { ...readSps(sps), ...readPps(pps) }
  } catch {
    return undefined
  }
}

function readSps(sps: Bits) {
  const profile = sps.bits(8)
  sps.bits(16)
  sps.ue()
  let chroma = 1
  let colourPlanes = false
  if (HIGH.includes(profile)) {
    chroma = sps.ue()
    if (chroma === 3) colourPlanes = sps.one() === 1
    sps.ue()
    sps.ue()
    sps.one()
    const lists = sps.one() === 0 ? 0 : chroma === 3 ? 12 : 8
    for (let list = 0; list < lists; list++) if (sps.one()) skipList(sps, list)
  }
  const frameNumBits = sps.ue() + 4
  const orderType = sps.ue()
  let orderBits = 0
  let orderDeltaAlwaysZero = false
  if (orderType === 0) orderBits = sps.ue() + 4
  if (orderType === 1) {
    orderDeltaAlwaysZero = sps.one() === 1
    sps.se()
    sps.se()
    for (let left = Math.min(sps.ue(), MOST_LOOPS); left > 0; left--) sps.se()
  }
  sps.ue()
  sps.one()
  sps.ue()
  sps.ue()
  const framesOnly = sps.one() === 1
  const chromaArray = chroma !== 0 && !colourPlanes
  return { colourPlanes, frameNumBits, orderType, orderBits, orderDeltaAlwaysZero, framesOnly, chromaArray }
}

/** Scaling lists (7.3.2.1.1.1) are only stepped over. */
function skipList(bits: Bits, list: number): void {
  let last = 8
  let next = 8
  for (let at = 0; at < (list < 6 ? 16 : 64); at++) {
    if (next !== 0) next = (last + bits.se() + 256) % 256
    last = next === 0 ? last : next
  }
}

function readPps(pps: Bits) {
  pps.ue()
  pps.ue()
  const cabac = pps.one() === 1
  const fieldOrder = pps.one() === 1
  if (pps.ue() > 0) throw new RangeError('slice groups')
  const refs: [number, number] = [pps.ue() + 1, pps.ue() + 1]
  const weighted = pps.one() === 1
  const weightedBi = pps.bits(2)
  pps.se()
  pps.se()
  pps.se()
  const deblocking = pps.one() === 1
  pps.one()
  const redundant = pps.one() === 1
  return { cabac, fieldOrder, refs, weighted, weightedBi, deblocking, redundant }
}

/** Bytes that the NAL header and the slice header of a unit take. Throws a RangeError where the unit ends before. */
export function sliceHeaderBytes(nal: Uint8Array, of: SliceContext): number {
  const bits = new Bits(nal.subarray(1))
  const isIdr = (nal[0]! & 31) === 5
  const isRef = (nal[0]! & 0x60) !== 0
  bits.ue()
  const type = bits.ue() % 5
  const [isP, isB, isI] = [type === 0 || type === 3, type === 1, type === 2 || type === 4]
  bits.ue()
  if (of.colourPlanes) bits.bits(2)
  bits.bits(of.frameNumBits)
  const isField = !of.framesOnly && bits.one() === 1
  if (isField) bits.one()
  if (isIdr) bits.ue()
  if (of.orderType === 0) {
    bits.bits(of.orderBits)
    if (of.fieldOrder && !isField) bits.se()
  }
  if (of.orderType === 1 && !of.orderDeltaAlwaysZero) {
    bits.se()
    if (of.fieldOrder && !isField) bits.se()
  }
  if (of.redundant) bits.ue()
  if (isB) bits.one()
  const refs = [...of.refs]
  if (!isI && bits.one()) {
    refs[0] = bits.ue() + 1
    if (isB) refs[1] = bits.ue() + 1
  }
  for (let list = 0; list < (isI ? 0 : isB ? 2 : 1); list++) skipModifications(bits)
  if ((of.weighted && isP) || (of.weightedBi === 1 && isB)) skipWeights(bits, of.chromaArray, refs, isB)
  if (isRef) skipMarking(bits, isIdr)
  if (of.cabac && !isI) bits.ue()
  bits.se()
  if (type === 3) bits.one()
  if (type >= 3) bits.se()
  if (of.deblocking && bits.ue() !== 1) {
    bits.se()
    bits.se()
  }
  return 1 + bits.usedBytes
}

/** 7.3.3.1. */
function skipModifications(bits: Bits): void {
  if (!bits.one()) return
  for (let n = 0; n < MOST_LOOPS && bits.ue() !== 3; n++) bits.ue()
}

/** 7.3.3.2. */
function skipWeights(bits: Bits, hasChroma: boolean, refs: number[], isB: boolean): void {
  bits.ue()
  if (hasChroma) bits.ue()
  for (const count of isB ? refs : refs.slice(0, 1))
    for (let n = 0; n < Math.min(count, 32); n++) {
      if (bits.one()) for (let word = 0; word < 2; word++) bits.se()
      if (hasChroma && bits.one()) for (let word = 0; word < 4; word++) bits.se()
    }
}

/** 7.3.3.3. */
function skipMarking(bits: Bits, isIdr: boolean): void {
  if (isIdr) {
    bits.bits(2)
    return
  }
  if (!bits.one()) return
  for (let n = 0; n < MOST_LOOPS; n++) {
    const operation = bits.ue()
    if (operation === 0) return
    if (operation !== 5) bits.ue()
    if (operation === 3) bits.ue()
  }
}
