/** Videos that came after the model was made: what is said of them gives them a place among the others. */
import { vectorOfWords } from '../../../kit/sparse-ridge.ts'
import type { Model } from './model.ts'
import { type Said, wordsOf } from './words.ts'

export interface Newcomers {
  /** Words by number in the catalogue, the newest last. */
  said: Map<number, Uint32Array>
  vectors: Map<number, Float32Array>
}

type Knowing = Pick<Model, 'words'> & { numberOf(video: number): number }

/** So many are held; beyond that the oldest wait for the next model. */
const MOST = 2000

export function noNewcomers(): Newcomers {
  return { said: new Map(), vectors: new Map() }
}

/** Takes what is said of a video, unless the model knows it. */
export function takeSaid(newcomers: Newcomers, model: Knowing | undefined, video: number, said: Said): void {
  if ((model?.numberOf(video) ?? -1) >= 0) return
  const words = wordsOf(said)
  newcomers.said.delete(video)
  newcomers.said.set(video, words)
  place(newcomers, model, video, words)
  for (const oldest of newcomers.said.keys()) {
    if (newcomers.said.size <= MOST) break
    newcomers.said.delete(oldest)
    newcomers.vectors.delete(oldest)
  }
}

/** Another model is served: whom it knows is no newcomer any more, and the others stand elsewhere in it. */
export function placeAnew(newcomers: Newcomers, model: Knowing | undefined): void {
  newcomers.vectors.clear()
  for (const [video, words] of newcomers.said) {
    if ((model?.numberOf(video) ?? -1) >= 0) newcomers.said.delete(video)
    else place(newcomers, model, video, words)
  }
}

function place({ vectors }: Newcomers, model: Knowing | undefined, video: number, words: Uint32Array): void {
  if (model && model.words.width > 0) vectors.set(video, vectorOfWords(model.words, words))
}
