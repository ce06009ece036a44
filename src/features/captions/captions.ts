/** Captions: the texts of a video in several languages. What is sent is read by our own parser and written anew; only that is served. */
import type { Caption, CaptionKind } from '../../contract/captions.ts'
import { refuse } from '../../contract/refusals.ts'
import { newId } from '../../kit/ids.ts'
import type { TextFacts } from '../../media/facts.ts'
import { type Cue, decodeText, readCues, writeVtt } from '../../media/vtt.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { jobKind } from '../../platform/queue/queue.ts'
import { forgetManifests, mediaPath } from '../delivery/delivery.ts'
import * as videos from '../videos/videos.ts'
import * as store from './store.ts'

/** Has a machine write captions. */
export const transcribe = jobKind<{ videoId: string; language: string }>({
  name: 'captions.transcribe',
  lane: 'bulk',
  maxAttempts: 3,
  maxCrashes: 2,
})

/** Takes over the texts that a source carries. */
export const takeTexts = jobKind<{ videoId: string; sourceKey: string; startSeconds: number; texts: TextFacts[] }>({
  name: 'captions.take_texts',
  lane: 'quick',
  maxAttempts: 3,
  maxCrashes: 2,
})

const MOST_TEXTS = 60

/** The texts of a video, for those who may see it. */
export async function listCaptions(
  app: App,
  viewer: Viewer,
  videoId: string,
): Promise<{ items: Caption[]; transcription: boolean }> {
  const video = await videos.seeVideo(app, viewer, videoId)
  return { items: await captionsOf(app, video, viewer), transcription: app.config['captions.transcriber'] !== '' }
}

/** The same for a video that the viewer has been let in to. */
export async function captionsOf(app: App, video: videos.VideoRow, viewer: Viewer): Promise<Caption[]> {
  if (video.run_id === null) return []
  const rows = await store.listOf(app, video.video_id)
  return rows.map((row) => ({
    language: row.language,
    kind: row.kind,
    name: row.name,
    origin: row.origin,
    cues: row.cues,
    changed: row.changed_at.toISOString(),
    address: mediaPath(app, video, `/videos/${video.video_id}/${video.run_id}/captions/${row.text_id}.vtt`, viewer),
  }))
}

/** Takes a file as the text in one language. Refuses caption_unreadable for what holds no cue, captions_full, not_allowed. */
export async function putCaption(
  app: App,
  viewer: Viewer,
  videoId: string,
  given: { language: string; kind: CaptionKind; name: string | undefined; bytes: Uint8Array; edited: boolean },
): Promise<Caption[]> {
  const video = await editable(app, viewer, videoId)
  const cues = readCues(decodeText(given.bytes, given.language))
  if (!cues) return refuse('caption_unreadable')
  await keepCues(app, video, { ...given, origin: given.edited ? 'edited' : 'upload' }, cues)
  return captionsOf(app, video, viewer)
}

/** Keeps cues as the text of a video in one language. Bytes before rows; the old text goes last. */
export async function keepCues(
  app: App,
  video: videos.VideoRow,
  about: { language: string; kind: CaptionKind; name?: string | undefined; origin: store.CaptionRow['origin'] },
  cues: Cue[],
): Promise<void> {
  const { language, kind, origin } = about
  const textId = newId()
  await app.blobs.put(keyOf(video.video_id, textId), Buffer.from(writeVtt(cues)))
  const before = await app.together(async (app) => {
    const count = await store.countOf(app, video.video_id)
    const old = await store.keep(app, {
      ...{ video_id: video.video_id, language, kind, text_id: textId, name: about.name ?? languageName(language) },
      ...{ origin, cues: cues.length, changed_at: app.clock.now() },
    })
    if (old === undefined && count >= MOST_TEXTS) refuse('captions_full')
    await tell(app, video)
    return old
  })
  if (before !== undefined) await app.blobs.remove(keyOf(video.video_id, before))
}

/** Takes a text away. Refuses caption_not_found. */
export async function removeCaption(
  app: App,
  viewer: Viewer,
  videoId: string,
  language: string,
  kind: CaptionKind,
): Promise<void> {
  const video = await editable(app, viewer, videoId)
  const textId = await app.together(async (app) => {
    const found = await store.remove(app, videoId, language, kind)
    if (found !== undefined) await tell(app, video)
    return found
  })
  if (textId === undefined) return refuse('caption_not_found')
  await app.blobs.remove(keyOf(videoId, textId))
}

/** Asks for captions by machine. Refuses transcription_off where the operator has given no program. */
export async function askTranscription(app: App, viewer: Viewer, videoId: string, language: string): Promise<void> {
  const video = await editable(app, viewer, videoId)
  if (app.config['captions.transcriber'] === '') return refuse('transcription_off')
  if (video.run_id === null) return refuse('video_not_ready')
  await app.queue.add(transcribe, { videoId, language }, { key: `${videoId} ${language}` })
}

async function editable(app: App, viewer: Viewer, videoId: string): Promise<videos.VideoRow> {
  const video = await videos.seeVideo(app, viewer, videoId)
  return videos.mayEdit(viewer, video) ? video : refuse('not_allowed')
}

async function tell(app: App, video: videos.VideoRow): Promise<void> {
  if (video.run_id !== null) await forgetManifests(app, video.run_id)
  await videos.tellChanged(app, video.video_id)
}

function keyOf(videoId: string, textId: string): string {
  return `videos/${videoId}/captions/${textId}.vtt`
}

function languageName(language: string): string {
  return new Intl.DisplayNames([language, 'en'], { type: 'language' }).of(language) ?? language
}
