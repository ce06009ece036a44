/**
 * Numbers known of videos, one row of 64 bytes for each, so that looking at a video is one line of a processor's cache: a page looks at
 * thousands of them all over the catalogue, and what it would wait for is memory.
 */

import { pagesFor } from '../../../kit/simd.ts'

/** Bytes of a row; the columns below are views of the same bytes. */
const ROW = 64
const DOUBLES = ROW / 8
const WORDS = ROW / 4

/** Places of doubles in a row. */
const PUBLISHED = 0
const HEAT = 1
const HEAT_AT = 2
/** Places of words of 32 bits in a row, behind the doubles. */
const DURATION = 6
const CHANNEL = 7
const TOPIC = 8
/** Whether it is open in the lowest bit, how many tags it has in the next seven, its language in those above. */
const FACTS = 9
const HASH = 10
const LIKING = 11
/** Tags, as many as have room; of more than that, where they begin among all tags that had none. */
const TAGS = 12
const TAGS_IN_ROW = WORDS - TAGS
const LONGEST_MS = 2 ** 32 - 1

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
    this.#doubles = new Float64Array(pagesFor(Math.max(1024, 2 * count) * ROW))
    this.#doubles.set(before)
    this.#words = new Uint32Array(this.#doubles.buffer)
    this.#floats = new Float32Array(this.#doubles.buffer)
  }

  put(video: number, it: VideoNumbers): void {
    this.#doubles[video * DOUBLES + PUBLISHED] = it.publishedMs
    const words = video * WORDS
    this.#words[words + DURATION] = Math.min(LONGEST_MS, it.durationMs)
    this.#words[words + CHANNEL] = it.channel
    this.#words[words + TOPIC] = it.topic
    this.#words[words + HASH] = it.hash
    this.#floats[words + LIKING] = it.liking
    this.#putTags(words, it.tags)
    this.#words[words + FACTS] = (it.language << 8) | (it.tags.length << 1) | Number(this.isOpen(video))
  }

  #putTags(words: number, tags: Uint32Array): void {
    if (tags.length <= TAGS_IN_ROW) {
      this.#words.set(tags, words + TAGS)
      return
    }
    // In the place of those before where they fit there.
    const before = this.#tagCount(words)
    if (before <= TAGS_IN_ROW || tags.length > before) {
      while (this.#tagsUsed + tags.length > this.#tags.length) {
        const wider = new Uint32Array(2 * this.#tags.length)
        wider.set(this.#tags)
        this.#tags = wider
      }
      this.#words[words + TAGS] = this.#tagsUsed
      this.#tagsUsed += tags.length
    }
    this.#tags.set(tags, this.#words[words + TAGS])
  }

  #tagCount(words: number): number {
    return (this.#words[words + FACTS]! >> 1) & 127
  }

  isOpen(video: number): boolean {
    return (this.#words[video * WORDS + FACTS]! & 1) === 1
  }

  setOpen(video: number, isOpen: boolean): void {
    const at = video * WORDS + FACTS
    this.#words[at] = (this.#words[at]! & ~1) | Number(isOpen)
  }

  publishedMsOf(video: number): number {
    return this.#doubles[video * DOUBLES + PUBLISHED]!
  }

  durationMsOf(video: number): number {
    return this.#words[video * WORDS + DURATION]!
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
    return this.#words[video * WORDS + FACTS]! >>> 8
  }

  hashOf(video: number): number {
    return this.#words[video * WORDS + HASH]!
  }

  /** From -0.5 to 0.5. */
  likingOf(video: number): number {
    return this.#floats[video * WORDS + LIKING]!
  }

  tagsOf(video: number): Uint32Array {
    const words = video * WORDS
    const count = this.#tagCount(words)
    if (count <= TAGS_IN_ROW) return this.#words.slice(words + TAGS, words + TAGS + count)
    const from = this.#words[words + TAGS]!
    return this.#tags.slice(from, from + count)
  }

  /** The sum of what a column says of each tag of a video. */
  tagSum(video: number, ofTag: Float32Array): number {
    const words = video * WORDS
    const count = this.#tagCount(words)
    const isInRow = count <= TAGS_IN_ROW
    const tags = isInRow ? this.#words : this.#tags
    const from = isInRow ? words + TAGS : this.#words[words + TAGS]!
    let sum = 0
    for (let at = from; at < from + count; at++) sum += ofTag[tags[at]!]!
    return sum
  }

  /** Whether a video has one of these tags. */
  hasTagOf(video: number, tags: ReadonlySet<number>): boolean {
    const words = video * WORDS
    const count = this.#tagCount(words)
    const isInRow = count <= TAGS_IN_ROW
    const own = isInRow ? this.#words : this.#tags
    const from = isInRow ? words + TAGS : this.#words[words + TAGS]!
    for (let at = from; at < from + count; at++) if (tags.has(own[at]!)) return true
    return false
  }
}
