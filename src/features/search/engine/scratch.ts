/** Working memory of searches over one shelf: allocated once, clean between searches. Searches never overlap. */
import { Best } from './best.ts'
import { roomFor } from './grow.ts'

export interface Scratch {
  /** Points of each document so far. */
  points: Float32Array
  /** Sum of the rarity of the words each document holds. */
  held: Float32Array
  /** Words each document holds. */
  matched: Uint8Array
  /** What the word at work gave each document, and when that was. */
  gave: Float32Array
  gaveAt: Uint32Array
  banned: Uint8Array
  /** Documents with points, in the order of discovery. */
  touched: Uint32Array
  touchedCount: number
  /** Grows with every word of every query. */
  now: number
  /** By stem: bits of the words it stands for. */
  wordsOfStem: Uint32Array
  /** By two words of the query, five bits each: the best worth of their standing together in the document at hand. */
  readonly pairs: Float32Array
  /** Two, for what was found strictly is kept until what is found loosely is known. */
  readonly best: readonly [strict: Best, loose: Best]
}

export function newScratch(): Scratch {
  return {
    points: new Float32Array(0),
    held: new Float32Array(0),
    matched: new Uint8Array(0),
    gave: new Float32Array(0),
    gaveAt: new Uint32Array(0),
    banned: new Uint8Array(0),
    touched: new Uint32Array(0),
    touchedCount: 0,
    now: 0,
    wordsOfStem: new Uint32Array(0),
    pairs: new Float32Array(1024),
    best: [new Best(), new Best()],
  }
}

export function makeRoom(scratch: Scratch, documents: number, stems: number): void {
  if (scratch.points.length < documents) {
    for (const name of ['points', 'held', 'gave'] as const) scratch[name] = roomFor(scratch[name], documents)
    for (const name of ['matched', 'banned'] as const) scratch[name] = roomFor(scratch[name], documents)
    for (const name of ['gaveAt', 'touched'] as const) scratch[name] = roomFor(scratch[name], documents)
  }
  scratch.wordsOfStem = roomFor(scratch.wordsOfStem, stems)
  if (scratch.now > 0xfffffff0) {
    scratch.gaveAt.fill(0)
    scratch.now = 0
  }
}

/** Takes back all points. */
export function wipe(scratch: Scratch): void {
  for (let index = 0; index < scratch.touchedCount; index++) {
    const doc = scratch.touched[index]!
    scratch.points[doc] = 0
    scratch.held[doc] = 0
    scratch.matched[doc] = 0
  }
  scratch.touchedCount = 0
}
