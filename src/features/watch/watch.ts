/** Watching: begins playbacks, and hears from players how they go. */

import { Refusal, refuse } from '../../contract/refusals.ts'
import type { Beacon, Playback } from '../../contract/watch.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { grantExpiry, mediaPath, playlistsOf } from '../delivery/delivery.ts'
import { seeVideo } from '../videos/videos.ts'
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

  return {
    videoId,
    title: video.title,
    durationMs,
    width: video.width ?? 16,
    height: video.height ?? 9,
    hls,
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

/** Files go first when a video is deleted: one whose plan is not there was deleted while we looked. */
function goneMeanwhile(thrown: unknown): never {
  if (thrown instanceof Refusal) return refuse('video_not_found')
  throw thrown
}

/** Hears how a playback goes: counts its view once, keeps where a member stopped. Refuses grant_invalid. */
export async function hearBeacon(app: App, viewer: Viewer, beacon: Beacon): Promise<void> {
  const nowMs = app.clock.nowMs()
  const proof = rules.readProof(beacon.token, app.secrets.of('playback'), nowMs)
  if (!proof || !rules.mayReport(proof, viewer)) return refuse('grant_invalid')

  const watchedMs = rules.believedMs(proof, beacon.watchedMs, nowMs)
  if (watchedMs >= rules.viewAfterMs(proof.durationMs)) await countViewOnce(app, proof)
  // Nothing was watched: the page was opened and left, which is no reason to lose the old position.
  if (viewer.accountId === undefined || !proof.viewer.startsWith('account:') || watchedMs === 0) return
  const positionMs = Math.floor(Math.min(beacon.ended ? proof.durationMs : beacon.positionMs, proof.durationMs))
  await store.keepStop(app, {
    accountId: viewer.accountId,
    videoId: proof.videoId,
    positionMs,
    watchedMs,
    completed: rules.isCompleted(positionMs, proof.durationMs),
    at: app.clock.now(),
  })
}

/** A playback reports many times but is one view. The cache spares the database the repetitions and may forget them. */
async function countViewOnce(app: App, proof: rules.PlaybackProof): Promise<void> {
  const hour = rules.hourOf(proof.issuedMs)
  const known = `watch:counted:${proof.videoId}:${hour.getTime()}:${proof.viewer}`
  if (await app.cache.get<boolean>(known)) return
  await store.countView(app, proof.videoId, proof.viewer, hour)
  await app.cache.set(known, true, rules.HOUR_MS)
}

/** Forgets which views were counted once no token of their hour can speak any more. Run by the clock; may run twice. */
export async function forgetOldViews(app: App): Promise<void> {
  const before = rules.hourOf(app.clock.nowMs() - rules.TOKEN_LIFE_MS - rules.HOUR_MS)
  const batch = 10_000
  while ((await store.forgetViews(app, before, batch)) === batch);
}
