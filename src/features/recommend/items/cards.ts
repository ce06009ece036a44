/**
 * What the cards of all videos are made of, as bytes outside the heap: some two hundred of each, so that a page shows its cards without a
 * question to the database, and a million videos are nothing that the collector has to look through.
 */
import { MIB } from '../../../kit/bytes.ts'

/** What a card shows; everything that is about the channel stands beside, once for each. */
export interface CardFacts {
  title: string
  thumbnailKey: string | null
  runId: string | null
  views: number
  createdMs: number
  publishedMs: number
  durationMs: number | null
  width: number | null
  height: number | null
}

/** Bytes that are asked for at once; a record lies in one of them whole. */
const PIECE = 4 * MIB
/** Records begin at multiples of it. */
const UNIT = 8
/** Where numbers stand in a record, and after them its words: the title, the key and the run, one behind the other. */
const ROOM = 0
const BYTES = 2
const TITLE = 4
const KEY = 6
const VIEWS = 8
const CREATED = 16
const PUBLISHED = 24
const DURATION = 32
const WIDTH = 36
const HEIGHT = 38
const HEAD = 40
/** No duration; no size is 0. */
const NONE = 2 ** 32 - 1
/** Lengths are kept in sixteen bits. */
const LONGEST = 2 ** 16 - UNIT

export class CardPool {
  readonly #pieces: { bytes: Buffer; numbers: DataView }[] = []
  #used = PIECE
  /** By number of the video: one more than the unit its record begins at, counted over all pieces; 0 for none. */
  #places = new Uint32Array(1024)

  has(video: number): boolean {
    return (this.#places[video] ?? 0) !== 0
  }

  /** Takes a card in, or what is new about it: in the place of the one before where it has room there. */
  put(video: number, facts: CardFacts): void {
    const text = `${facts.title}${facts.thumbnailKey ?? ''}${facts.runId ?? ''}`
    const size = HEAD + Buffer.byteLength(text)
    if (size > LONGEST) throw new RangeError(`A card takes at most ${LONGEST} bytes`)
    if (!this.has(video) || this.#roomOf(video) < size) this.#makeRoom(video, size)
    const { bytes, numbers, at } = this.#recordOf(video)
    numbers.setUint16(at + BYTES, bytes.write(text, at + HEAD), true)
    numbers.setUint16(at + TITLE, facts.title.length, true)
    numbers.setUint16(at + KEY, facts.thumbnailKey?.length ?? 0, true)
    numbers.setFloat64(at + VIEWS, facts.views, true)
    numbers.setFloat64(at + CREATED, facts.createdMs, true)
    numbers.setFloat64(at + PUBLISHED, facts.publishedMs, true)
    numbers.setUint32(at + DURATION, facts.durationMs ?? NONE, true)
    numbers.setUint16(at + WIDTH, facts.width ?? 0, true)
    numbers.setUint16(at + HEIGHT, facts.height ?? 0, true)
  }

  /** Undefined for a video that none was put in for. */
  read(video: number): CardFacts | undefined {
    if (!this.has(video)) return undefined
    const { bytes, numbers, at } = this.#recordOf(video)
    const text = bytes.toString('utf8', at + HEAD, at + HEAD + numbers.getUint16(at + BYTES, true))
    const titleEnd = numbers.getUint16(at + TITLE, true)
    const keyEnd = titleEnd + numbers.getUint16(at + KEY, true)
    const durationMs = numbers.getUint32(at + DURATION, true)
    return {
      title: text.slice(0, titleEnd),
      thumbnailKey: keyEnd === titleEnd ? null : text.slice(titleEnd, keyEnd),
      runId: keyEnd === text.length ? null : text.slice(keyEnd),
      views: numbers.getFloat64(at + VIEWS, true),
      createdMs: numbers.getFloat64(at + CREATED, true),
      publishedMs: numbers.getFloat64(at + PUBLISHED, true),
      durationMs: durationMs === NONE ? null : durationMs,
      width: numbers.getUint16(at + WIDTH, true) || null,
      height: numbers.getUint16(at + HEIGHT, true) || null,
    }
  }

  setViews(video: number, views: number): void {
    if (!this.has(video)) return
    const { numbers, at } = this.#recordOf(video)
    numbers.setFloat64(at + VIEWS, views, true)
  }

  #roomOf(video: number): number {
    const { numbers, at } = this.#recordOf(video)
    return numbers.getUint16(at + ROOM, true) * UNIT
  }

  #recordOf(video: number): { bytes: Buffer; numbers: DataView; at: number } {
    const from = (this.#places[video]! - 1) * UNIT
    const { bytes, numbers } = this.#pieces[Math.floor(from / PIECE)]!
    return { bytes, numbers, at: from % PIECE }
  }

  /**
   * A new place. The one before stays empty, so one that is left for another has half as much again as it needs: whoever edits a title
   * again and again leaves three times its longest behind at most.
   */
  #makeRoom(video: number, size: number): void {
    const wanted = this.has(video) ? Math.min(LONGEST, 1.5 * size) : size
    const room = Math.ceil(wanted / UNIT)
    if (this.#used + room * UNIT > PIECE) {
      const bytes = Buffer.allocUnsafeSlow(PIECE)
      this.#pieces.push({ bytes, numbers: new DataView(bytes.buffer) })
      this.#used = 0
    }
    if (video >= this.#places.length) {
      const wider = new Uint32Array(2 * video)
      wider.set(this.#places)
      this.#places = wider
    }
    const from = (this.#pieces.length - 1) * PIECE + this.#used
    this.#places[video] = from / UNIT + 1
    this.#pieces.at(-1)!.numbers.setUint16(this.#used + ROOM, room, true)
    this.#used += room * UNIT
  }
}
