/**
 * Delivery: addresses of media, permission to fetch them, and the bytes. Playlists are written from the run's plan,
 * segments come from the store or, when they do not exist yet, are asked for and waited for. What is already made needs
 * no database: who may see what is remembered, and remembered longer while the database is away.
 */
import type { Readable } from 'node:stream'
import { refuse } from '../../contract/refusals.ts'
import type { Privacy } from '../../contract/shapes.ts'
import { readAll } from '../../kit/bytes.ts'
import { Lru } from '../../kit/lru.ts'
import { readRange } from '../../kit/range.ts'
import { renditionsOf } from '../../media/plan.ts'
import { isSurround } from '../../media/surround.ts'
import { segmentCount } from '../../media/timeline.ts'
import { TRICK_ID, trickRange } from '../../media/trick-play.ts'
import type { App } from '../../platform/app.ts'
import type { BlobFacts } from '../../platform/blobs/blobs.ts'
import type { RawAnswer, RawAsked, Viewer } from '../../platform/http/http.ts'
import { metric } from '../../platform/meter.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import { noteFetched } from './demand.ts'
import { extrasOf, planOf, trickKey, written } from './manifests.ts'
import { askForSizes, makePreview } from './pictures.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'
import { waitForBlob } from './wait.ts'

export { writeDemand } from './demand.ts'
export { extrasOf, forgetManifests, planOf, runFolder, trickKey } from './manifests.ts'
export { sizesWanted } from './pictures.ts'
export { tellMade } from './wait.ts'

/** A segment that somebody waits for and that does not exist. Handled by the transcoder. */
export const segmentWanted = jobKind<{ videoId: string; runId: string; rendition: string; from: number; to: number }>({
  name: 'delivery.segment_wanted',
  lane: 'now',
  maxAttempts: 3,
  maxCrashes: 3,
})

const servedBytes = metric({
  kind: 'counter',
  name: 'delivery_sent_bytes',
  says: 'Bytes of media sent, by kind of file.',
  labels: ['file'],
})
const madeOnRequest = metric({
  kind: 'counter',
  name: 'delivery_segments_wanted_total',
  says: 'Requests that had to wait for a segment to be made.',
  labels: ['outcome'],
})

/** What was sent of a video, in answer to which request. */
export interface Served {
  videoId: string
  bytes: number
  file: string
  asked: RawAsked
}

const hearers: ((app: App, served: Served) => void)[] = []

/** Calls `hear` for everything that is served from now on. Who wants to know is named by the roles: it stands above delivery. */
export function whenServed(hear: (app: App, served: Served) => void): void {
  hearers.push(hear)
}

/** How long the origin believes what it knows of a video's visibility without asking again. */
const VISIBILITY_MS = 5_000
/** How long somebody may wait for a segment before being told to come back. */
const WAIT_MS = 25_000
/** Pieces up to this size are kept in memory. */
const SMALL_BYTES = 1024 * 1024

interface Visibility {
  privacy: Privacy
  askedAtMs: number
}

interface Piece {
  facts: BlobFacts
  bytes: Buffer
}

/** A blob that is there, perhaps with the bytes that were asked for. */
interface Found {
  facts: BlobFacts
  body?: Readable
}

/** What one process remembers; forgotten with the process, and true again from the stores. */
interface Memory {
  visibility: Lru<Visibility | 'gone'>
  pieces: Lru<Piece>
}

const memories = new WeakMap<object, Memory>()

function memoryOf(app: App): Memory {
  const known = memories.get(app.blobs)
  if (known) return known
  const nowMs = () => app.clock.nowMs()
  const memory: Memory = {
    visibility: new Lru(100_000, nowMs),
    pieces: new Lru(app.config['delivery.memory_bytes'], nowMs),
  }
  memories.set(app.blobs, memory)
  app.bus.hearShouts('visibility', (videoId) => memory.visibility.delete(videoId))
  return memory
}

/**
 * The address under which a viewer fetches `path` (such as `/videos/{id}/{run}/main.m3u8`): the path itself for a public
 * video, a grant in front of it for others. The caller has decided that the viewer may see the video.
 */
export function mediaPath(
  app: App,
  video: { video_id: string; privacy: Privacy },
  path: string,
  viewer?: Viewer,
): string {
  if (video.privacy === 'public') return path
  const expiresS = rules.grantExpiryS(app.clock.nowMs(), app.config['delivery.grant_hours'])
  const grant = rules.mintGrant(app.secrets.of('grants'), {
    videoId: video.video_id,
    expiresS,
    under: video.privacy,
    ...(viewer?.accountId ? { accountId: viewer.accountId } : {}),
  })
  return `/t/${grant}${path}`
}

/** When a grant minted now expires. */
export function grantExpiry(app: App): Date {
  return new Date(rules.grantExpiryS(app.clock.nowMs(), app.config['delivery.grant_hours']) * 1000)
}

/** Tells every origin, at commit, that who may see this video has changed. */
export async function forgetVisibility(app: App, videoId: string): Promise<void> {
  await app.bus.shout('visibility', videoId)
}

/** All playlists that a player may begin with, but for those of sound in 5.1, which few have loudspeakers for: by address relative to the run's folder: `main.m3u8`, `360p/index.m3u8`, ... */
export async function playlistsOf(app: App, videoId: string, runId: string): Promise<Record<string, string>> {
  const plan = await planOf(app, videoId, runId)
  const texts: Record<string, string> = {
    'main.m3u8': (await written(app, videoId, runId, { kind: 'multivariant' })).text,
  }
  for (const { id } of [...plan.video, ...plan.audio.filter((sound) => !isSurround(sound))])
    texts[`${id}/index.m3u8`] = (await written(app, videoId, runId, { kind: 'playlist', rendition: id })).text
  return texts
}

/** Answers a request for media: playlist, init segment, segment or thumbnail, by public path or with a grant. */
export async function serveMedia(app: App, asked: RawAsked): Promise<RawAnswer> {
  const address = rules.readAddress(asked.target.split('?', 1)[0]!)
  if (!address) refuse('media_not_found')
  await mayFetch(app, address)
  const granted = address.grant !== undefined
  const headers = {
    'content-type': rules.mediaType(address.file),
    'cache-control': rules.cacheControl(address.file, granted),
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'content-length, content-range, etag',
    'cross-origin-resource-policy': 'cross-origin',
  }
  if (rules.isWritten(address.file)) {
    const { text, etag, unmade = [] } = await written(app, address.videoId, address.runId, address.file)
    if (rules.notModified(asked.headers, etag, new Date(Number.NaN)))
      return { status: 304, headers: { ...headers, etag } }
    // For those who check what is packaged: rates of what is not made yet are guesses.
    const hint: Record<string, string> = unmade.length === 0 ? {} : { 'vitascope-unmade': unmade.join(', ') }
    return { status: 200, headers: { ...headers, ...hint, etag }, body: text, compress: true }
  }
  return serveBlob(app, asked, address, headers)
}

/** May the caller fetch from this video? Refuses with not-found where the very existence is private. */
async function mayFetch(app: App, address: rules.MediaAddress): Promise<void> {
  const visibility = await visibilityOf(app, address.videoId)
  if (address.grant === undefined) {
    if (visibility === 'gone' || visibility?.privacy !== 'public') refuse('media_not_found')
    return
  }
  const grant = rules.readGrant(app.secrets.of('grants'), address.grant, address.videoId, app.clock.nowMs() / 1000)
  if (grant === 'grant_invalid' || grant === 'grant_expired') refuse(grant)
  if (visibility === 'gone') refuse('media_not_found')
  if (visibility?.privacy === 'private' && grant.under !== 'private')
    refuse('grant_invalid', 'the video has become private')
}

/** What is known of a video's visibility; undefined when the database is away and nothing was known before. */
async function visibilityOf(app: App, videoId: string): Promise<Visibility | 'gone' | undefined> {
  const { visibility } = memoryOf(app)
  const known = visibility.get(videoId)
  if (known !== undefined && (known === 'gone' || app.clock.nowMs() - known.askedAtMs < VISIBILITY_MS)) return known
  try {
    const row = await store.loadVisibility(app, videoId)
    const fresh = row ? { privacy: row.privacy, askedAtMs: app.clock.nowMs() } : 'gone'
    visibility.set(videoId, fresh, fresh === 'gone' ? { lifeMs: VISIBILITY_MS } : {})
    return fresh
  } catch (fault) {
    app.log.warn({ videoId, fault: String(fault) }, 'visibility is served from memory while the database is away')
    return known
  }
}

async function serveBlob(
  app: App,
  asked: RawAsked,
  address: rules.MediaAddress,
  headers: Record<string, string>,
): Promise<RawAnswer> {
  const { pieces } = memoryOf(app)
  let piece = pieces.get(address.key) ?? (await keyFrameOf(app, address))
  let found: Found | undefined = piece ?? (await lookFor(app, asked, address.key))
  if (!found && address.file.kind === 'sized') return serveInstead(app, asked, address, address.file.stem, headers)
  if (!found) {
    if (address.file.kind !== 'preview') await makeAndWait(app, asked, address)
    else if (!(await makePreview(app, address.videoId, address.runId, address.key))) refuse('media_not_found')
    found = await lookFor(app, asked, address.key)
    if (!found) refuse('still_making', undefined, { 'retry-after': '1' })
  }
  const { facts, body } = found
  const same = { ...headers, etag: facts.etag, 'last-modified': facts.modified.toUTCString(), 'accept-ranges': 'bytes' }
  if (rules.notModified(asked.headers, facts.etag, facts.modified)) return { status: 304, headers: same }
  const range = rules.rangeCounts(asked.headers, facts.etag) ? readRange(asked.headers.range, facts.sizeBytes) : 'whole'
  if (range === 'unsatisfiable') {
    body?.destroy()
    refuse('range_not_satisfiable', undefined, { 'content-range': `bytes */${facts.sizeBytes}` })
  }
  const { from, to } = range === 'whole' ? { from: 0, to: facts.sizeBytes - 1 } : range
  const answer = {
    status: range === 'whole' ? 200 : 206,
    headers: {
      ...same,
      'content-length': String(to - from + 1),
      ...(range === 'whole' ? {} : { 'content-range': `bytes ${from}-${to}/${facts.sizeBytes}` }),
    },
  }
  if (asked.method === 'HEAD') return answer
  if (address.file.kind === 'segment') noteFetched(app, address, address.file.rendition)
  for (const hear of hearers)
    hear(app, { videoId: address.videoId, bytes: to - from + 1, file: address.file.kind, asked })
  app.meter.count(servedBytes, { file: address.file.kind }, to - from + 1)
  const isPart = body && to - from + 1 < facts.sizeBytes
  // A text may be taken away at any time, so it is not kept here.
  if (!piece && !isPart && facts.sizeBytes <= SMALL_BYTES && address.file.kind !== 'text') {
    const bytes = body ? await readAll(body, SMALL_BYTES) : await app.blobs.read(address.key, SMALL_BYTES)
    if (!bytes) refuse('media_not_found')
    piece = { facts, bytes }
    pieces.set(address.key, piece, { size: bytes.byteLength + 200 })
  }
  if (piece) return { ...answer, body: piece.bytes.subarray(from, to + 1) }
  if (body) return { ...answer, body }
  const opened = await app.blobs.open(address.key, { from, to })
  if (!opened) refuse('media_not_found')
  return { ...answer, body: opened.body }
}

/** A blob's facts, in a remote store together with what was asked of it where that can be told before: each question there is a round trip. */
async function lookFor(app: App, asked: RawAsked, key: string): Promise<Found | undefined> {
  const range = rules.rangeAtOnce(asked.headers)
  if (!app.blobs.isLocal && asked.method !== 'HEAD' && range)
    return app.blobs.open(key, range === 'whole' ? undefined : range)
  const facts = await app.blobs.head(key)
  return facts && { facts }
}

/** A size of a picture that does not exist yet: the JPEG in its place, for a moment, and the sizes are asked for. */
async function serveInstead(
  app: App,
  asked: RawAsked,
  address: rules.MediaAddress,
  stem: string,
  headers: Record<string, string>,
): Promise<RawAnswer> {
  const key = `${address.key.slice(0, address.key.lastIndexOf('/'))}/${stem}.jpg`
  if (!(await app.blobs.head(key))) refuse('media_not_found')
  await askForSizes(app, address.videoId, key)
  const plain = { ...address, key, file: { kind: 'thumbnail' as const } }
  const soon = address.grant === undefined ? 'public, max-age=60' : 'private, max-age=60'
  return serveBlob(app, asked, plain, { ...headers, 'content-type': 'image/jpeg', 'cache-control': soon })
}

/** One picture of trick play: a stretch of the blob that holds them all. */
async function keyFrameOf(app: App, { key, file, videoId, runId }: rules.MediaAddress): Promise<Piece | undefined> {
  if (file.kind !== 'segment' || file.rendition !== TRICK_ID) return undefined
  const { trick } = await extrasOf(app, videoId, runId)
  const range = trick && trickRange(trick, file.n)
  if (!range) refuse('media_not_found')
  const opened = await app.blobs.open(trickKey(videoId, runId), { from: range.from, to: range.to - 1 })
  if (!opened) refuse('media_not_found')
  const bytes = await readAll(opened.body, range.to - range.from)
  const etag = `${opened.facts.etag.slice(0, -1)}-${file.n}"`
  const piece = { facts: { sizeBytes: bytes.byteLength, etag, modified: opened.facts.modified }, bytes }
  memoryOf(app).pieces.set(key, piece, { size: bytes.byteLength + 200 })
  return piece
}

/**
 * Asks for a segment that does not exist and waits for it. However many wait for one window of segments, it is one job:
 * the queue holds one per key.
 */
async function makeAndWait(app: App, asked: RawAsked, address: rules.MediaAddress): Promise<void> {
  const { file, videoId, runId } = address
  if (file.kind !== 'segment' && file.kind !== 'init') refuse('media_not_found')
  const plan = await planOf(app, videoId, runId)
  const count = segmentCount(plan.timeline)
  const n = file.kind === 'init' ? 0 : file.n
  if (n >= count || !renditionsOf(plan).some(({ id }) => id === file.rendition)) refuse('media_not_found')
  // Encoding costs far more than serving: one place may not ask for it without end.
  const { ok, waitMs } = await app.cache.take(`make:${asked.viewer.addressPrefix}`, 300, 60_000)
  if (!ok) refuse('too_many', undefined, { 'retry-after': String(Math.ceil(waitMs / 1000)) })
  const ask = () =>
    app.queue.add(
      segmentWanted,
      { videoId, runId, rendition: file.rendition, from: n, to: rules.windowEnd(n, count) },
      { key: `${runId}/${file.rendition}/${Math.floor(n / rules.WINDOW_SEGMENTS)}`, priority: 10 },
    )
  const outcome = await waitForBlob(app, address.key, ask, WAIT_MS, asked.signal)
  app.meter.count(madeOnRequest, { outcome })
  if (outcome === 'failed') refuse('media_not_found', 'this part of the video could not be made')
  if (outcome === 'late') refuse('still_making', undefined, { 'retry-after': '1' })
}
