/**
 * How fast pages of suggestions are on a large platform: a million videos and ten million watches in the embedded database, one model
 * made of them by the code that the worker runs (once, where the worker makes a second one to compare), and home pages asked for by members drawn at random, nearly all of whom this process has
 * not seen before, in an open loop: a page that is late makes the next one wait, and the wait counts. Then the same through HTTP. Cards, shelves, and what the
 * database is asked are in it, and so is a learned ranking; the database works on the other core, and its files lie in memory. Beside every page a watch by somebody
 * comes in, which moves what is warm.
 *
 *   npm run bench -- recommend-speed [VIDEOS] [WATCHES] [FOLDER]
 *
 * With a folder the filled database stays there for the next run, and a model that is in it is not made anew.
 */
import { spawn } from 'node:child_process'
import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { toBytes } from '../../src/features/recommend/items/bytes.ts'
import { watchesOf } from '../../src/features/recommend/items/history.ts'
import { makeModel, withTower } from '../../src/features/recommend/items/model.ts'
import { liveOf, takeWatch } from '../../src/features/recommend/live.ts'
import { readHistory } from '../../src/features/recommend/models.ts'
import { FEATURE_COUNT, PLACE_BINS } from '../../src/features/recommend/ranker/features.ts'
import { HEAD_COUNT, newNetwork } from '../../src/features/recommend/ranker/network.ts'
import { newOnline } from '../../src/features/recommend/ranker/online.ts'
import { rankerToBytes } from '../../src/features/recommend/ranker/ranker.ts'
import { hearWatch, home, listModels, serveVersion } from '../../src/features/recommend/recommend.ts'
import { insertModel } from '../../src/features/recommend/store.ts'
import { newId } from '../../src/kit/ids.ts'
import type { App } from '../../src/platform/app.ts'
import { readConfig } from '../../src/platform/config.ts'
import type { Viewer } from '../../src/platform/http/http.ts'
import { openApp } from '../../src/platform/open.ts'
import { keepNurserySmall } from '../../src/platform/steady-memory.ts'
import { type BenchResult, quantile } from './figures.ts'
import { fillWithWatches, nameOfViewer, viewersOf, type Watched } from './generated-watches.ts'
import { onTheBeat } from './metronome.ts'
import { askPages } from './recommend-http.ts'
import { seeded } from './search-quality.ts'

const PAGES_PER_SECOND = 200
const MEASURED_S = 20
const WARMING_PAGES = 200
const WARMING_S = 3
const ALONE_PAGES = 400
const PAGE = { limit: 24 }
const MIB = 2 ** 20
const TOWER_FROM = 3000

export async function run([videos = '1000000', watches = '10000000', kept]: string[]): Promise<BenchResult> {
  const sizes = { videos: Number(videos), watches: Number(watches) }
  // As the program does it.
  keepNurserySmall()
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'vitascope-bench-')))
  try {
    if (!existsSync(join(folder, 'filled'))) {
      const startMs = performance.now()
      await fillWithWatches(folder, sizes)
      await writeFile(join(folder, 'filled'), '')
      console.log(`filled in ${Math.round((performance.now() - startMs) / 1000)} s`)
    }
    const app = await openApp(readConfig({ 'data.folder': folder, 'log.level': 'error', 'http.trust_proxy': true }, {}))
    try {
      return await measure(app, folder, sizes)
    } finally {
      await app.close()
    }
  } finally {
    if (!kept) await rm(folder, { recursive: true, force: true })
  }
}

async function measure(app: App, folder: string, sizes: Watched): Promise<BenchResult> {
  const random = seeded(11)
  const someone = () => memberNamed(nameOfViewer(1 + Math.floor(random() * viewersOf(sizes))))
  const trained = (await listModels(app, 1)).length > 0 ? undefined : await train(folder)
  await serveRanker(app, random)
  await readThrough(folder)
  const openMs = performance.now()
  await home(app, someone(), PAGE, 'en')
  const openSeconds = (performance.now() - openMs) / 1000
  await oneByOne(app, someone, WARMING_PAGES)
  const alone = await oneByOne(app, someone, ALONE_PAGES)
  const { cpuMs: yardstickMs, unrest } = yardstick()
  // Connections to the database are opened as they are needed, and a new one knows no plan yet.
  await pages(app, someone, sizes, WARMING_S)
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  const { times, failed } = await pages(app, someone, sizes, MEASURED_S)
  loop.disable()
  // Of what makes pages, not of who asks.
  const rssMib = process.memoryUsage().rss / MIB
  const asked = await askPages(app, () => someone().accountId!, {
    perSecond: PAGES_PER_SECOND,
    seconds: MEASURED_S,
    limit: PAGE.limit,
  })
  const { reactionMs, differs } = await react(app, someone())
  const heardPerSecond = await hear(app, someone, sizes)
  const takenPerSecond = await take(app, random, sizes)
  const figures = {
    videos: sizes.videos,
    page_p50_ms: quantile(times, 0.5),
    page_p99_ms: quantile(times, 0.99),
    page_most_ms: Math.max(...times),
    pages_failed: failed,
    page_alone_p50_ms: quantile(alone.times, 0.5),
    page_alone_p99_ms: quantile(alone.times, 0.99),
    page_cpu_ms: alone.cpuMs,
    yardstick_ms: yardstickMs,
    yardstick_p99_to_p50: unrest,
    page_cpu_to_yardstick: alone.cpuMs / yardstickMs,
    http_server_p50_ms: quantile(asked.serverTimes, 0.5),
    http_server_p99_ms: quantile(asked.serverTimes, 0.99),
    http_p50_ms: quantile(asked.times, 0.5),
    http_p99_ms: quantile(asked.times, 0.99),
    http_most_ms: Math.max(...asked.times),
    http_cpu_ms: asked.cpuMs,
    http_kib: asked.bytes / 1024,
    http_failed: asked.failed,
    loop_p99_ms: loop.percentile(99) / 1e6,
    reaction_ms: reactionMs,
    page_differs: Number(differs),
    heard_per_s: heardPerSecond,
    taken_per_s: takenPerSecond,
    opening_s: openSeconds,
    ...(trained ? { training_s: trained.seconds, training_mib: trained.mib } : {}),
    rss_mib: rssMib,
  }
  return {
    figures,
    summary:
      `${sizes.videos} videos, ${sizes.watches} watches: a home page in ${figures.page_p50_ms.toFixed(1)} ms p50, ${figures.page_p99_ms.toFixed(1)} ms p99 ` +
      `at ${PAGES_PER_SECOND}/s (${figures.page_cpu_ms.toFixed(1)} ms of one core each), through HTTP ${figures.http_server_p50_ms.toFixed(1)} and ${figures.http_server_p99_ms.toFixed(1)} ms in the server, another page ${reactionMs.toFixed(1)} ms after a watch, ` +
      `${Math.round(heardPerSecond)} watches/s heard and kept, ${Math.round(takenPerSecond)} taken in, ${figures.rss_mib.toFixed(0)} MiB`,
  }
}

/** Reads the files of the database once, so that they lie in memory as they do where a platform has been running for a while. */
async function readThrough(folder: string): Promise<void> {
  for (const it of await readdir(join(folder, 'database', 'cluster'), { recursive: true, withFileTypes: true }))
    if (it.isFile()) for await (const _ of createReadStream(join(it.parentPath, it.name), { highWaterMark: MIB }));
}

/**
 * A fixed piece of work, sorting a hundred thousand numbers, two hundred times, since machines differ, and so do the hours of one: its
 * processor time in the mean, and how much longer than half of them one of a hundred takes, where nothing of ours stands in its way.
 */
function yardstick(): { cpuMs: number; unrest: number } {
  const random = seeded(5)
  const numbers = Float64Array.from({ length: 100_000 }, random)
  const copies = Array.from({ length: 200 }, () => numbers.slice())
  const before = process.threadCpuUsage()
  const times = copies.map((copy) => {
    const startMs = performance.now()
    copy.sort()
    return performance.now() - startMs
  })
  const { user, system } = process.threadCpuUsage(before)
  return { cpuMs: (user + system) / 1000 / copies.length, unrest: quantile(times, 0.99) / quantile(times, 0.5) }
}

function memberNamed(accountId: string): Viewer {
  return { accountId, role: 'member', addressPrefix: '', viewerKey: '' }
}

/** In a process of its own, as the worker has; the most memory it took, where the system tells. */
async function train(folder: string): Promise<{ seconds: number; mib: number }> {
  const startMs = performance.now()
  const child = spawn(process.execPath, [import.meta.filename, folder], { stdio: 'inherit' })
  let mib = 0
  const looking = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
    mib = Math.max(mib, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
  }, 500)
  const code = await new Promise((resolve) => child.once('exit', resolve))
  clearInterval(looking)
  if (code !== 0) throw new Error(`training ended with ${code}`)
  return { seconds: (performance.now() - startMs) / 1000, mib }
}

/** Makes a model of everything and serves it. Its tower is learned from some viewers only: it takes a page the same time. */
async function makeAndServe(folder: string): Promise<void> {
  const app = await openApp(readConfig({ 'data.folder': folder, 'log.level': 'error' }, {}), { join: true })
  try {
    const startMs = performance.now()
    const said = (what: string) => console.log(`${what} after ${Math.round((performance.now() - startMs) / 1000)} s`)
    const history = await readHistory(app)
    said('read')
    const watches = watchesOf(history, app.clock.nowMs())
    const plain = makeModel(history.videoIds, watches)
    said('made')
    const some = { ...watches, offsets: watches.offsets.subarray(0, TOWER_FROM + 1) }
    const version = newId()
    const blobKey = `recommend/${version}`
    await app.blobs.put(blobKey, toBytes(withTower(plain, history.videoIds, some)))
    const figures = { watches: watches.items.length }
    await insertModel(app, { version, kind: 'items', made_at: app.clock.now(), blob_key: blobKey, figures })
    await serveVersion(app, version)
    said('served')
  } finally {
    await app.close()
  }
}

/** A ranking whose order is of no use and costs what a useful one costs. */
async function serveRanker(app: App, random: () => number): Promise<void> {
  const count = 500
  const network = newNetwork({
    count,
    width: FEATURE_COUNT,
    features: Float32Array.from({ length: count * FEATURE_COUNT }, random),
    bins: new Uint8Array(count),
    binCount: PLACE_BINS,
    answers: Uint8Array.from({ length: count * HEAD_COUNT }, () => Number(random() < 0.1)),
    minutes: new Float32Array(count).fill(3),
  })
  const version = newId()
  const blobKey = `recommend/${version}`
  await app.blobs.put(blobKey, rankerToBytes({ network, online: newOnline(), trust: 0.5 }))
  await insertModel(app, { version, kind: 'ranker', made_at: app.clock.now(), blob_key: blobKey, figures: {} })
  await serveVersion(app, version)
}

/** Times from when each page was due until it was there. */
async function pages(
  app: App,
  someone: () => Viewer,
  sizes: Watched,
  seconds: number,
): Promise<{ times: number[]; failed: number }> {
  const live = await liveOf(app)
  const times: number[] = []
  let failed = 0
  const waiting: Promise<void>[] = []
  const everyMs = 1000 / PAGES_PER_SECOND
  const startMs = performance.now() + 500
  const page = (number: number) => {
    const dueMs = startMs + number * everyMs
    const watched = `v${String((number * 7919) % sizes.videos).padStart(11, '0')}`
    takeWatch(live, `account:${someone().accountId}`, watched, 1, app.clock.nowMs())
    waiting.push(
      home(app, someone(), PAGE, 'en').then(
        () => void times.push(performance.now() - dueMs),
        () => void failed++,
      ),
    )
  }
  await onTheBeat({ startMs, everyMs, count: seconds * PAGES_PER_SECOND }, page)
  await Promise.all(waiting)
  return { times, failed }
}

/** Pages one after the other, with the processor time of this thread, which does not go by what else the machine does. */
async function oneByOne(app: App, someone: () => Viewer, count: number): Promise<{ times: number[]; cpuMs: number }> {
  const times: number[] = []
  const before = process.threadCpuUsage()
  for (let page = 0; page < count; page++) {
    const startMs = performance.now()
    await home(app, someone(), PAGE, 'en')
    times.push(performance.now() - startMs)
  }
  const { user, system } = process.threadCpuUsage(before)
  return { times, cpuMs: (user + system) / 1000 / count }
}

/** A watch of what stands first, as a player reports it, and the page after it. */
async function react(app: App, viewer: Viewer): Promise<{ reactionMs: number; differs: boolean }> {
  const before = (await home(app, viewer, PAGE, 'en')).items.map((it) => it.video.id)
  const startMs = performance.now()
  await hearWatch(app, watchOf(viewer, before[0]!))
  const after = (await home(app, viewer, PAGE, 'en')).items.map((it) => it.video.id)
  return {
    reactionMs: performance.now() - startMs,
    differs: after.join() !== before.join() && !after.includes(before[0]!),
  }
}

function watchOf({ accountId }: Viewer, videoId: string) {
  return { viewer: `account:${accountId}`, videoId, watchedMs: 300_000, durationMs: 600_000 }
}

/** Watches a second that are heard, some at once, with what the database keeps of them and the word to all processes. */
async function hear(app: App, someone: () => Viewer, { videos }: Watched): Promise<number> {
  const count = 4000
  let next = 0
  const startMs = performance.now()
  const hearing = async () => {
    while (next < count) {
      const number = (next++ * 7919) % videos
      await hearWatch(app, watchOf(someone(), `v${String(number).padStart(11, '0')}`))
    }
  }
  await Promise.all(Array.from({ length: 16 }, hearing))
  return count / ((performance.now() - startMs) / 1000)
}

/** The same in memory alone: what a process takes in of what all others hear. */
async function take(app: App, random: () => number, sizes: Watched): Promise<number> {
  const live = await liveOf(app)
  const count = 200_000
  const viewers = viewersOf(sizes)
  const startMs = performance.now()
  for (let done = 0; done < count; done++) {
    const viewer = `account:${nameOfViewer(1 + Math.floor(random() * viewers))}`
    const number = Math.floor(random() ** 6.25 * sizes.videos)
    takeWatch(live, viewer, `v${String(number).padStart(11, '0')}`, 1, app.clock.nowMs())
  }
  return count / ((performance.now() - startMs) / 1000)
}

if (process.argv[1] === import.meta.filename) await makeAndServe(process.argv[2]!)
