/**
 * Numbers known of videos, one row of 64 bytes for each, so that looking at a video is one line of a processor's cache: a page looks at
 * thousands of them all over the catalogue, and what it would wait for is memory.
 */

/** Bytes of a row; the columns below are views of the same bytes. */
const ROW = 64
const DOUBLES = ROW / 8
const WORDS = ROW / 4

/** Places of doubles in a row. */
const PUBLISHED = 0
const DURATION = 1
const HEAT = 2
const HEAT_AT = 3
/** Places of words of 32 bits in a row, behind the doubles. */
const CHANNEL = 8
const TOPIC = 9
const LANGUAGE = 10
const TAGS_FROM = 11
const TAG_COUNT = 12
const OPEN = 13
const HASH = 14
const LIKING = 15

/** What is known of one video, words as numbers. */
export interface VideoNumbers {
  publishedMs: number
  durationMs: number
  channel: number
  topic: number
  language: number
  tags: Uint32Array
  /** Of its id, the same in every process. */
  hash: number
  liking: number
}

export class VideoRows {
  #doubles = new Float64Array(0)
  #words = new Uint32Array(0)
  #floats = new Float32Array(0)
  #tags = new Uint32Array(4096)
  #tagsUsed = 0

  /** Rows below `count` can be written and read. Unwritten ones are zeros. */
  widen(count: number): void {
    if (count * DOUBLES <= this.#doubles.length) return
    const before = this.#doubles
    this.#doubles = new Float64Array(Math.max(1024, 2 * count) * DOUBLES)
    this.#doubles.set(before)
    this.#words = new Uint32Array(this.#doubles.buffer)
    this.#floats = new Float32Array(this.#doubles.buffer)
  }

  put(video: number, it: VideoNumbers): void {
    const doubles = video * DOUBLES
    this.#doubles[doubles + PUBLISHED] = it.publishedMs
    this.#doubles[doubles + DURATION] = it.durationMs
    const words = video * WORDS
    this.#words[words + CHANNEL] = it.channel
    this.#words[words + TOPIC] = it.topic
    this.#words[words + LANGUAGE] = it.language
    this.#words[words + HASH] = it.hash
    this.#floats[words + LIKING] = it.liking
    this.#putTags(words, it.tags)
  }

  /** In the place of those before where they fit there. */
  #putTags(words: number, tags: Uint32Array): void {
    if (tags.length > this.#words[words + TAG_COUNT]!) {
      while (this.#tagsUsed + tags.length > this.#tags.length) {
        const wider = new Uint32Array(2 * this.#tags.length)
        wider.set(this.#tags)
        this.#tags = wider
      }
      this.#words[words + TAGS_FROM] = this.#tagsUsed
      this.#tagsUsed += tags.length
    }
    this.#words[words + TAG_COUNT] = tags.length
    this.#tags.set(tags, this.#words[words + TAGS_FROM])
  }

  isOpen(video: number): boolean {
    return this.#words[video * WORDS + OPEN] === 1
  }

  setOpen(video: number, isOpen: boolean): void {
    this.#words[video * WORDS + OPEN] = Number(isOpen)
  }

  publishedMsOf(video: number): number {
    return this.#doubles[video * DOUBLES + PUBLISHED]!
  }

  durationMsOf(video: number): number {
    return this.#doubles[video * DOUBLES + DURATION]!
  }

  /** What was set last, and when. */
  heatSetOf(video: number): number {
    return this.#doubles[video * DOUBLES + HEAT]!
  }

  heatAtMsOf(video: number): number {
    return this.#doubles[video * DOUBLES + HEAT_AT]!
  }

  setHeat(video: number, heat: number, atMs: number): void {
    this.#doubles[video * DOUBLES + HEAT] = heat
    this.#doubles[video * DOUBLES + HEAT_AT] = atMs
  }

  channelOf(video: number): number {
    return this.#words[video * WORDS + CHANNEL]!
  }

  topicOf(video: number): number {
    return this.#words[video * WORDS + TOPIC]!
  }

  languageOf(video: number): number {
    return this.#words[video * WORDS + LANGUAGE]!
  }

  hashOf(video: number): number {
    return this.#words[video * WORDS + HASH]!
  }

  /** From -0.5 to 0.5. */
  likingOf(video: number): number {
    return this.#floats[video * WORDS + LIKING]!
  }

  tagsOf(video: number): Uint32Array {
    const from = this.#words[video * WORDS + TAGS_FROM]!
    return this.#tags.slice(from, from + this.#words[video * WORDS + TAG_COUNT]!)
  }

  /** The sum of what a column says of each tag of a video. */
  tagSum(video: number, ofTag: Float32Array): number {
    const from = this.#words[video * WORDS + TAGS_FROM]!
    const end = from + this.#words[video * WORDS + TAG_COUNT]!
    let sum = 0
    for (let at = from; at < end; at++) sum += ofTag[this.#tags[at]!]!
    return sum
  }

  /** Whether a video has one of these tags. */
  hasTagOf(video: number, tags: ReadonlySet<number>): boolean {
    const from = this.#words[video * WORDS + TAGS_FROM]!
    const end = from + this.#words[video * WORDS + TAG_COUNT]!
    for (let at = from; at < end; at++) if (tags.has(this.#tags[at]!)) return true
    return false
  }
}
