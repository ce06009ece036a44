/**
 * Mutants: files of the corpus with bits flipped, pieces cut out, doubled and overwritten, and sizes of boxes made absurd. Each must
 * end in a plan or in a refusal a person understands: no fault of ours, no run over its limits, nothing outside the jail.
 * Our own box parser meets ten times as many, and no fewer than ten thousand, in this process.
 *
 *   npm run bench -- mutants [COUNT] [SEED]
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { isRefusal, refusals } from '../../src/contract/refusals.ts'
import { lookAt } from '../../src/features/sources/sources.ts'
import { DEFAULT_LADDER } from '../../src/media/ladder.ts'
import { readSampleTable, topBox } from '../../src/media/mp4-table.ts'
import { judgePassThrough, rungToPassThrough } from '../../src/media/pass-through.ts'
import { planRun, spansOf } from '../../src/media/plan.ts'
import { ffmpeg } from '../support/clips.ts'
import { openPlatform } from '../support/house.ts'

const REAL = '../shared/media'
const LARGEST_BYTES = 1_500_000
const LEAST_BOX_MUTANTS = 10_000
/** Longer than any look at so small a file may take, on a busy machine. */
const SLOW_MS = 45_000

export async function run(
  args: string[] = [],
): Promise<{ figures: Record<string, number>; ok: boolean; summary: string }> {
  const count = Number(args[0] ?? 300)
  const random = seeded(Number(args[1] ?? 1))
  await using platform = await openPlatform()
  const { app } = platform
  const corpus = await files(platform.folder)
  const canary = join(platform.folder, 'canary')
  const outcomes = new Map<string, number>()
  const wrong: string[] = []
  let slowestMs = 0

  // Mutants are made one after another, so that a seed gives the same ones; as many are looked at side by side as there are processors.
  let next = 0
  const startMs = performance.now()
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      while (next < count) {
        const n = next++
        const { name, bytes } = corpus[n % corpus.length]!
        await tryMutant(name, n, mutate(bytes, random))
      }
    }),
  )
  const seconds = (performance.now() - startMs) / 1000

  async function tryMutant(name: string, n: number, mutant: Buffer): Promise<void> {
    const key = `sources/mutant/${n}`
    await app.blobs.put(key, mutant)
    const startMs = performance.now()
    const outcome = await lookAt(app, key, new AbortController().signal).then(
      (facts) => {
        const plan = planRun(facts, DEFAULT_LADDER)
        spansOf(plan, { seconds: 30 })
        return 'planned'
      },
      (thrown) => {
        if (isRefusal(thrown) && thrown.code in refusals) return thrown.code
        wrong.push(`${name} (mutant ${n}): ${thrown instanceof Error ? thrown.stack : thrown}`)
        return 'fault'
      },
    )
    const tookMs = performance.now() - startMs
    if (tookMs > SLOW_MS) wrong.push(`${name} (mutant ${n}) took ${Math.round(tookMs)} ms`)
    slowestMs = Math.max(slowestMs, tookMs)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    await app.blobs.remove(key)
    if (existsSync(canary)) wrong.push(`${name} (mutant ${n}) wrote outside the jail`)
  }

  const parsed = parseMany(
    corpus.filter(({ name }) => /mp4|mov/i.test(name)),
    Math.max(LEAST_BOX_MUTANTS, count * 10),
    random,
    wrong,
  )
  for (const line of wrong.slice(0, 20)) console.log(`WRONG ${line}`)
  const said = [...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(', ')
  return {
    figures: {
      mutants: count,
      box_mutants: parsed.count,
      box_tables_read: parsed.tables,
      mutants_per_s: Math.round((count / seconds) * 10) / 10,
      slowest_ms: Math.round(slowestMs),
      wrong: wrong.length,
    },
    ok: wrong.length === 0,
    summary: `${count} mutants of ${corpus.length} files: ${said}; ${parsed.count} through our box parser; ${wrong.length} wrong`,
  }
}

async function files(folder: string): Promise<{ name: string; bytes: Buffer }[]> {
  const made = join(folder, 'made.mp4')
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=320x180:r=25:d=3',
    '-f',
    'lavfi',
    '-i',
    'sine=d=3',
    '-c:v',
    'libx264',
    '-g',
    '25',
    '-bf',
    '3',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    made,
  )
  const real = existsSync(REAL)
    ? (await readdir(REAL)).filter((name) => !name.endsWith('.md')).map((name) => join(REAL, name))
    : []
  const small = real.filter((path) => statSync(path).size <= LARGEST_BYTES)
  return [made, ...small].map((path) => ({ name: path.split('/').at(-1)!, bytes: readFileSync(path) }))
}

/** Our own reading of boxes, on mutants of the index alone: it may find no table, but never throws, hangs or asks for the moon. */
function parseMany(corpus: { name: string; bytes: Buffer }[], count: number, random: () => number, wrong: string[]) {
  let tables = 0
  const indexes = corpus.flatMap(({ name, bytes }) => {
    const moov = topBoxes(bytes).find(({ type }) => type === 'moov')
    return moov ? [{ name, moov: bytes.subarray(moov.start, moov.end) }] : []
  })
  for (let n = 0; n < count && indexes.length > 0; n++) {
    const { name, moov } = indexes[n % indexes.length]!
    const mutant = mutate(moov, random)
    const startMs = performance.now()
    try {
      const table = readSampleTable(mutant, n % 2)
      if (table) {
        tables++
        const facts = plainFacts(table.count)
        judgePassThrough(facts, table, rungToPassThrough(facts, DEFAULT_LADDER)!)
      }
    } catch (thrown) {
      wrong.push(`${name} (box mutant ${n}): ${thrown instanceof Error ? thrown.stack : thrown}`)
    }
    if (performance.now() - startMs > 5000)
      wrong.push(`${name} (box mutant ${n}) took ${Math.round(performance.now() - startMs)} ms`)
  }
  return { count: indexes.length > 0 ? count : 0, tables }
}

function plainFacts(frames: number) {
  const rate = { num: 25, den: 1 }
  const color = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', range: 'tv' as const }
  const video = {
    ...{
      streamIndex: 0,
      codec: 'h264',
      pixelFormat: 'yuv420p',
      width: 640,
      height: 360,
      codedWidth: 640,
      codedHeight: 360,
      sar: { num: 1, den: 1 },
    },
    ...{
      rotation: 0 as const,
      flip: false,
      nominalRate: rate,
      frameRate: rate,
      variableRate: false,
      interlaced: false,
      bitDepth: 8,
    },
    ...{ hdr: 'sdr' as const, startSeconds: 0, alpha: false, color },
  }
  return {
    ...{
      container: 'mov',
      sizeBytes: 1e6,
      durationMs: frames * 40,
      durationTrusted: true,
      startSeconds: 0,
      seekable: 'index' as const,
      remux: false,
    },
    ...{ video, audio: [] },
  }
}

function topBoxes(bytes: Buffer): { type: string; start: number; end: number }[] {
  const found: { type: string; start: number; end: number }[] = []
  for (let at = 0; at + 8 <= bytes.length; ) {
    const box = topBox(bytes.subarray(at, at + 16), at, bytes.length)
    if (!box) break
    found.push({ type: box.type, start: at, end: box.end })
    at = box.end
  }
  return found
}

/** One to eight wounds of different kinds; half of them in the first and last kilobytes, where the headers are. */
function mutate(bytes: Uint8Array, random: () => number): Buffer {
  let mutant = Buffer.from(bytes)
  const at = () => {
    const whole = Math.floor(random() * mutant.length)
    if (random() < 0.5) return whole
    const near = Math.floor(random() * Math.min(4096, mutant.length))
    return random() < 0.5 ? near : mutant.length - 1 - near
  }
  for (let wounds = 1 + Math.floor(random() * 8); wounds > 0 && mutant.length > 16; wounds--) {
    const kind = Math.floor(random() * 7)
    const place = Math.max(0, at())
    const length = 1 + Math.floor(random() * Math.min(2000, mutant.length / 4))
    if (kind === 0) mutant[place] = mutant[place]! ^ (1 << Math.floor(random() * 8))
    else if (kind === 1) mutant[place] = Math.floor(random() * 256)
    else if (kind === 2) mutant.fill(random() < 0.5 ? 0 : 255, place, Math.min(mutant.length, place + 8))
    else if (kind === 3) mutant = Buffer.concat([mutant.subarray(0, place), mutant.subarray(place + length)])
    else if (kind === 4) mutant = Buffer.concat([mutant.subarray(0, place + length), mutant.subarray(place)])
    else if (kind === 5) mutant = mutant.subarray(0, Math.max(16, place))
    else if (place + 4 <= mutant.length)
      mutant.writeUInt32BE([0, 1, 7, 0x7fffffff, 0xffffffff, 0x80000000][Math.floor(random() * 6)]!, place)
  }
  return Buffer.from(mutant)
}

/** Mulberry32: the same mutants for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
