/**
 * Inner products of one vector with many that lie one behind the other, four or sixteen numbers at a time. JavaScript has no such
 * instructions, WebAssembly has (128-bit SIMD, in every engine since 2021): three loops, written out here instruction by instruction
 * because a compiler for forty of them would be a larger thing to trust than they are. Names and codes are those of the
 * WebAssembly core specification 2.0, chapter 5.4.
 */
import assert from 'node:assert/strict'

/** Memory of its own, in which vectors must lie to be multiplied. */
export interface Simd {
  floats(length: number): Float32Array
  bytes(length: number): Int8Array
  shorts(length: number): Int16Array
  wholes(length: number): Int32Array
  /** Fills `out` with the inner products of `query` and `count` rows from row `from` on. The length of `query`, and so of a row, is a multiple of 4. */
  multiplyFloats(query: Float32Array, rows: Float32Array, from: number, count: number, out: Float32Array): void
  /** The same of whole numbers; the length is a multiple of 16. Sums beyond 32 bits wrap. */
  multiplyBytes(query: Int16Array, rows: Int8Array, from: number, count: number, out: Int32Array): void
  /** The same with the first `count` rows that `list` names. */
  multiplyListed(query: Int16Array, rows: Int8Array, list: Int32Array, count: number, out: Int32Array): void
}

/** The least multiple of `step` that has room for so many numbers. */
export function padded(width: number, step: 4 | 16): number {
  return Math.ceil(width / step) * step
}

const PAGE_BYTES = 65_536
/** Every array begins on a multiple of this. */
const ALIGNED = 16

/** Room that begins with a page of memory, so that every 64 bytes are one line of the processor's cache: a large buffer of the usual kind begins 16 bytes behind one. */
export function pagesFor(bytes: number): ArrayBuffer {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) }).buffer
}

/** Room for arrays of so many bytes altogether, each rounded up to 16. Freed when nothing holds an array of it any more. */
export function openSimd(bytes: number): Simd {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) })
  const { buffer } = memory
  module ??= new WebAssembly.Module(moduleBytes())
  const loops = new WebAssembly.Instance(module, { at: { memory } }).exports as Record<
    'floats' | 'bytes' | 'listed',
    Loop
  >
  let used = 0
  function place(size: number): number {
    const at = used
    used += Math.ceil(size / ALIGNED) * ALIGNED
    assert(used <= buffer.byteLength, 'the memory was opened for less')
    return at
  }
  return {
    floats: (length) => new Float32Array(buffer, place(4 * length), length),
    bytes: (length) => new Int8Array(buffer, place(length), length),
    shorts: (length) => new Int16Array(buffer, place(2 * length), length),
    wholes: (length) => new Int32Array(buffer, place(4 * length), length),
    multiplyFloats(query, rows, from, count, out) {
      const rowBytes = 4 * query.length
      hold(buffer, [query, rows, out], query.length % 4 === 0 && (from + count) * query.length <= rows.length)
      assert(count <= out.length)
      const begin = rows.byteOffset + from * rowBytes
      if (count > 0) loops.floats(query.byteOffset, begin, rowBytes, begin + count * rowBytes, out.byteOffset, 0)
    },
    multiplyBytes(query, rows, from, count, out) {
      const rowBytes = query.length
      hold(buffer, [query, rows, out], rowBytes % 16 === 0 && (from + count) * rowBytes <= rows.length)
      assert(count <= out.length)
      const begin = rows.byteOffset + from * rowBytes
      if (count > 0) loops.bytes(query.byteOffset, begin, rowBytes, begin + count * rowBytes, out.byteOffset, 0)
    },
    multiplyListed(query, rows, list, count, out) {
      const rowBytes = query.length
      hold(buffer, [query, rows, list, out], rowBytes % 16 === 0)
      assert(count <= out.length && count <= list.length)
      const size = rows.length / rowBytes
      for (let at = 0; at < count; at++)
        if (!(list[at]! >= 0 && list[at]! < size)) throw new RangeError('there is no such row')
      const { byteOffset: from } = list
      if (count > 0) loops.listed(query.byteOffset, rows.byteOffset, rowBytes, from + 4 * count, out.byteOffset, from)
    },
  }
}

/** Addresses of the query and the first row, bytes of a row, address behind the last row (or behind the list), of what comes out, and of the list. */
type Loop = (query: number, rows: number, rowBytes: number, end: number, out: number, list: number) => void

/** Out of bounds the loops would read and write other arrays of the same memory. */
function hold(buffer: ArrayBufferLike, arrays: ArrayBufferView[], fits: boolean): void {
  assert(fits, 'rows and query do not fit together')
  for (const array of arrays) assert(array.buffer === buffer, 'an array of another memory')
}

let module: object | undefined

/** What is used of it: its types come with those of browsers, which this side does not know. */
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer }
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, given: object) => { readonly exports: unknown }
}

// The instructions that are used. A vector instruction is the byte 0xfd and a number of its own.
const I32 = 0x7f
const V128 = 0x7b
const F32_STORE = [0x38, 2, 0]
const I32_LOAD = [0x28, 2, 0]
const I32_STORE = [0x36, 2, 0]
const I32_ADD = [0x6a]
const I32_MUL = [0x6c]
const I32_LT_U = [0x49]
const LOOP = [0x03, 0x40]
const END = [0x0b]
/** Back to the beginning of the innermost loop if what was computed last is not 0. */
const AGAIN_IF = [0x0d, 0]
const V128_LOAD = vector(0x00, 0, 0)
const V128_LOAD_NEXT = vector(0x00, 0, 16)
const I32X4_SPLAT = vector(0x11)
const I16X8_EXTEND_LOW_I8X16_S = vector(0x87, 0x01)
const I16X8_EXTEND_HIGH_I8X16_S = vector(0x88, 0x01)
const I32X4_DOT_I16X8_S = vector(0xba, 0x01)
const I32X4_ADD = vector(0xae, 0x01)
const F32X4_ADD = vector(0xe4, 0x01)
const F32X4_MUL = vector(0xe6, 0x01)
const I32X4_FIRST = vector(0x1b, 0)
const F32X4_FIRST = vector(0x1f, 0)
const SWAP_HALVES = vector(0x0d, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)
const SWAP_PAIRS = vector(0x0d, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11)

function vector(...code: number[]): number[] {
  return [0xfd, ...code]
}

const get = (local: number) => [0x20, local]
const set = (local: number) => [0x21, local]
const setAndKeep = (local: number) => [0x22, local]
const number = (value: number) => [0x41, value]
const addTo = (local: number, value: number) => [...get(local), ...number(value), ...I32_ADD]

// Parameters and variables of all loops, by number.
const [QUERY, ROWS, ROW_BYTES, ALL_END, OUT, LIST, AT_QUERY, ROW, ROW_END, SUMS, READ] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
]

/** What is done before the first row and before each, and the address that is held against the end after it. */
interface Way {
  first: number[]
  each: number[]
  next: number[]
}

/** Rows in their order: the step goes through one and ends at the next. */
const IN_ORDER: Way = {
  first: [...get(ROWS), ...set(ROW)],
  each: [],
  next: get(ROW),
}
/** Rows whose numbers stand in a list. */
const LISTED: Way = {
  first: [],
  each: [...get(ROWS), ...get(LIST), ...I32_LOAD, ...get(ROW_BYTES), ...I32_MUL, ...I32_ADD, ...set(ROW)],
  next: [...addTo(LIST, 4), ...setAndKeep(LIST)],
}

/** For every row: sums of 0, then `step` until the row is through, then the four sums as one number to `out`. */
function rowLoop(way: Way, step: number[], add: number[], store: number[]): number[] {
  return [
    ...way.first,
    ...LOOP,
    ...way.each,
    ...[...get(QUERY), ...set(AT_QUERY)],
    ...[...get(ROW), ...get(ROW_BYTES), ...I32_ADD, ...set(ROW_END)],
    ...[...number(0), ...I32X4_SPLAT, ...set(SUMS)],
    ...[...LOOP, ...step, ...addTo(ROW, 16), ...setAndKeep(ROW), ...get(ROW_END), ...I32_LT_U, ...AGAIN_IF, ...END],
    ...get(OUT),
    ...[...get(SUMS), ...get(SUMS), ...get(SUMS), ...SWAP_HALVES, ...add, ...setAndKeep(SUMS)],
    ...[...get(SUMS), ...get(SUMS), ...SWAP_PAIRS, ...add, ...store],
    ...[...addTo(OUT, 4), ...set(OUT)],
    ...[...way.next, ...get(ALL_END), ...I32_LT_U, ...AGAIN_IF],
    ...END,
    ...END,
  ]
}

const FLOATS = rowLoop(
  IN_ORDER,
  [
    ...[
      ...get(SUMS),
      ...get(ROW),
      ...V128_LOAD,
      ...get(AT_QUERY),
      ...V128_LOAD,
      ...F32X4_MUL,
      ...F32X4_ADD,
      ...set(SUMS),
    ],
    ...[...addTo(AT_QUERY, 16), ...set(AT_QUERY)],
  ],
  F32X4_ADD,
  [...F32X4_FIRST, ...F32_STORE],
)

/** Sixteen bytes become twice eight numbers of 16 bits, whose products are added in pairs. */
const BYTE_STEP = [
  ...[...get(SUMS), ...get(ROW), ...V128_LOAD, ...setAndKeep(READ)],
  ...[...I16X8_EXTEND_LOW_I8X16_S, ...get(AT_QUERY), ...V128_LOAD, ...I32X4_DOT_I16X8_S, ...I32X4_ADD],
  ...[...get(READ), ...I16X8_EXTEND_HIGH_I8X16_S, ...get(AT_QUERY), ...V128_LOAD_NEXT, ...I32X4_DOT_I16X8_S],
  ...[...I32X4_ADD, ...set(SUMS), ...addTo(AT_QUERY, 32), ...set(AT_QUERY)],
]
const STORE_FIRST = [...I32X4_FIRST, ...I32_STORE]
const BYTES = rowLoop(IN_ORDER, BYTE_STEP, I32X4_ADD, STORE_FIRST)
const OF_LIST = rowLoop(LISTED, BYTE_STEP, I32X4_ADD, STORE_FIRST)

/** Counts and sizes: seven bits at a time, the lowest first (chapter 5.2.2). */
function counted(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...counted(value >>> 7)]
}

function list(items: number[][]): number[] {
  return [...counted(items.length), ...items.flat()]
}

function section(id: number, content: number[]): number[] {
  return [id, ...counted(content.length), ...content]
}

function text(word: string): number[] {
  return list([...Buffer.from(word)].map((byte) => [byte]))
}

function exported(name: string, place: number): number[] {
  return [...text(name), 0x00, place]
}

/** Three variables of 32 bits and two of 128 behind the parameters, then the instructions. */
function body(instructions: number[]): number[] {
  const code = [
    ...list([
      [3, I32],
      [2, V128],
    ]),
    ...instructions,
  ]
  return [...counted(code.length), ...code]
}

/** The functions with what they take, and the memory they are given (chapter 5.5). */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const type = [0x60, ...list([[I32], [I32], [I32], [I32], [I32], [I32]]), ...list([])]
  const memory = [...text('at'), ...text('memory'), 0x02, 0x00, 0x01]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list([type])),
    ...section(2, list([memory])),
    ...section(3, list([[0], [0], [0]])),
    ...section(7, list([exported('floats', 0), exported('bytes', 1), exported('listed', 2)])),
    ...section(10, list([body(FLOATS), body(BYTES), body(OF_LIST)])),
  ])
}
