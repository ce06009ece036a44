/**
 * How well the search finds, through the engine and the query path that the platform uses, on public collections: two sets
 * of abstracts with judged queries (nDCG@10), and titles of videos to be found again from the title, from a mistyped one and
 * from an unfinished one (MRR@10). The collections lie in `../shared/data` or in the folder given; none is part of the project.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { SearchDocument, SearchEngine, SearchQuery } from '../../src/features/search/engine/engine.ts'
import { memoryEngine } from '../../src/features/search/engine/memory-engine.ts'
import type { BenchResult } from './figures.ts'

const DEPTH = 10

export async function run([
  folder = join(import.meta.dirname, '../../../shared/data'),
]: string[]): Promise<BenchResult> {
  const data = resolve(folder)
  const wanted = ['vaswani/doc-text.trec', 'cran/cran.all.1400', 'youtube-trending/USvideos.csv']
  const missing = wanted.filter((file) => !existsSync(join(data, file)))
  if (missing.length > 0)
    return { figures: {}, ok: false, summary: `the data is not there: ${missing.join(', ')} below ${data}` }
  const read = (path: string) => readFile(join(data, path), 'utf8')

  const vaswani = {
    documents: trecDocuments(await read('vaswani/doc-text.trec')),
    queries: trecQueries(await read('vaswani/query-text.trec')),
    judged: judgements(await read('vaswani/qrels'), (fields) => [fields[0]!, fields[2]!, Number(fields[3])]),
  }
  const cranfield = {
    documents: smartDocuments(await read('cran/cran.all.1400')),
    queries: smartQueries(await read('cran/cran.qry')),
    // Grades run from 1, the best, to 4.
    judged: judgements(await read('cran/cranqrel'), (fields) => [
      fields[0]!,
      fields[1]!,
      Math.max(0, 5 - Number(fields[2])),
    ]),
  }
  const figures: Record<string, number> = {}
  for (const [name, set] of Object.entries({ vaswani, cranfield })) {
    const engine = await filled(set.documents)
    figures[`${name}_ndcg10`] = await ndcg(engine, set, 'never')
    figures[`${name}_expanded_ndcg10`] = await ndcg(engine, set, 'always')
    await engine.close()
  }
  Object.assign(figures, await knownItems(await read('youtube-trending/USvideos.csv')))
  return {
    figures,
    summary:
      `nDCG@10 ${figures.vaswani_ndcg10!.toFixed(3)} on Vaswani (BM25 .441 to .449, ts_rank .361), ${figures.cranfield_ndcg10!.toFixed(3)} on Cranfield ` +
      `(BM25 .510 to .526, ts_rank .430), ${figures.cranfield_expanded_ndcg10!.toFixed(3)} expanded; titles found again: MRR@10 ` +
      `${figures.titles_clean_mrr10!.toFixed(3)} clean, ${figures.titles_mistyped_mrr10!.toFixed(3)} mistyped, ${figures.titles_unfinished_mrr10!.toFixed(3)} unfinished`,
  }
}

interface Collection {
  documents: SearchDocument[]
  queries: string[]
  /** By number of the query, from 1, the gain of each document. */
  judged: Map<string, Map<string, number>>
}

async function filled(documents: SearchDocument[]): Promise<SearchEngine> {
  const engine = memoryEngine()
  await engine.rebuild(
    (async function* () {
      yield documents
    })(),
  )
  return engine
}

export function asked(text: string, changes: Partial<SearchQuery> = {}): SearchQuery {
  return {
    kind: 'video',
    text,
    filters: {},
    sort: 'relevance',
    offset: 0,
    limit: DEPTH,
    facets: false,
    explain: false,
    expand: 'never',
    nowMs: Date.UTC(2026, 0, 1),
    ...changes,
  }
}

/** Mean of nDCG at 10 over all queries that have judgements, with the grade as the gain. */
async function ndcg(
  engine: SearchEngine,
  { queries, judged }: Collection,
  expand: SearchQuery['expand'],
): Promise<number> {
  let sum = 0
  let count = 0
  for (const [index, text] of queries.entries()) {
    const gains = judged.get(String(index + 1))
    if (!gains) continue
    // A space at the end: nobody is still typing.
    const { hits } = await engine.search(asked(`${text} `, { expand }))
    const discounted = (values: number[]) =>
      values.slice(0, DEPTH).reduce((total, gain, place) => total + gain / Math.log2(place + 2), 0)
    const ideal = discounted([...gains.values()].sort((a, b) => b - a))
    if (ideal > 0) sum += discounted(hits.map(({ id }) => gains.get(id) ?? 0)) / ideal
    count++
  }
  return sum / count
}

function plainDocument(id: string, title: string, description: string): SearchDocument {
  return {
    id,
    kind: 'video',
    title,
    description,
    tags: [],
    channelId: '',
    channel: '',
    language: 'en',
    publishedMs: 0,
    durationMs: 0,
    shortSide: 0,
    views: 0,
    watchedHours: 0,
  }
}

function trecDocuments(text: string): SearchDocument[] {
  return [...text.matchAll(/<DOCNO>(\d+)<\/DOCNO>([\s\S]*?)<\/DOC>/g)].map(([, id, body]) =>
    plainDocument(id!, '', body!),
  )
}

function trecQueries(text: string): string[] {
  return [...text.matchAll(/<title>([\s\S]*?)<\/title>/g)].map(([, words]) => words!.trim())
}

function smartDocuments(text: string): SearchDocument[] {
  return text
    .split(/^\.I /m)
    .slice(1)
    .map((part) => {
      const [, id, title, body] = /^(\d+)\s*\.T\s([\s\S]*?)\.A\s[\s\S]*?\.W\s([\s\S]*)$/.exec(part)!
      // The abstract begins with the title once more.
      return plainDocument(id!, title!, body!.replace(title!, ''))
    })
}

function smartQueries(text: string): string[] {
  return text
    .split(/^\.I /m)
    .slice(1)
    .map((part) => part.slice(part.indexOf('.W') + 2).trim())
}

function judgements(
  text: string,
  read: (fields: string[]) => [query: string, document: string, gain: number],
): Map<string, Map<string, number>> {
  const judged = new Map<string, Map<string, number>>()
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (fields.length < 3) continue
    const [query, document, gain] = read(fields)
    if (!judged.has(query)) judged.set(query, new Map())
    judged.get(query)!.set(document, gain)
  }
  return judged
}

/** Titles looked up among all trending videos; of equal titles the first that comes counts as found. */
async function knownItems(csv: string): Promise<Record<string, number>> {
  const videos = new Map<string, SearchDocument>()
  for (const [id, title, channel, , tags, views] of csvRows(csv).slice(1)) {
    if (id === undefined || title === undefined || videos.has(id)) continue
    videos.set(id, {
      ...plainDocument(id, title, ''),
      channel: channel ?? '',
      channelId: channel ?? '',
      tags: tags === '[none]' ? [] : (tags ?? '').split('|'),
      views: Number(views) || 0,
    })
  }
  const engine = await filled([...videos.values()])
  const random = seeded(7)
  const all = [...videos.values()].filter(({ title }) => /[a-z]{4}/i.test(title))
  const targets = Array.from({ length: 1500 }, () => all[Math.floor(random() * all.length)]!)
  const forms = {
    titles_clean_mrr10: (title: string) => `${title} `,
    titles_mistyped_mrr10: (title: string) => `${mistype(title, random)} `,
    titles_unfinished_mrr10: (title: string) => unfinish(title),
  }
  const figures: Record<string, number> = {}
  for (const [name, form] of Object.entries(forms)) {
    let sum = 0
    for (const { title } of targets) {
      const { hits } = await engine.search(asked(form(title)))
      const place = hits.findIndex(({ id }) => videos.get(id)!.title === title)
      if (place >= 0) sum += 1 / (place + 1)
    }
    figures[name] = sum / targets.length
  }
  await engine.close()
  return figures
}

/** One random edit at one random letter: left out, doubled with another, replaced, or swapped with the next. */
function mistype(title: string, random: () => number): string {
  const letters = [...title]
  const places = letters.flatMap((letter, place) => (/\p{L}/u.test(letter) ? [place] : []))
  const place = places[Math.floor(random() * places.length)]!
  const letter = String.fromCharCode(97 + Math.floor(random() * 26))
  const edits = [[], [letters[place]!, letter], [letter], [letters[place + 1] ?? '', letters[place]!]]
  const edit = Math.floor(random() * edits.length)
  letters.splice(place, edit === 3 ? 2 : 1, ...edits[edit]!)
  return letters.join('')
}

/** The title with its last word cut to four letters. */
function unfinish(title: string): string {
  const words = title.match(/[\p{L}\p{N}'’]+/gu) ?? []
  const last = words.at(-1) ?? ''
  const at = title.lastIndexOf(last)
  return title.slice(0, at) + [...last].slice(0, 4).join('')
}

function csvRows(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [whole, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    if (whole === '') break
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

/** A small generator of random numbers (mulberry32), so that every run asks the same. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
