/**
 * How well the model of suggestions foretells what people choose, on Gowalla in the split of LightGCN: trained by the code that the
 * worker runs, scored by the code that pages are made with, over the full catalogue, ties by mean rank. Shapes were tuned on the
 * validation file (`-- valid` repeats that); the test file is only reported. The data lies in `../shared/data/gowalla` or in the
 * folder given; it is not part of the project.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Mix, makeModel, USUAL_MIX } from '../../src/features/recommend/items/model.ts'
import { scoreWith } from '../../src/features/recommend/items/scores.ts'
import { rowsFrom } from '../../src/kit/item-graph.ts'
import { qualityOf, type Scorer } from '../../src/kit/ranking-quality.ts'
import type { BenchResult } from './figures.ts'

const DEPTH = 20

export async function run(args: string[]): Promise<BenchResult> {
  const onValid = args.includes('valid')
  const folder = resolve(args.find((it) => it !== 'valid') ?? join(import.meta.dirname, '../../../shared/data/gowalla'))
  const missing = ['train.txt', 'valid.txt', 'test.txt'].filter((file) => !existsSync(join(folder, file)))
  if (missing.length > 0)
    return { figures: {}, ok: false, summary: `the data is not there: ${missing.join(', ')} below ${folder}` }
  const read = async (file: string) => listsOf(await readFile(join(folder, file), 'utf8'))
  const [train, valid, test] = await Promise.all([read('train.txt'), read('valid.txt'), read('test.txt')])

  // The published figures come from models that were trained on the first two together.
  const known = onValid ? train : train.map((items, person) => [...items, ...(valid[person] ?? [])])
  const later = onValid ? valid : test
  const itemCount = 1 + [train, valid, test].flat(2).reduce((most, item) => Math.max(most, item), 0)
  const videoIds = Array.from({ length: itemCount }, (_, item) => String(item))

  const startMs = performance.now()
  const startCpu = process.cpuUsage()
  const model = makeModel(videoIds, rowsFrom(itemCount, known))
  const seconds = (performance.now() - startMs) / 1000
  const cpu = process.cpuUsage(startCpu)
  const cpuSeconds = (cpu.user + cpu.system) / 1e6

  const touched = new Uint32Array(itemCount)
  // The model numbers items by what lies near what.
  const numberOf = new Uint32Array(itemCount)
  for (const [number, item] of model.videoIds.entries()) numberOf[Number(item)] = number
  const numbers = known.map((items) => Uint32Array.from(items, (item) => numberOf[item]!))
  const held = { itemCount, later: later.map((items) => items.map((item) => numberOf[item]!)), depth: DEPTH }
  const mixed = (mix: Mix): Scorer => {
    return (person, scores) => void scoreWith(model, numbers[person]!, () => 1, scores, touched, mix)
  }
  const popularity = new Float32Array(itemCount)
  for (const items of numbers) for (const item of items) popularity[item]!++
  const popular = qualityOf(held, (person, scores) => {
    scores.set(popularity)
    for (const item of numbers[person]!) scores[item] = 0
  })
  const graph = qualityOf(held, mixed({ factors: 0, vectors: 0, head: 0 }))
  const both = qualityOf(held, mixed(USUAL_MIX))
  return {
    figures: {
      people: both.people,
      recall20: both.recall,
      ndcg20: both.ndcg,
      coverage20: both.coverage,
      gini20: both.gini,
      graph_recall20: graph.recall,
      graph_ndcg20: graph.ndcg,
      popularity_recall20: popular.recall,
      popularity_ndcg20: popular.ndcg,
      training_s: seconds,
      training_cpu_s: cpuSeconds,
    },
    summary:
      `Recall@20 ${both.recall.toFixed(4)}, NDCG@20 ${both.ndcg.toFixed(4)} on Gowalla (LightGCN .1830/.1554, UltraGCN .1864/.1581, ` +
      `SimpleX .1872/.1557), trained in ${seconds.toFixed(0)} s`,
  }
}

/** One line per person: the person, then the items. */
function listsOf(text: string): number[][] {
  const lists: number[][] = []
  for (const line of text.split('\n')) {
    const [person, ...items] = line.trim().split(/\s+/).map(Number)
    if (line.trim() !== '') lists[person!] = items
  }
  return Array.from(lists, (items) => items ?? [])
}
