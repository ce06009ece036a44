/**
 * The way in of beacons: reports of many requests are gathered while the write before is under way and written together, as
 * one row of packed lines for each shard, and only then acknowledged (group commit). An idle server writes at once; a busy one writes
 * larger batches, not more of them.
 */
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { refuse } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import { metric } from '../../platform/meter.ts'
import { watchForFlood } from '../../platform/steady-memory.ts'
import { type Measured, type Report, type ReportedQuality, type Shown, shardOf, type Unpacked } from './rules.ts'
import * as store from './store.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Reports that may wait for the disk in one process; who comes then is asked to come again. */
const MOST_WAITING = 50_000
/** Reports in one commit. */
const MOST_IN_BATCH = 5_000
/**
 * Commits under way at the same time: while one waits for the disk the next is packed. A second one begins only when it is
 * worth its price, for a commit of many reports costs little more than one of few.
 */
const MOST_COMMITS = 3
const WORTH_A_COMMIT = 400
/** As many reports within a second are a flood, for which memory is kept in another way. */
const FLOOD_PER_SECOND = 1000
/** A shorter text is packed at once: handing it to another thread would take longer. */
const PACKED_AT_ONCE = 96 * 1024
const UNPACKED_AT_ONCE = 16 * 1024
/** A row never unpacks to more. */
const MOST_BYTES = 64 * 1024 * 1024
/** The cheapest level: reports are alike, and even it makes a fifth of them. */
const PACKING = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/** Short texts: the tables for a usual window would take longer to clear than the text to pack. */
const SHORT = 16 * 1024
const SHORT_PACKING = { params: { ...PACKING.params, [constants.ZSTD_c_windowLog]: 14 } }

const reportsTaken = metric({
  kind: 'counter',
  name: 'beacons_taken_total',
  says: 'Reports of players and pages that are on the disk and acknowledged.',
  labels: [],
})
const commitSeconds = metric({
  kind: 'histogram',
  name: 'beacons_commit_seconds',
  says: 'Time of one group commit of reports.',
  labels: [],
  buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
})
const commitBytes = metric({
  kind: 'counter',
  name: 'beacons_log_bytes_total',
  says: 'Packed bytes of reports written to the log.',
  labels: [],
})

/** A line of the log, and the shard of the log it belongs to. */
export interface Line {
  text: string
  shard: number
}

interface Waiting {
  lines: Line[]
  resolve(): void
  reject(error: unknown): void
}

interface Gate {
  waiting: Waiting[]
  /** Lines that wait or are being written, and those that only wait. */
  lines: number
  unwritten: number
  commits: number
  noteLines(count: number): void
}

const gates = new WeakMap<object, Gate>()

function gateOf(app: App): Gate {
  const known = gates.get(app.blobs)
  if (known) return known
  const gate: Gate = { waiting: [], lines: 0, unwritten: 0, commits: 0, noteLines: watchForFlood(FLOOD_PER_SECOND) }
  gates.set(app.blobs, gate)
  return gate
}

/**
 * Resolves when these lines are on the disk. Refuses too_many while the disk is far behind, and not_available_now when
 * the database could not be reached: then nothing is known of them, and sending them again does no harm.
 */
export function append(app: App, lines: Line[]): Promise<void> {
  const gate = gateOf(app)
  if (gate.lines + lines.length > MOST_WAITING) return refuse('too_many', 'the log is behind', { 'retry-after': '2' })
  return new Promise((resolve, reject) => {
    gate.waiting.push({ lines, resolve, reject })
    gate.lines += lines.length
    gate.unwritten += lines.length
    gate.noteLines(lines.length)
    if (!isWorthCommit(gate)) return
    gate.commits++
    // Those that came in the same turn of the loop go together.
    setImmediate(() => void drain(app, gate))
  })
}

function isWorthCommit(gate: Gate): boolean {
  if (gate.commits === 0) return true
  return gate.commits < MOST_COMMITS && gate.unwritten >= WORTH_A_COMMIT * gate.commits
}

async function drain(app: App, gate: Gate): Promise<void> {
  while (gate.waiting.length > 0) {
    const batch = takeBatch(gate)
    const lines = batch.flatMap((it) => it.lines)
    gate.unwritten -= lines.length
    try {
      await write(app, lines)
      for (const { resolve } of batch) resolve()
    } catch (error) {
      app.log.error({ error: String(error), reports: lines.length }, 'reports not written')
      for (const { reject } of batch) reject(notNow())
    }
    gate.lines -= lines.length
    // What is left is not worth two commits at a time.
    if (gate.commits > 1 && gate.unwritten < WORTH_A_COMMIT) break
  }
  gate.commits--
}

function notNow(): unknown {
  try {
    return refuse('not_available_now')
  } catch (refusal) {
    return refusal
  }
}

function takeBatch(gate: Gate): Waiting[] {
  let size = 0
  let count = 0
  while (count < gate.waiting.length && (count === 0 || size + gate.waiting[count]!.lines.length <= MOST_IN_BATCH)) {
    size += gate.waiting[count]!.lines.length
    count++
  }
  const batch = gate.waiting.slice(0, count)
  gate.waiting = gate.waiting.slice(count)
  return batch
}

async function write(app: App, lines: Line[]): Promise<void> {
  const startMs = performance.now()
  const shards = Map.groupBy(lines, ({ shard }) => shard)
  const rows = await Promise.all(
    [...shards].map(async ([shard, here]) => ({ shard, reports: here.length, body: await pack(here) })),
  )
  await store.appendBatches(app, app.clock.now(), rows)
  app.meter.observe(commitSeconds, {}, (performance.now() - startMs) / 1000)
  for (const { body } of rows) app.meter.count(commitBytes, {}, body.length)
  app.meter.count(reportsTaken, {}, lines.length)
}

function pack(lines: Line[]): Buffer | Promise<Buffer> {
  const text = lines.map((line) => line.text).join('\n')
  if (text.length < SHORT) return zstdCompressSync(text, SHORT_PACKING)
  return text.length < PACKED_AT_ONCE ? zstdCompressSync(text, PACKING) : compress(text, PACKING)
}

/** A report as one line: an array, since names would be most of it. The first letter says what kind of line it is. */
export function reportLine(it: Report): Line {
  const { quality: q } = it
  const quality = q && [
    q.startupMs ?? -1,
    q.stalls,
    q.stalledMs,
    q.switches,
    q.errors,
    q.bitsPerSecond,
    q.height,
    q.network,
  ]
  const place = [it.country, it.device, it.source, it.detail]
  const times = [it.atMs, it.atMs - it.issuedMs, it.durationMs, it.watchedMs, it.ended ? 1 : 0]
  const parts = ['p', it.videoId, it.session, it.viewer, it.sequence, times, it.sections, place, quality ?? 0]
  return { text: JSON.stringify(parts), shard: shardOf(it.session) }
}

export function shownLine(it: Shown): Line {
  return { text: JSON.stringify(['i', it.session, it.sequence, it.atMs, it.shown]), shard: shardOf(it.session) }
}

export function measuredLine(it: Measured): Line {
  const parts = ['q', it.atMs, it.videoId, it.country, it.device, it.quantity, it.step, it.count]
  return { text: JSON.stringify(parts), shard: shardOf(it.videoId) }
}

/** Reads a row of the log. Throws when it is none: only `append` writes them, so that is a fault. */
export async function unpack(body: Buffer): Promise<Unpacked> {
  const bounds = { maxOutputLength: MOST_BYTES }
  const bytes = body.length < UNPACKED_AT_ONCE ? zstdDecompressSync(body, bounds) : await decompress(body, bounds)
  const text = bytes.toString()
  const unpacked: Unpacked = { reports: [], shown: [], measured: [] }
  // One parse of one array is several times as fast as one of each line.
  for (const line of JSON.parse(`[${text.replaceAll('\n', ',')}]`) as unknown[][]) {
    if (line[0] === 'p') unpacked.reports.push(readLine(line as PlaybackLine))
    else if (line[0] === 'q') unpacked.measured.push(readMeasured(line as MeasuredLine))
    else {
      const [, session, sequence, atMs, shown] = line as ['i', string, number, number, [string, string][]]
      unpacked.shown.push({ session, sequence, atMs, shown })
    }
  }
  return unpacked
}

/** The same row with another word where a viewer stood; undefined when the viewer is not in it. */
export async function withoutViewer(body: Buffer, viewerKey: string): Promise<Buffer | undefined> {
  const text = (await decompress(body, { maxOutputLength: MOST_BYTES })).toString()
  // A key is seventeen letters that stand for nothing else, so text is enough.
  if (!text.includes(`"${viewerKey}"`)) return undefined
  return compress(
    text.replaceAll(`"${viewerKey}"`, () => `"s${newId(16)}"`),
    PACKING,
  )
}

type MeasuredLine = ['q', number, string, string, Measured['device'], string, number, number]

function readMeasured([, atMs, videoId, country, device, quantity, step, count]: MeasuredLine): Measured {
  return { atMs, videoId, country, device, quantity, step, count }
}

type PlaybackLine = [
  'p',
  videoId: string,
  session: string,
  viewer: string,
  sequence: number,
  times: [atMs: number, ageMs: number, durationMs: number, watchedMs: number, ended: 0 | 1],
  sections: number[],
  place: [country: string, device: Report['device'], source: Report['source'], detail: string],
  quality: 0 | [number, number, number, number, number, number, number, string],
]

function readLine([, videoId, session, viewer, sequence, times, sections, place, quality]: PlaybackLine): Report {
  const [atMs, ageMs, durationMs, watchedMs, ended] = times
  const [country, device, source, detail] = place
  const who = { videoId, session, viewer, sequence, country, device, source, detail }
  return {
    ...who,
    atMs,
    issuedMs: atMs - ageMs,
    durationMs,
    watchedMs,
    ended: ended === 1,
    sections,
    quality: readQuality(quality),
  }
}

function readQuality(line: PlaybackLine[8]): ReportedQuality | undefined {
  if (line === 0) return undefined
  const [startupMs, stalls, stalledMs, switches, errors, bitsPerSecond, height, network] = line
  return {
    startupMs: startupMs < 0 ? undefined : startupMs,
    stalls,
    stalledMs,
    switches,
    errors,
    bitsPerSecond,
    height,
    network,
  }
}
