/** From rows to documents: what the index takes of videos, channels and playlists. */
import { MAX_TEXT_BYTES, readCues } from '../../../media/vtt.ts'
import type { App } from '../../../platform/app.ts'
import type { SearchDocument } from '../engine/engine.ts'
import { energyOf, HALF_LIVES, watchedHours } from '../rules.ts'
import * as store from './store.ts'

const PAGE = 2000
/** Of what is said, so many texts of a video are searched, and so many read at a time. */
const MOST_TEXTS = 4
const TEXTS_AT_ONCE = 8

/** Everything that everybody may find, a page at a time. */
export async function* everything(app: App): AsyncGenerator<SearchDocument[]> {
  const nowMs = app.clock.nowMs()
  for (let after = ''; ; ) {
    const rows = await store.pageForIndex(app, after, PAGE)
    if (rows.length > 0) yield await toDocuments(app, rows, nowMs)
    if (rows.length < PAGE) break
    after = rows.at(-1)!.video_id
  }
  for (let after = ''; ; ) {
    const rows = await store.pageOfChannels(app, after, PAGE)
    const full = rows.filter((row) => Number(row.video_count) > 0)
    if (full.length > 0) yield full.map(toChannelDocument)
    if (rows.length < PAGE) break
    after = rows.at(-1)!.channel_id
  }
  for (let after = ''; ; ) {
    const rows = await store.pageOfPlaylists(app, after, PAGE)
    if (rows.length > 0) yield rows.map(toPlaylistDocument)
    if (rows.length < PAGE) break
    after = rows.at(-1)!.playlist_id
  }
}

/** What the index takes of these videos, with what is said in them. */
export async function toDocuments(app: App, rows: readonly store.IndexRow[], nowMs: number): Promise<SearchDocument[]> {
  const texts = await store.listTexts(
    app,
    rows.map((row) => row.video_id),
  )
  const spoken = new Map<string, NonNullable<SearchDocument['captions']>[number][]>()
  for (let from = 0; from < texts.length; from += TEXTS_AT_ONCE) {
    const some = texts.slice(from, from + TEXTS_AT_ONCE)
    const read = await Promise.all(some.map((text) => readSpoken(app, text.video_id, text.text_id)))
    for (const [index, { video_id: id, language }] of some.entries()) {
      const known = spoken.get(id) ?? []
      if (known.length < MOST_TEXTS) spoken.set(id, [...known, { language, cues: read[index]! }])
    }
  }
  return rows.map((row) => {
    const captions = spoken.get(row.video_id)
    return { ...toDocument(row, nowMs), ...(captions ? { captions } : {}) }
  })
}

/** The cues of a text, without marks of speakers and styles. One that is being replaced right now reads as empty; its event is on the way. */
async function readSpoken(app: App, videoId: string, textId: string): Promise<{ startMs: number; text: string }[]> {
  const bytes = await app.blobs.read(`videos/${videoId}/captions/${textId}.vtt`, MAX_TEXT_BYTES)
  const cues = bytes ? (readCues(bytes.toString('utf8')) ?? []) : []
  return cues.map(({ startMs, text }) => ({ startMs, text: text.replace(/<[^>]*>/g, ' ') }))
}

function toDocument(row: store.IndexRow, nowMs: number): SearchDocument {
  const durationMs = Number(row.duration_ms ?? 0)
  const lately = row.heat_14d === null ? 0 : energyOf(row.heat_14d, HALF_LIVES.heat_14d, nowMs)
  return {
    id: row.video_id,
    kind: 'video',
    title: row.title,
    description: row.description,
    tags: row.tags,
    channelId: row.channel_id,
    channel: `${row.channel_name} ${row.channel_handle}`,
    language: row.language ?? undefined,
    category: row.category,
    publishedMs: row.published_at.getTime(),
    durationMs,
    shortSide: Math.min(row.width ?? 0, row.height ?? 0),
    views: Number(row.views),
    watchedHours: watchedHours(lately, durationMs),
  }
}

export function toChannelDocument(row: store.ChannelRow): SearchDocument {
  return {
    id: row.channel_id,
    kind: 'channel',
    title: row.name,
    description: row.description,
    tags: [row.handle],
    channelId: row.channel_id,
    channel: row.handle,
    publishedMs: row.created_at.getTime(),
    durationMs: 0,
    shortSide: 0,
    views: Number(row.video_count),
    watchedHours: 0,
  }
}

export function toPlaylistDocument(row: store.PlaylistRow): SearchDocument {
  return {
    id: row.playlist_id,
    kind: 'playlist',
    title: row.title,
    description: row.description,
    tags: [],
    channelId: row.channel_id,
    channel: `${row.name} ${row.handle}`,
    publishedMs: row.updated_at.getTime(),
    durationMs: 0,
    shortSide: 0,
    views: 0,
    watchedHours: 0,
  }
}
