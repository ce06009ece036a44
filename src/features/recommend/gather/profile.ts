/** What the last watches of a viewer were about, and how well a video fits that. */
import type { Catalogue } from '../catalogue.ts'
import * as rules from '../rules.ts'

export interface Profile {
  /** Weights by number, the greatest 1. */
  tags: Map<number, number>
  topics: Map<number, number>
  channels: Map<number, number>
}

const WATCHES = 20

/** Of the last watches, newest first. Topics that somebody chose count like something watched. */
export function profileOf(
  catalogue: Catalogue,
  chosen: readonly string[],
  recent: readonly number[],
  shares: readonly number[],
): Profile {
  const profile: Profile = { tags: new Map(), topics: new Map(), channels: new Map() }
  let mass = 0
  for (let rank = 0; rank < Math.min(WATCHES, recent.length); rank++) {
    const video = recent[rank]!
    const weight = rules.fade(rank) * (0.25 + 0.75 * Math.min(1, shares[rank]!))
    mass += weight
    add(profile.topics, catalogue.rows.topicOf(video), weight)
    add(profile.channels, catalogue.rows.channelOf(video), weight)
    for (const tag of catalogue.rows.tagsOf(video)) {
      // A tag that nearly everything carries says nothing; one that only this video carries finds nothing.
      const rarity = Math.log(1 + catalogue.size / (1 + catalogue.countOfTag(tag)))
      add(profile.tags, tag, weight * rarity)
    }
  }
  for (const topic of chosen) {
    const number = catalogue.findTopic(topic)
    if (number !== undefined) add(profile.topics, number, Math.max(1, mass / 2))
  }
  scaled(profile.topics)
  scaled(profile.channels)
  scaled(profile.tags)
  return profile
}

function add(sums: Map<number, number>, key: number, by: number): void {
  sums.set(key, (sums.get(key) ?? 0) + by)
}

function scaled(sums: Map<number, number>): void {
  let most = 0
  sums.forEach((sum) => {
    most = Math.max(most, sum)
  })
  if (most === 0) return
  sums.forEach((sum, key) => {
    sums.set(key, sum / most)
  })
}

/** The heaviest of a profile, heaviest first. */
export function top(sums: Map<number, number>, count: number): [number, number][] {
  return [...sums].sort((one, other) => other[1] - one[1]).slice(0, count)
}

/** Numbers by number, in a column that is used again. */
class Column {
  values = new Float32Array(0)
  #filled: number[] = []

  fill(sums: Map<number, number>, size: number): Float32Array {
    for (const key of this.#filled) this.values[key] = 0
    if (this.values.length < size) this.values = new Float32Array(2 * size)
    this.#filled.length = 0
    sums.forEach((sum, key) => {
      this.values[key] = sum
      this.#filled.push(key)
    })
    return this.values
  }
}

const tagColumn = new Column()
const topicColumn = new Column()

/** Tells how well a video fits a profile, 0 to 1, by look-ups in columns. Holds until the next one is made. */
export function fitsOf(catalogue: Catalogue, profile: Profile): (video: number) => number {
  const ofTag = tagColumn.fill(profile.tags, catalogue.tagCount)
  const ofTopic = topicColumn.fill(profile.topics, catalogue.topicCount)
  const { rows } = catalogue
  return (video) => 0.4 * ofTopic[rows.topicOf(video)]! + 0.6 * Math.min(1, rows.tagSum(video, ofTag) / 2)
}
