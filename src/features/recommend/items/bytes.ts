/** A model of items as bytes: a line of JSON that says what follows, then the arrays as they lie in memory (little-endian). Pure. */
import type { Model } from './model.ts'

const FORMAT = 3

type Array32 = Uint32Array | Float32Array

/** Every array of a model, by a name that says where it belongs. */
function arraysOf({ graph, factors, vectors, cells, words, head, tower }: Model): Record<string, Array32> {
  return {
    offsets: graph.offsets,
    neighbours: graph.neighbours,
    weights: graph.weights,
    taken: factors.taken,
    given: factors.given,
    items: vectors.items,
    gram: vectors.gram,
    centres: cells.centres,
    cellOffsets: cells.offsets,
    words: words.weights,
    headOffsets: head.offsets,
    headNeighbours: head.neighbours,
    headWeights: head.weights,
    tower: tower.weights,
  }
}

/** Each array begins on a multiple of 8 bytes. */
export function toBytes(model: Model): Buffer {
  const arrays = arraysOf(model)
  const sizes = Object.entries(arrays).map(([name, array]) => [name, array.length])
  const widths = {
    factors: model.factors.width,
    vectors: model.vectors.width,
    words: model.words.width,
    tower: model.tower.width,
  }
  const { videoIds, mix } = model
  const head = Buffer.from(
    JSON.stringify({
      format: FORMAT,
      widths,
      places: model.words.places,
      hidden: model.tower.hidden,
      mix,
      sizes,
      videoIds,
    }),
  )
  const length = Buffer.alloc(8)
  length.writeUInt32LE(head.length)
  const parts: Uint8Array[] = [length, head, Buffer.alloc(-head.length & 7)]
  for (const array of Object.values(arrays)) {
    const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength)
    parts.push(bytes, Buffer.alloc(-bytes.length & 7))
  }
  return Buffer.concat(parts)
}

interface Head {
  format: number
  widths: { factors: number; vectors: number; words: number; tower: number }
  places: number
  hidden: number
  mix: Model['mix']
  sizes: [string, number][]
  videoIds: string[]
}

/** Undefined for a model of another format: it was made by another release, and the next one replaces it. */
export function fromBytes(bytes: Buffer): Model | undefined {
  const headBytes = bytes.readUInt32LE(0)
  const head = JSON.parse(bytes.toString('utf8', 8, 8 + headBytes)) as Head
  if (head.format !== FORMAT) return undefined
  let at = 8 + headBytes + (-headBytes & 7)
  const read = new Map<string, ArrayBuffer>()
  for (const [name, length] of head.sizes) {
    // Copied, since the buffer may lie on any address.
    read.set(name, new Uint8Array(bytes.subarray(at, at + 4 * length)).buffer)
    at += 4 * length + (-(4 * length) & 7)
  }
  const whole = (name: string) => new Uint32Array(read.get(name)!)
  const float = (name: string) => new Float32Array(read.get(name)!)
  const { widths, places, hidden, mix, videoIds } = head
  return {
    videoIds,
    mix,
    graph: { offsets: whole('offsets'), neighbours: whole('neighbours'), weights: float('weights') },
    factors: { width: widths.factors, taken: float('taken'), given: float('given') },
    vectors: { width: widths.vectors, items: float('items'), gram: float('gram') },
    cells: { centres: float('centres'), offsets: whole('cellOffsets') },
    words: { width: widths.words, places, weights: float('words') },
    head: { offsets: whole('headOffsets'), neighbours: whole('headNeighbours'), weights: float('headWeights') },
    tower: { width: widths.tower, hidden, weights: float('tower') },
  }
}
