/**
 * What this process knows of the videos that may be suggested, in columns, so that a million of them take bounded memory and are
 * read without a question to the database: who made them, what they are about, how old they are, how warm they are now.
 */

import { IdNumbers } from '../../kit/id-numbers.ts'
import { VideoRows } from './items/rows.ts'
import { hashOf, type OnlineFacts } from './ranker/online.ts'
import { halved } from './rules.ts'

/** A video as the database tells it. */
export interface Known {
  videoId: string
  channelId: string
  category: string
  language: string
  tags: readonly string[]
  publishedMs: number
  durationMs: number
  /** Views of late, decayed by half in HEAT_HALF_LIFE_MS. */
  heat: number
  likes: number
  dislikes: number
}

export const HEAT_HALF_LIFE_MS = 36 * 3_600_000
/** A list of all videos of one tag or channel is read at most this far, newest first. */
const MOST_OF_ONE = 400
const TAGS_PER_VIDEO = 12

interface Numbers {
  get(word: string): number | undefined
  set(word: string, number: number): unknown
}

/** Numbers for words, given in order of appearance; number 0 is the empty word. */
class Words {
  readonly #numbers: Numbers
  readonly words: string[] = ['']
  /** What each word is hashed to: the same in every process, as the numbers are not. */
  #hashes = new Uint32Array(256)

  constructor(numbers: Numbers = new Map<string, number>()) {
    this.#numbers = numbers
    numbers.set('', 0)
  }

  numberOf(word: string): number {
    const known = this.#numbers.get(word)
    if (known !== undefined) return known
    const number = this.words.length
    if (number === this.#hashes.length) {
      const wider = new Uint32Array(2 * number)
      wider.set(this.#hashes)
      this.#hashes = wider
    }
    this.#hashes[number] = hashOf(word)
    this.#numbers.set(word, number)
    this.words.push(word)
    return number
  }

  hashAt(number: number): number {
    return this.#hashes[number]!
  }

  find(word: string): number | undefined {
    return this.#numbers.get(word)
  }
}

export class Catalogue {
  readonly #videos = new Words(new IdNumbers())
  readonly #channels = new Words()
  readonly #topics = new Words()
  readonly #languages = new Words()
  readonly #tags = new Words()
  /** Numbers of videos, newest last, by number of the tag, channel and topic. */
  readonly #byTag: number[][] = []
  readonly #byChannel: number[][] = []
  readonly #byTopic: number[][] = []
  /** All videos that were ever known, newest last by publication. */
  newest: number[] = []
  readonly rows = new VideoRows()
  openCount = 0
  /** What is left of a heat after so long, as it was asked for last. */
  #fadedMs = 0
  #faded = 1

  /** One more than the highest number; number 0 is no video. */
  get size(): number {
    return this.#videos.words.length
  }

  idOf(video: number): string {
    return this.#videos.words[video]!
  }

  channelIdOf(video: number): string {
    return this.#channels.words[this.rows.channelOf(video)]!
  }

  topicOf(video: number): string {
    return this.#topics.words[this.rows.topicOf(video)]!
  }

  find(videoId: string): number | undefined {
    return this.#videos.find(videoId)
  }

  findChannel(channelId: string): number | undefined {
    return this.#channels.find(channelId)
  }

  findTopic(topic: string): number | undefined {
    return this.#topics.find(topic)
  }

  findLanguage(language: string): number | undefined {
    return this.#languages.find(language.split('-')[0]!)
  }

  /** What the online learner knows a video by, in numbers that mean the same in every process. */
  factsOf(video: number, viewer: number): OnlineFacts {
    const facts = { viewer, video: 0, channel: 0, topic: 0, language: 0, durationMs: 0 }
    this.writeFacts(video, facts)
    return facts
  }

  /** Puts those of a video in the place of those of another one. */
  writeFacts(video: number, facts: OnlineFacts): void {
    const { rows } = this
    facts.video = rows.hashOf(video)
    facts.channel = this.#channels.hashAt(rows.channelOf(video))
    facts.topic = this.#topics.hashAt(rows.topicOf(video))
    facts.language = this.#languages.hashAt(rows.languageOf(video))
    facts.durationMs = rows.durationMsOf(video)
  }

  /** Takes a video in, or what is new about it. */
  put(known: Known, nowMs: number): number {
    const video = this.#videos.numberOf(known.videoId)
    const { rows } = this
    rows.widen(video + 1)
    const isNew = rows.publishedMsOf(video) === 0
    if (!rows.isOpen(video)) this.openCount++
    const channel = this.#channels.numberOf(known.channelId)
    const topic = this.#topics.numberOf(known.category)
    const tags = Uint32Array.from(
      new Set(known.tags.slice(0, TAGS_PER_VIDEO).map((tag) => this.#tags.numberOf(folded(tag)))),
    )
    const before = isNew
      ? undefined
      : { tags: rows.tagsOf(video), channel: rows.channelOf(video), topic: rows.topicOf(video) }
    for (const tag of tags) if (!before?.tags.includes(tag)) listAt(this.#byTag, tag).push(video)
    if (before?.channel !== channel) listAt(this.#byChannel, channel).push(video)
    if (before?.topic !== topic) listAt(this.#byTopic, topic).push(video)
    if (isNew) {
      this.newest.push(video)
      rows.setHeat(video, known.heat, nowMs)
    }
    rows.setOpen(video, true)
    rows.put(video, {
      publishedMs: known.publishedMs,
      durationMs: known.durationMs,
      channel,
      topic,
      language: this.#languages.numberOf(known.language.split('-')[0]!),
      tags,
      hash: this.#videos.hashAt(video),
      liking: likingOf(known.likes, known.dislikes),
    })
    return video
  }

  /** The video may not be suggested any more; its number stays. */
  close(videoId: string): void {
    const video = this.#videos.find(videoId)
    if (video === undefined || !this.rows.isOpen(video)) return
    this.rows.setOpen(video, false)
    this.openCount--
  }

  heatOf(video: number, nowMs: number): number {
    const ageMs = nowMs - this.rows.heatAtMsOf(video)
    // Most were set at the same moment, when all were read.
    if (ageMs !== this.#fadedMs) {
      this.#fadedMs = ageMs
      this.#faded = halved(ageMs, HEAT_HALF_LIFE_MS)
    }
    return this.rows.heatSetOf(video) * this.#faded
  }

  warm(video: number, by: number, nowMs: number): void {
    this.rows.setHeat(video, this.heatOf(video, nowMs) + by, nowMs)
  }

  /** The newest open videos of a tag, channel or topic, newest first, at most `count`. */
  ofTag(tag: number, count: number): number[] {
    return this.#newestOpen(this.#byTag[tag], count)
  }

  ofChannel(channel: number, count: number): number[] {
    return this.#newestOpen(this.#byChannel[channel], count)
  }

  ofTopic(topic: number, count: number): number[] {
    return this.#newestOpen(this.#byTopic[topic], count)
  }

  newestOpen(count: number): number[] {
    return this.#newestOpen(this.newest, count)
  }

  /** Where in `newest` those begin that were published at this time or later. */
  firstSince(sinceMs: number): number {
    let low = 0
    let high = this.newest.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.rows.publishedMsOf(this.newest[middle]!) < sinceMs) low = middle + 1
      else high = middle
    }
    return low
  }

  get tagCount(): number {
    return this.#tags.words.length
  }

  get topicCount(): number {
    return this.#topics.words.length
  }

  /** How many videos carry the tag, for its weight: what everybody says says little. */
  countOfTag(tag: number): number {
    return this.#byTag[tag]?.length ?? 0
  }

  #newestOpen(list: number[] | undefined, count: number): number[] {
    const found: number[] = []
    if (!list) return found
    const end = Math.max(0, list.length - MOST_OF_ONE)
    for (let at = list.length - 1; at >= end && found.length < count; at--) {
      if (this.rows.isOpen(list[at]!)) found.push(list[at]!)
    }
    return found
  }
}

/** The share of likes, at its lower bound (Wilson, 95 %), less one half: 0 where nobody has said anything. */
export function likingOf(likes: number, dislikes: number): number {
  const count = likes + dislikes
  if (count === 0) return 0
  const z = 1.96
  const share = likes / count
  const bound =
    (share + (z * z) / (2 * count) - z * Math.sqrt((share * (1 - share) + (z * z) / (4 * count)) / count)) /
    (1 + (z * z) / count)
  return bound - 0.5
}

function folded(tag: string): string {
  return tag.normalize('NFKC').toLowerCase()
}

function listAt(lists: number[][], number: number): number[] {
  lists[number] ??= []
  return lists[number]
}
