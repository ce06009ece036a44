/**
 * Early: a video begins to be made while its file is still arriving. As soon as the index and the head of an MP4 are there, or the
 * head and some seconds of a Matroska file, it is probed and planned, then every span is made whose bytes have come, and the sounds once enough has been heard of them. When the
 * file is complete, and still is what the plan was made from, the run is the video's; otherwise it goes as if it had never been.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { isRefusal } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import { sleep } from '../../kit/retry.ts'
import { joined, type Stretch, within } from '../../kit/stretches.ts'
import { arrivals, headArrived, segmentsArrived, type Tracks } from '../../media/arrival.ts'
import type { TextFacts } from '../../media/facts.ts'
import { isHeard, windowsArrived } from '../../media/loudness.ts'
import { readTrackLayout } from '../../media/mp4-table.ts'
import { planRun, type RunPlan, type Span, spansOf } from '../../media/plan.ts'
import { stretchesArrived } from '../../media/trials.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { runFolder } from '../delivery/delivery.ts'
import { retireRun } from '../renewal/renewal.ts'
import { cutsAreClean, findPassThrough, makeSegments, mayBeCopied, type Work } from '../segments/segments.ts'
import {
  findIndex,
  listen,
  lookAt,
  passSound,
  reachOf,
  readSource,
  sourceBytes,
  stagedSource,
} from '../sources/sources.ts'
import { tuneLadder, whyUntuned } from '../tuning/tuning.ts'
import { policyOf } from './plan.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'
import { thumbnailAlong } from './thumbnail.ts'
import { beginEarly, encodeSpan } from './transcode.ts'

/** Files of one account that are begun early at a time: bytes that never become a file must not keep the encoders busy. */
const MOST_OF_AN_ACCOUNT = 4
/** A worker that dies in the middle of a file that was taken back may leave a segment behind after it was swept. */
const SECOND_SWEEP_MS = 10 * 60_000

/** How long a complete file waits for what is being made of its beginning. */
const PATIENCE_MS = 4000
const LOOK_EVERY_MS = 20

/** What probing reads of a file whose clusters come one after another, and more than that. */
const LINEAR_HEAD_SECONDS = 12
/** In such a file neighbours lie interleaved, and frames are decoded before they are shown. */
const LINEAR_MARGIN_SECONDS = 3

interface Arriving {
  videoId: string
  stagingKey: string
}

/** Does what can be done with what has come by now. Asked for again with every few MiB, so it leaves what can't be done yet. */
export async function runEarly(app: App, arriving: Arriving, { signal }: JobContext): Promise<void> {
  try {
    await doWhatCan(app, arriving, signal)
  } catch (error) {
    // The last byte came meanwhile and the file is in its place, or on its way there: what is left is done the ordinary way.
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (isGone && (await sourceBytes(app, stagedSource(arriving.stagingKey))) === undefined) return
    throw error
  }
}

async function doWhatCan(app: App, { videoId, stagingKey }: Arriving, signal: AbortSignal): Promise<void> {
  const video = await store.loadSource(app, videoId)
  const staged = await store.loadStaged(app, videoId, stagingKey)
  if (video?.state !== 'uploading' || !staged) return
  const early = await begin(app, videoId, stagingKey, staged.totalBytes)
  if (!early || early.state === 'unfit' || early.state === 'adopting') return
  const has = joined(staged.stretches)
  const moov = await readIndex(app, stagedSource(stagingKey), early, has)
  if (moov === 'not here yet') return
  if (moov === undefined) return store.markUnfit(app, videoId, early.run_id)

  // Whoever gives one of these uploads up takes the run with it: said before their bytes are used.
  const relied = staged.stretches.map((it) => it.uploadId)
  await store.noteAsked(app, videoId, early.run_id, relied, [])
  if (early.state === 'waiting') {
    const planned = await plan(app, early, moov, has, video.eager_short_side, signal)
    if (planned === 'not here yet') return
    if (planned === 'unfit') return store.markUnfit(app, videoId, early.run_id)
  }
  await goOn(app, early, moov, has, signal)
}

/** The early run of this file; one of another file that was to become the video goes. */
async function begin(app: App, videoId: string, stagingKey: string, totalBytes: number) {
  const known = await store.loadEarly(app, videoId)
  if (known && (known.staging_key !== stagingKey || known.total_bytes !== totalBytes)) await forgetEarly(app, videoId)
  else if (known) return known
  if ((await store.countOthers(app, videoId)) >= MOST_OF_AN_ACCOUNT) return undefined
  await store.insertEarly(app, { videoId, stagingKey, runId: newId(), totalBytes })
  return store.loadEarly(app, videoId)
}

/** What a plan is made from: the index of an MP4, or the head of a Matroska file and the time up to which that has come. */
interface Index extends Stretch {
  bytes: Buffer
  sha256: string
  reachedSeconds?: number
}

async function readIndex(
  app: App,
  sourceKey: string,
  early: store.EarlyRow,
  has: readonly Stretch[],
): Promise<Index | 'not here yet' | undefined> {
  const arrived = (from: number, to: number) => within(has, from, to)
  const found = await findIndex(app, sourceKey, early.total_bytes, arrived)
  if (found === 'not here yet') return found
  const reach = found ? undefined : await reachOf(app, { key: sourceKey, runId: early.run_id }, beginningOf(has))
  if (reach === 'not here yet') return reach
  const { from, to } = found ?? { from: 0, to: reach?.headEnd ?? 0 }
  if (to === 0) return undefined
  const bytes = await readSource(app, sourceKey, from, to)
  return { from, to, bytes, sha256: createHash('sha256').update(bytes).digest('hex'), ...reach }
}

/** How many bytes are there from the first one on. */
const beginningOf = ([first]: readonly Stretch[]): number => (first?.from === 0 ? first.to : 0)

/** Probes and plans, once the head of every track is here. What can't be begun early is left to the ordinary way, which says why. */
async function plan(
  app: App,
  early: store.EarlyRow,
  index: Index,
  has: readonly Stretch[],
  eagerShortSide: number | null,
  signal: AbortSignal,
): Promise<'planned' | 'not here yet' | 'unfit'> {
  const { video_id: videoId, run_id: runId, staging_key: stagingKey, total_bytes: totalBytes } = early
  const isLinear = index.reachedSeconds !== undefined
  const first = [0, 1].flatMap((track) => readTrackLayout(index.bytes, track) ?? [])
  if (!first[0] && !isLinear) return 'unfit'
  if (first[0] && !headArrived({ startSeconds: 0 }, { picture: first[0], sounds: first.slice(1) }, has))
    return 'not here yet'
  if (isLinear && index.reachedSeconds! < LINEAR_HEAD_SECONDS) return 'not here yet'

  const sourceKey = stagedSource(stagingKey)
  const facts = await lookAt(app, sourceKey, signal, totalBytes).catch((thrown) => {
    if (!isRefusal(thrown)) throw thrown
    return undefined
  })
  const container = isLinear ? 'matroska' : 'mov'
  if (!facts?.video || facts.container !== container || !facts.durationTrusted || facts.remux) return 'unfit'
  if (facts.durationMs > app.config['transcode.max_duration_hours'] * 3_600_000) return 'unfit'
  const policy = await policyOf(app, eagerShortSide)
  if (isLinear && mayBeCopied(app, facts, policy)) return 'unfit'
  const arrived = (from: number, to: number) => within(has, from, to)
  const pass = app.config['transcode.pass_through']
    ? await findPassThrough(app, { videoId, runId }, facts, sourceKey, policy, signal, arrived)
    : undefined
  const planned = await withSound(app, planRun(facts, policy, pass), early, signal)
  const untuned = whyUntuned(app, planned)
  const made = { ...planned, ...(untuned ? { untuned } : {}) }
  const tracks = isLinear ? undefined : tracksOf(made, index.bytes)
  if (!tracks && !isLinear) return 'unfit'
  if (tracks && !headArrived(made.source, tracks, has)) return 'not here yet'
  const spans = spansOf(made, { seconds: app.config['transcode.span_seconds'], soundApart: true })
  await app.together(async (app) => {
    if (!(await store.lockEarly(app, videoId, runId))) return
    await store.insertRun(app, { videoId, runId, plan: made, sourceKey, spans, undecided: !untuned })
    await store.markPlanned(app, videoId, runId, index, facts.texts ?? [])
  })
  app.log.info({ videoId, runId }, 'begun while the file arrives')
  return 'planned'
}

/** Where loudness is left alone, the index alone says whether a sound can be copied; else all of it has to be heard first. */
function withSound(
  app: App,
  plan: RunPlan,
  { video_id: videoId, run_id: runId, staging_key: stagingKey, total_bytes: totalBytes }: store.EarlyRow,
  signal: AbortSignal,
): Promise<RunPlan> {
  if (app.config['transcode.loudness_lufs'] !== 'off') return Promise.resolve(plan)
  const place = { sourceKey: stagedSource(stagingKey), folder: runFolder(videoId, runId) }
  return passSound(app, plan, place, signal, totalBytes)
}

/** Asks whether all that is read for a stretch of the title has come; undefined where the index does not say. */
function askOf(plan: RunPlan, index: Index, has: readonly Stretch[]) {
  const { reachedSeconds } = index
  if (reachedSeconds !== undefined) {
    const reached = reachedSeconds - plan.source.startSeconds - LINEAR_MARGIN_SECONDS
    return (_: number, to: number) => to <= reached
  }
  const tracks = tracksOf(plan, index.bytes)
  return tracks && arrivals(plan, tracks, has)
}

/** The tracks a plan reads; undefined where one of them does not say exactly which bytes are which time. */
function tracksOf(plan: RunPlan, moov: Buffer): Tracks | undefined {
  const [picture, ...sounds] = [plan.source.video!, ...plan.source.audio].map(({ streamIndex }) => {
    const layout = readTrackLayout(moov, streamIndex)
    return layout?.shiftSeconds === undefined ? undefined : layout
  })
  const heard = sounds.flatMap((it) => it ?? [])
  return picture && heard.length === sounds.length ? { picture, sounds: heard } : undefined
}

/** The staged file; once the last byte has come, the source that it has become. */
async function presentKey(app: App, videoId: string, stagingKey: string): Promise<string> {
  const staged = stagedSource(stagingKey)
  if ((await sourceBytes(app, staged)) !== undefined) return staged
  return (await store.loadSource(app, videoId))?.source_key ?? staged
}

/** Listens when enough is here, and asks for every span whose bytes have come. The very first segment is made at once. */
async function goOn(
  app: App,
  early: store.EarlyRow,
  index: Index,
  has: readonly Stretch[],
  signal: AbortSignal,
): Promise<void> {
  const { video_id: videoId, run_id: runId } = early
  const run = await store.loadRun(app, videoId, runId)
  const now = await store.loadEarly(app, videoId)
  if (!run || now?.state !== 'planned') return
  let plan = run.plan as unknown as RunPlan
  const arrived = askOf(plan, index, has)
  if (!arrived) return
  const ready = segmentsArrived(plan, arrived)

  const first = async (renditions: string[], along: Pick<Work, 'still'> = {}) => {
    const sourceKey = await presentKey(app, videoId, early.staging_key)
    await makeSegments(app, {
      ...along,
      videoId,
      runId,
      plan,
      sourceKey,
      renditions,
      from: 0,
      to: 1,
      lane: 'now',
      signal,
    })
  }
  const picture = ready[0] ? first([plan.video[0]!.id], thumbnailAlong({ videoId, runId }, plan)) : undefined
  const sound = async () => {
    const { windows, enough } = windowsArrived(plan, arrived)
    if (enough && !isHeard(plan)) {
      const heard = await listen(app, plan, await presentKey(app, videoId, early.staging_key), signal, windows)
      const kept = await app.together(async (app) => {
        if ((await store.lockEarly(app, videoId, runId))?.state !== 'planned') return false
        const current = await store.lockRun(app, videoId, runId)
        if (!current) return false
        await store.setPlan(app, videoId, runId, { ...current.plan, source: heard.source })
        return true
      })
      // The file is complete: whoever takes the run over has begun to listen too, and a run has one gain.
      if (!kept) return
      plan = heard
    }
    if (ready[0] && soundsMay() && plan.audio.length > 0) await first([plan.audio[0]!.id])
  }
  const soundsMay = () => isHeard(plan) || app.config['transcode.loudness_lufs'] === 'off'
  // Neither leaves the other running behind its back: who waits for this job counts on its end.
  const ends = await Promise.allSettled([sound(), picture])
  for (const end of ends) if (end.status === 'rejected') throw end.reason

  // A title is tried out before any picture but the first ones is made, when half of it is here: what is begun stays as it is planned.
  if (run.undecided) {
    const here = stretchesArrived(plan, ready, arrived)
    if (here) await app.queue.add(tuneLadder, { videoId, runId, arrived: here }, { key: runId })
  }
  const asked = new Set(now.asked_spans)
  const sounds = new Set(plan.audio.map(({ id }) => id))
  const spans = (await store.listSpans(app, videoId, runId)).filter(
    (span) =>
      !asked.has(span.span_no) &&
      ready.slice(span.from_segment, span.to_segment).every(Boolean) &&
      (span.renditions.some((it) => sounds.has(it)) ? soundsMay() : !run.undecided),
  )
  await app.together(async (app) => {
    if ((await store.lockEarly(app, videoId, runId))?.state !== 'planned') return
    await store.noteAsked(
      app,
      videoId,
      runId,
      [],
      spans.map((it) => it.span_no),
    )
    await app.queue.addMany(
      encodeSpan,
      spans.map(({ span_no }) => ({
        input: { videoId, runId, spanNo: span_no },
        options: { key: `${runId}/${span_no}`, priority: rules.earlyPriority({ order: span_no }) },
      })),
    )
  })
}

/**
 * The early run of a video whose file is complete, when the file is what the plan was made from: as long as it was to be, made of the
 * uploads whose bytes were used, with the same index, and with key frames where the plan cuts. Otherwise the run goes.
 */
export async function findAdoptable(
  app: App,
  videoId: string,
  sourceKey: string,
  sourceBytes: number,
  signal: AbortSignal,
): Promise<{ runId: string; plan: RunPlan; texts: TextFacts[] } | undefined> {
  await letFinish(app, videoId)
  const early = await store.markAdopting(app, videoId)
  if (!early) return undefined
  const run = early.state === 'adopting' ? await store.loadRun(app, videoId, early.run_id) : undefined
  const plan = run?.plan as unknown as RunPlan | undefined
  if (plan && (await isSame(app, early, plan, sourceKey, sourceBytes, signal)))
    return { runId: early.run_id, plan, texts: (early.texts ?? []) as TextFacts[] }
  await forgetEarly(app, videoId)
  return undefined
}

/** Makes an early run the one that is made from the complete file; to be called in the transaction that serves it. Spans that are not made yet come back, and whether the title is yet to be tried out. */
export async function adopt(
  app: App,
  videoId: string,
  run: { runId: string; plan: RunPlan; sourceKey: string },
): Promise<{ spans: Span[]; undecided: boolean }> {
  const { runId, plan, sourceKey } = run
  const current = await store.lockRun(app, videoId, runId)
  assert(current, 'an early run goes only with its video, which is locked')
  // It may have been tuned since it was found.
  await store.setPlan(app, videoId, runId, { ...current.plan, source: plan.source, audio: plan.audio })
  await store.setSource(app, videoId, runId, sourceKey)
  await store.deleteEarly(app, videoId)
  const spans = (await store.listSpans(app, videoId, runId))
    .filter(({ done_at }) => done_at === null)
    .map((it) => ({
      no: it.span_no,
      order: it.span_no,
      renditions: it.renditions,
      from: it.from_segment,
      to: it.to_segment,
    }))
  return { spans, undecided: current.undecided }
}

/** What is under way (a probe, the first segment, listening) is what would have to be done now: it comes to its end first. */
async function letFinish(app: App, videoId: string): Promise<void> {
  await app.queue.cancel(beginEarly, videoId)
  for (const startedMs = performance.now(); performance.now() - startedMs < PATIENCE_MS; await sleep(LOOK_EVERY_MS))
    if (!(await store.isBeginning(app, videoId))) return
}

async function isSame(
  app: App,
  early: store.EarlyRow,
  plan: RunPlan,
  sourceKey: string,
  sourceBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (early.total_bytes !== sourceBytes || early.index_from === null || early.index_to === null) return false
  const parts = await store.listParts(app, early.video_id, sourceKey.split('/').at(-1)!)
  if (early.relied_on.length === 0 || !early.relied_on.every((it) => parts.includes(it))) return false
  const bytes = await readSource(app, sourceKey, early.index_from, early.index_to)
  if (createHash('sha256').update(bytes).digest('hex') !== early.index_sha256) return false
  if (plan.source.container !== 'mov') return isPlanOf(app, plan, sourceKey, signal)
  return ![...plan.video, ...(plan.more ?? [])].some((it) => it.copied) || cutsAreClean(app, sourceKey, plan)
}

/**
 * Whether a file that was planned from its first seconds is planned the same now that all of it is there: the same timeline, renditions and
 * streams. Where it is refused, so it will be on the ordinary way, which says why.
 */
async function isPlanOf(app: App, plan: RunPlan, sourceKey: string, signal: AbortSignal): Promise<boolean> {
  const facts = await lookAt(app, sourceKey, signal).catch((thrown) => {
    if (!isRefusal(thrown)) throw thrown
    return undefined
  })
  if (!facts) return false
  const policy = await policyOf(app, null)
  const fresh = planRun(facts, { ...policy, secondCodecs: [] })
  const essence = ({ timeline, source, video, audio }: RunPlan) => ({
    timeline,
    picture: source.video,
    startSeconds: source.startSeconds,
    seekable: source.seekable,
    sounds: source.audio.map(({ loudness: _, endSeconds: __, ...sound }) => sound),
    audio: audio.map(({ id, language }) => ({ id, language })),
    video: video.map(({ id, codecs, width, height, frameRate }) => ({ id, codecs, width, height, frameRate })),
  })
  return isDeepStrictEqual(JSON.parse(JSON.stringify(essence(fresh))), essence(plan))
}

/** An upload has ended without a file: what was begun for it goes, unless bytes for it still come. */
export async function runForgetEarly(app: App, { videoId }: { videoId: string }): Promise<void> {
  const early = await store.loadEarly(app, videoId)
  if (!early || early.state === 'adopting') return
  if (!(await store.loadStaged(app, videoId, early.staging_key))) await forgetEarly(app, videoId)
}

/** Takes an early run back, with all that was made for it. */
async function forgetEarly(app: App, videoId: string): Promise<void> {
  await app.together(async (app) => {
    const early = await store.deleteEarly(app, videoId)
    if (!early) return
    const input = { videoId, runId: early.run_id }
    await app.queue.add(retireRun, input, { key: early.run_id })
    await app.queue.add(retireRun, input, { key: `${early.run_id} again`, delayMs: SECOND_SWEEP_MS })
  })
}
