/**
 * The encoder whose weights lie in a package (Universal Sentence Encoder, the light one; English, 512 numbers): a thread of its
 * own computes in WebAssembly, since a text takes milliseconds in which nobody else would be answered.
 */
import { Worker } from 'node:worker_threads'
import { type Encoder, unit } from './encoder.ts'

interface Reply {
  id: number
  vectors?: number[][]
  error?: string
}

let opened: Encoder | undefined

/** One thread for the whole process, started when it is first asked. */
export function packagedEncoder(): Encoder {
  opened ??= open()
  return opened
}

function open(): Encoder {
  const waiting = new Map<number, PromiseWithResolvers<number[][]>>()
  let worker: Worker | undefined
  let count = 0
  const end = (error: Error) => {
    worker = undefined
    for (const it of waiting.values()) it.reject(error)
    waiting.clear()
  }
  const start = () => {
    const fresh = new Worker(new URL('./packaged-worker.ts', import.meta.url))
    fresh.unref()
    fresh.on('message', ({ id, vectors, error }: Reply) => {
      const it = waiting.get(id)
      waiting.delete(id)
      if (vectors) it?.resolve(vectors)
      else it?.reject(new Error(error))
    })
    fresh.once('error', end)
    fresh.once('exit', () => end(new Error('the encoder has ended')))
    return fresh
  }
  return {
    name: 'packaged',
    async encode(texts, signal) {
      signal.throwIfAborted()
      worker ??= start()
      const id = ++count
      const answer = Promise.withResolvers<number[][]>()
      waiting.set(id, answer)
      const give = () => answer.reject(signal.reason)
      signal.addEventListener('abort', give, { once: true })
      worker.postMessage({ id, texts })
      try {
        return (await answer.promise).map(unit)
      } finally {
        waiting.delete(id)
        signal.removeEventListener('abort', give)
      }
    },
  }
}
