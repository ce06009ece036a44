/** Watching: begins playbacks, and hears from players how they go. */

import { Refusal, refuse } from '../../contract/refusals.ts'
import type { Beacon, Playback } from '../../contract/watch.ts'
import { type Gathering, gathering } from '../../kit/gather.ts'
import { type Chapter, chaptersOfText } from '../../media/chapters.ts'
import type { App } from '../../platform/app.ts'
import type { Asked, Viewer } from '../../platform/http/http.ts'
import { believedMs, hear, hearMany, noteRefused, visitorOf } from '../analytics/analytics.ts'
import { captionsOf } from '../captions/captions.ts'
import { extrasOf, grantExpiry, mediaPath, playlistsOf } from '../delivery/delivery.ts'
import { hearWatch } from '../recommend/recommend.ts'
import { seeVideo, type VideoRow } from '../videos/videos.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

/** Everything a player needs to play a video now, for this viewer. Refuses video_not_found, _not_ready and _failed. */
export async function startPlayback(app: App, viewer: Viewer, videoId: string): Promise<Playback> {
  const video = await seeVideo(app, viewer, videoId)
  if (video.state === 'failed') return refuse('video_failed')
  if (video.state !== 'ready' || video.run_id === null) return refuse('video_not_ready')

  const durationMs = Number(video.duration_ms)
  const folder = `/videos/${videoId}/${video.run_id}/`
  const playlists = await playlistsOf(app, videoId, video.run_id).catch(goneMeanwhile)
  const stoppedMs = viewer.accountId === undefined ? 0 : await store.findStop(app, viewer.accountId, videoId)
  const hls = mediaPath(app, video, `${folder}main.m3u8`, viewer)
  const base = hls.slice(0, hls.lastIndexOf('/') + 1)
  const extras = await extrasOf(app, videoId, video.run_id)
  const captions = await captionsOf(app, video, viewer)

  return {
    videoId,
    title: video.title,
    durationMs,
    width: video.width ?? 16,
    height: video.height ?? 9,
    hls,
    dash: `${base}main.mpd`,
    ...(extras.storyboard ? { storyboard: `${base}storyboard/index.vtt` } : {}),
    captions: captions.map(({ language, kind, name, address }) => ({ language, kind, name, address })),
    chapters: chaptersOf(video, durationMs),
    ...(video.thumbnail_key ? { poster: mediaPath(app, video, `/${video.thumbnail_key}`, viewer) } : {}),
    ...(video.privacy === 'public' ? {} : { expires: grantExpiry(app).toISOString() }),
    token: rules.signProof(
      { videoId, viewer: rules.viewerName(viewer), issuedMs: app.clock.nowMs(), durationMs },
      app.secrets.of('playback'),
    ),
    resumeMs: rules.resumeAt(stoppedMs ?? 0, durationMs),
    playlists,
    preload: rules.firstPieces(playlists).map((piece) => base + piece),
  }
}

/** As the description says; where it says nothing, as the source does. */
function chaptersOf(video: VideoRow, durationMs: number): Chapter[] {
  const own = chaptersOfText(video.description, durationMs)
  return own.length > 0 ? own : ((video.source_chapters as Chapter[] | null) ?? [])
}

/** Files go first when a video is deleted: one whose plan is not there was deleted while we looked. */
function goneMeanwhile(thrown: unknown): never {
  if (thrown instanceof Refusal) return refuse('video_not_found')
  throw thrown
}

/**
 * Hears how a playback goes: puts the report on the disk, keeps where a member stopped. Refuses grant_invalid, and
 * beacon_invalid for what cannot be true.
 */
export async function hearBeacon(app: App, asked: Asked, beacon: Beacon): Promise<void> {
  const nowMs = app.clock.nowMs()
  const { viewer } = asked
  const proof = rules.readProof(beacon.token, app.secrets.of('playback'), nowMs)
  if (!proof || !rules.mayReport(proof, viewer)) {
    noteRefused(app, 'token')
    return refuse('grant_invalid')
  }
  const visitor = visitorOf(asked)
  const onDisk = hear(app, beacon, proof, visitor)
  const watchedMs = believedMs(proof.issuedMs, beacon.watchedMs, nowMs)
  // Nothing was watched: the page was opened and left, which is no reason to lose the old position.
  if (watchedMs === 0) return onDisk
  const { videoId, durationMs } = proof
  const watch = { viewer: proof.viewer, videoId, watchedMs, durationMs, country: visitor.country }
  if (viewer.accountId !== undefined && proof.viewer.startsWith('account:')) {
    const stopped = keepStop(app, viewer.accountId, beacon, proof, watchedMs)
    await Promise.all([onDisk, stopped, hearWatch(app, watch)])
    return
  }
  // Suggestions go by what a visit watches, unless it asks not to be followed.
  if (visitor.device === 'bot' || visitor.doNotTrack) return onDisk
  const learned = hearWatch(app, watch)
  if (learned) await Promise.all([onDisk, learned])
  else await onDisk
}

const MOST_STOPS = 1000
const stops = new WeakMap<object, Gathering<store.Stop>>()

/** Keeps where a member stopped; many members stop in one statement. */
function keepStop(
  app: App,
  accountId: string,
  beacon: Beacon,
  { videoId, durationMs }: rules.PlaybackProof,
  watchedMs: number,
): Promise<void> {
  let gathered = stops.get(app.blobs)
  if (!gathered) {
    gathered = gathering(MOST_STOPS, (all) => store.keepStops(app, all))
    stops.set(app.blobs, gathered)
  }
  const positionMs = Math.floor(Math.min(beacon.ended ? durationMs : beacon.positionMs, durationMs))
  const completed = rules.isCompleted(positionMs, durationMs)
  return gathered.add({ accountId, videoId, positionMs, watchedMs, completed, at: app.clock.now() })
}

/** Hears of many playbacks at once. Their tokens speak for them; where members stopped is kept by single beacons only. */
export async function hearBeacons(
  app: App,
  asked: Asked,
  beacons: Beacon[],
): Promise<{ taken: number; refused: Record<string, number> }> {
  const nowMs = app.clock.nowMs()
  const key = app.secrets.of('playback')
  const reports = beacons.flatMap((beacon) => {
    const proved = rules.readProof(beacon.token, key, nowMs)
    return proved ? [{ beacon, proved }] : []
  })
  const forged = beacons.length - reports.length
  if (forged > 0) noteRefused(app, 'token', forged)
  const { taken, refused } = await hearMany(app, reports, visitorOf(asked))
  return { taken, refused: { ...refused, ...(forged > 0 ? { token: forged } : {}) } }
}
