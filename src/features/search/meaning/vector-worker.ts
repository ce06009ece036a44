/** The thread of the vectors: looking through a million of them takes longer than a search may be held up. */
import { parentPort } from 'node:worker_threads'
import { Vectors } from './vectors.ts'

export type Word =
  | { put: { id: string; packed: Uint8Array }[] }
  | { ask: number; vector: Float32Array; count: number; least: number }

const vectors = new Vectors()

parentPort?.on('message', (word: Word) => {
  if ('put' in word) for (const { id, packed } of word.put) vectors.put(id, packed)
  else parentPort!.postMessage({ ask: word.ask, near: vectors.nearest(word.vector, word.count, word.least) })
})
