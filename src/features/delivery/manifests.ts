/** Playlists and manifests, written from a run's plan and from what has come beside it since: texts, storyboard, trick play. */
import { createHash } from 'node:crypto'
import { refuse } from '../../contract/refusals.ts'
import { Lru } from '../../kit/lru.ts'
import { dashManifest } from '../../media/dash.ts'
import { type Extras, NO_EXTRAS } from '../../media/extras.ts'
import { type Measured, mediaPlaylist, multivariantPlaylist, textPlaylist, trickPlaylist } from '../../media/hls.ts'
import { offered, type RunPlan, renditionsOf, withCeilings } from '../../media/plan.ts'
import { type Storyboard, storyboardPlaylist, storyboardVtt } from '../../media/storyboard.ts'
import { TRICK_ID, type TrickPlay } from '../../media/trick-play.ts'
import type { App } from '../../platform/app.ts'
import type { WrittenFile } from './rules.ts'
import * as store from './store.ts'

const PLAN_BYTES = 4 * 1024 * 1024
/** Manifests grow as renditions are measured and extras are made; this old they are written anew. */
const MANIFEST_LIFE_MS = 30_000

export interface Written {
  text: string
  /** Folders that it names, or would, of which not everything is made yet. */
  unmade?: readonly string[]
  etag: string
}

interface Memory {
  plans: Lru<RunPlan>
  extras: Lru<Extras>
  written: Lru<Written>
}

const memories = new WeakMap<object, Memory>()

function memoryOf(app: App): Memory {
  const known = memories.get(app.blobs)
  if (known) return known
  const nowMs = () => app.clock.nowMs()
  const memory = {
    plans: new Lru<RunPlan>(500, nowMs),
    extras: new Lru<Extras>(500, nowMs),
    written: new Lru<Written>(5_000, nowMs),
  }
  memories.set(app.blobs, memory)
  app.bus.hearShouts('manifests', (runId) => {
    memory.plans.delete(runId)
    memory.extras.delete(runId)
    for (const name of ['multivariant', 'dash']) memory.written.delete(`${runId}/${name}`)
  })
  return memory
}

/** The folder of a run's files, as key and as public path without the leading slash. */
export function runFolder(videoId: string, runId: string): string {
  return `videos/${videoId}/${runId}`
}

/** The blob that holds all pictures of trick play. */
export function trickKey(videoId: string, runId: string): string {
  return `${runFolder(videoId, runId)}/${TRICK_ID}/frames.m4s`
}

/** Tells every origin, at commit, that something was added to or taken from what a run's manifests name, or that the run is gone. */
export async function forgetManifests(app: App, runId: string): Promise<void> {
  await app.bus.shout('manifests', runId)
}

/** The plan of a run, from its blob. Refuses when there is none. */
export async function planOf(app: App, videoId: string, runId: string): Promise<RunPlan> {
  const { plans } = memoryOf(app)
  const known = plans.get(runId)
  if (known) return known
  const plan = await readJson<RunPlan>(app, `${runFolder(videoId, runId)}/plan.json`)
  if (!plan) refuse('media_not_found')
  plans.set(runId, plan)
  return plan
}

/** Texts, storyboard and trick play of a run, as far as there are any. Without the database there are no texts. */
export async function extrasOf(app: App, videoId: string, runId: string): Promise<Extras> {
  const { extras } = memoryOf(app)
  const known = extras.get(runId)
  if (known) return known
  const folder = runFolder(videoId, runId)
  const [texts, storyboard, trick] = await Promise.all([
    store.loadTexts(app, videoId).catch(() => NO_EXTRAS.texts),
    readJson<Storyboard>(app, `${folder}/storyboard/index.json`),
    readJson<TrickPlay>(app, `${folder}/${TRICK_ID}/index.json`),
  ])
  const found: Extras = { texts, ...(storyboard ? { storyboard } : {}), ...(trick ? { trick } : {}) }
  extras.set(runId, found, { lifeMs: MANIFEST_LIFE_MS })
  return found
}

/** One playlist or manifest. Refuses media_not_found for what the run has not got. */
export async function written(app: App, videoId: string, runId: string, file: WrittenFile): Promise<Written> {
  const memory = memoryOf(app)
  const name = `${runId}/${nameOf(file)}`
  const known = memory.written.get(name)
  if (known) return known
  const { text, unmade = [] } = await write(app, videoId, runId, file)
  const fresh = { text, unmade, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` }
  const grows = file.kind === 'multivariant' || file.kind === 'dash'
  memory.written.set(name, fresh, grows ? { lifeMs: MANIFEST_LIFE_MS } : {})
  return fresh
}

function nameOf(file: WrittenFile): string {
  if (file.kind === 'playlist') return `playlist ${file.rendition}`
  if (file.kind === 'sheets') return `sheets ${file.form}`
  return file.kind === 'texts' ? `texts ${file.id}` : file.kind
}

async function write(
  app: App,
  videoId: string,
  runId: string,
  file: WrittenFile,
): Promise<{ text: string; unmade?: readonly string[] }> {
  if (file.kind !== 'multivariant' && file.kind !== 'dash') return { text: await writeList(app, videoId, runId, file) }
  const plan = await planOf(app, videoId, runId)
  const extras = await extrasOf(app, videoId, runId)
  const { measured, out, ceilings } = await outcomesOf(app, videoId, runId)
  const isMade = (rendition: string) => rendition in measured
  const shown = offered(withCeilings(plan, ceilings), { isMade, isOut: (rendition) => out.has(rendition) })
  const unmade = [...shown.video, ...shown.audio].flatMap(({ id }) => (isMade(id) ? [] : [id]))
  const waits = shown.video.length > 0 && !extras.trick
  if (waits && !(await store.haveStillsFailed(app, videoId, runId).catch(() => false))) unmade.push(TRICK_ID)
  const text =
    file.kind === 'multivariant' ? multivariantPlaylist(shown, measured, extras) : dashManifest(shown, measured, extras)
  return { text, unmade }
}

async function writeList(
  app: App,
  videoId: string,
  runId: string,
  file: Exclude<WrittenFile, { kind: 'multivariant' | 'dash' }>,
): Promise<string> {
  const plan = await planOf(app, videoId, runId)
  if (file.kind === 'playlist' && file.rendition !== TRICK_ID) {
    if (!renditionsOf(plan).some(({ id }) => id === file.rendition)) refuse('media_not_found')
    return mediaPlaylist(plan, file.rendition)
  }
  const extras = await extrasOf(app, videoId, runId)
  if (file.kind === 'playlist') return trickPlaylist(plan, extras.trick ?? refuse('media_not_found'))
  if (file.kind === 'sheets') {
    const board = extras.storyboard ?? refuse('media_not_found')
    return file.form === 'vtt' ? storyboardVtt(plan, board) : storyboardPlaylist(plan, board)
  }
  if (!extras.texts.some(({ id }) => id === file.id)) refuse('media_not_found')
  return textPlaylist(plan, file.id)
}

/** What has come of a run's renditions. Without the database nothing is known, and the plan is offered as it is. */
async function outcomesOf(
  app: App,
  videoId: string,
  runId: string,
): Promise<{ measured: Measured; out: ReadonlySet<string>; ceilings: Record<string, number> }> {
  const rows = await store.loadOutcomes(app, videoId, runId).catch(() => [])
  const measured = rows
    .filter(({ state }) => state === 'made')
    .map((row) => ({
      rendition: row.rendition,
      averageBitsPerSecond: row.bits_per_second,
      peakBitsPerSecond: row.peak_bits_per_second ?? row.bits_per_second,
    }))
  return {
    measured: Object.fromEntries(measured.map(({ rendition, ...rates }) => [rendition, rates])),
    out: new Set(
      rows.filter(({ state }) => state === 'failed' || state === 'left_out').map(({ rendition }) => rendition),
    ),
    // What was complete once and is made on request again keeps the peak it had.
    ceilings: Object.fromEntries(
      rows
        .filter(({ state }) => state === 'making' || state === 'lazy')
        .map((row) => [row.rendition, row.peak_bits_per_second ?? row.bits_per_second]),
    ),
  }
}

async function readJson<T>(app: App, key: string): Promise<T | undefined> {
  const bytes = await app.blobs.read(key, PLAN_BYTES)
  return bytes && (JSON.parse(bytes.toString()) as T)
}
