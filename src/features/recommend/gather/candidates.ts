/**
 * The candidates of one page with their signals, in columns that are used again for the next one: thousands are gathered for every
 * page, and only the few that may stand on it become objects.
 */
import type { Catalogue } from '../catalogue.ts'
import { SIGNALS } from '../rules.ts'

export const SIGNAL_COUNT = SIGNALS.length
const BARRED = -1

/** What may not be among them at all. */
export interface Bars {
  catalogue: Catalogue
  /** Numbers of videos; one may come twice. */
  videos: Iterable<number>
  channels: ReadonlySet<number>
  /** Only videos of this topic, where it is given. */
  topic?: number | undefined
}

export class Candidates {
  count = 0
  videos = new Uint32Array(2048)
  /** SIGNAL_COUNT numbers per candidate. */
  signals = new Float32Array(2048 * SIGNAL_COUNT)
  /** By number of the video: 0 unknown, BARRED, or one more than its place. */
  #places = new Int32Array(0)
  #barred: number[] = []
  #bars: Bars | undefined

  begin(bars: Bars): void {
    this.#clear()
    this.#bars = bars
    if (this.#places.length < bars.catalogue.size) this.#places = new Int32Array(2 * bars.catalogue.size)
    for (const video of bars.videos) {
      this.#places[video] = BARRED
      this.#barred.push(video)
    }
  }

  /** Its place, new or old; -1 for a video that may not be suggested. */
  add(video: number): number {
    const known = this.#places[video]!
    if (known !== 0) return known === BARRED ? -1 : known - 1
    const { catalogue, channels, topic } = this.#bars!
    if (!catalogue.rows.isOpen(video)) return -1
    if (topic !== undefined && catalogue.rows.topicOf(video) !== topic) return -1
    if (channels.size > 0 && channels.has(catalogue.rows.channelOf(video))) return -1
    if (this.count === this.videos.length) this.#widen()
    this.videos[this.count] = video
    this.#places[video] = this.count + 1
    return this.count++
  }

  addAll(videos: readonly number[]): void {
    for (const video of videos) this.add(video)
  }

  /** Adds the video, with this signal at least so strong. */
  tell(video: number, signal: number, value: number): void {
    const place = this.add(video)
    if (place < 0) return
    const at = place * SIGNAL_COUNT + signal
    if (value > this.signals[at]!) this.signals[at] = value
  }

  #clear(): void {
    for (let place = 0; place < this.count; place++) this.#places[this.videos[place]!] = 0
    for (const video of this.#barred) this.#places[video] = 0
    this.signals.fill(0, 0, this.count * SIGNAL_COUNT)
    this.#barred.length = 0
    this.count = 0
  }

  #widen(): void {
    const videos = new Uint32Array(2 * this.videos.length)
    videos.set(this.videos)
    this.videos = videos
    const signals = new Float32Array(2 * this.signals.length)
    signals.set(this.signals)
    this.signals = signals
  }
}
