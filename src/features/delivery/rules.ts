/** Decisions of delivery, pure: which addresses there are, what a grant is worth, how long an answer may be kept. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Privacy } from '../../contract/shapes.ts'
import { type ByteRange, readRange } from '../../kit/range.ts'
import { PICTURE_FORMS, PICTURE_WIDTHS, type PictureForm } from '../../media/pictures.ts'

/**
 * Permission to fetch one video's media. Travels as a path prefix, `/t/{payload}.{mac}`, so that relative addresses in
 * playlists inherit it in every player; checked with one HMAC and no database.
 */
export interface Grant {
  videoId: string
  /** Seconds since 1970 after which it is worth nothing. */
  expiresS: number
  /** The privacy it was minted under: a grant for an unlisted video dies when the video becomes private. */
  under: Privacy
  /** For whom, where that is known. */
  accountId?: string
}

/** Clocks of edge and origin may differ by this much. */
const SKEW_S = 30

export function mintGrant(key: Buffer, grant: Grant): string {
  const payload = Buffer.from(
    JSON.stringify([1, grant.videoId, grant.expiresS, grant.under, grant.accountId ?? '']),
  ).toString('base64url')
  return `${payload}.${macOf(key, payload)}`
}

/** Reads a grant for one video. Anything odd about it (shape, signature, another video) is the same answer: invalid. */
export function readGrant(
  key: Buffer,
  text: string,
  videoId: string,
  nowS: number,
): Grant | 'grant_invalid' | 'grant_expired' {
  const [payload, mac, ...rest] = text.split('.')
  if (!payload || !mac || rest.length > 0 || text.length > 600) return 'grant_invalid'
  const expected = Buffer.from(macOf(key, payload))
  const given = Buffer.from(mac)
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return 'grant_invalid'
  const [version, grantedVideo, expiresS, under, accountId] = JSON.parse(
    Buffer.from(payload, 'base64url').toString(),
  ) as [number, string, number, Privacy, string]
  if (version !== 1 || grantedVideo !== videoId) return 'grant_invalid'
  if (expiresS + SKEW_S < nowS) return 'grant_expired'
  return { videoId, expiresS, under, ...(accountId ? { accountId } : {}) }
}

function macOf(key: Buffer, payload: string): string {
  return createHmac('sha256', key).update(`/t/${payload}`).digest('base64url')
}

/**
 * When a grant minted now expires: whole hours, so that the address of one video stays the same for an hour and a
 * browser may keep what it fetched.
 */
export function grantExpiryS(nowMs: number, hours: number): number {
  return (Math.ceil(nowMs / 3_600_000) + hours) * 3600
}

/** What one media address names. */
export type MediaFile =
  | { kind: 'multivariant' }
  | { kind: 'dash' }
  | { kind: 'thumbnail' }
  | { kind: 'sized'; stem: string; form: PictureForm }
  | { kind: 'preview' }
  | { kind: 'sheet'; n: number }
  | { kind: 'sheets'; form: 'm3u8' | 'vtt' }
  | { kind: 'text'; id: string }
  | { kind: 'texts'; id: string }
  | { kind: 'playlist'; rendition: string }
  | { kind: 'init'; rendition: string }
  | { kind: 'segment'; rendition: string; n: number }

export interface MediaAddress {
  grant: string | undefined
  videoId: string
  runId: string
  file: MediaFile
  /** Key of the blob behind it, where it is a blob. */
  key: string
}

const ADDRESS =
  /^(?:\/t\/([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+))?\/(videos\/([0-9A-Za-z]{8,32})\/([0-9A-Za-z]{8,32})\/([^?#]+))$/

const N = '(0|[1-9]\\d{0,6})'

/** What may stand behind the folder of a run. The first that fits is meant, so the words of the house are no rungs. */
const FILES: [pattern: RegExp, read: (word: string, n: string) => MediaFile][] = [
  [/^main\.m3u8$/, () => ({ kind: 'multivariant' })],
  [/^main\.mpd$/, () => ({ kind: 'dash' })],
  [/^(?:thumbnail|still-[0-2]|own-[0-9A-Za-z]{8,32})\.jpg$/, () => ({ kind: 'thumbnail' })],
  [
    new RegExp(
      `^(thumbnail|still-[0-2]|own-[0-9A-Za-z]{8,32})\\.(?:${PICTURE_WIDTHS.join('|')})\\.(${PICTURE_FORMS.join('|')})$`,
    ),
    (stem, form) => ({ kind: 'sized', stem, form: form as PictureForm }),
  ],
  [/^preview\.mp4$/, () => ({ kind: 'preview' })],
  [new RegExp(`^storyboard/()${N}\\.jpg$`), (_, n) => ({ kind: 'sheet', n: Number(n) })],
  [/^storyboard\/index\.(m3u8|vtt)$/, (form) => ({ kind: 'sheets', form: form === 'vtt' ? 'vtt' : 'm3u8' })],
  [/^captions\/([0-9A-Za-z]{8,32})\.vtt$/, (id) => ({ kind: 'text', id })],
  [/^captions\/([0-9A-Za-z]{8,32})\.m3u8$/, (id) => ({ kind: 'texts', id })],
  [
    /^(?!captions\/|storyboard\/)([0-9a-z][0-9a-z_-]{0,31})\/index\.m3u8$/,
    (rendition) => ({ kind: 'playlist', rendition }),
  ],
  [/^(?!captions\/|storyboard\/)([0-9a-z][0-9a-z_-]{0,31})\/init\.mp4$/, (rendition) => ({ kind: 'init', rendition })],
  [
    new RegExp(`^(?!captions/|storyboard/)([0-9a-z][0-9a-z_-]{0,31})/${N}\\.m4s$`),
    (rendition, n) => ({ kind: 'segment', rendition, n: Number(n) }),
  ],
]

/**
 * Reads a media address as it came over the wire. There is one spelling of each address and nothing is decoded: an
 * escape, a doubled slash or a dot segment names nothing.
 */
export function readAddress(path: string): MediaAddress | undefined {
  const match = ADDRESS.exec(path)
  if (!match) return undefined
  const [, grant, key, videoId, runId, name] = match as unknown as string[]
  for (const [pattern, read] of FILES) {
    const found = pattern.exec(name!)
    if (!found) continue
    const file = read(found[1] ?? '', found[2] ?? '')
    // Texts belong to the video and outlive its runs.
    const blob = file.kind === 'text' ? `videos/${videoId}/captions/${file.id}.vtt` : key!
    return { grant, videoId: videoId!, runId: runId!, file, key: blob }
  }
  return undefined
}

/** Segments that one encode on demand makes at most: the asked one and those after it up to the end of its window. */
export const WINDOW_SEGMENTS = 4

/** The first segment after the window that segment `n` lies in. Requests of one window share one encode. */
export function windowEnd(n: number, segmentCount: number): number {
  return Math.min((Math.floor(n / WINDOW_SEGMENTS) + 1) * WINDOW_SEGMENTS, segmentCount)
}

/** Files that are written from the plan when they are asked for. */
export type WrittenFile = Extract<MediaFile, { kind: 'multivariant' | 'dash' | 'playlist' | 'sheets' | 'texts' }>

export function isWritten(file: MediaFile): file is WrittenFile {
  return ['multivariant', 'dash', 'playlist', 'sheets', 'texts'].includes(file.kind)
}

/** Cache-Control per kind of answer: what is written once is kept for ever; what carries a grant is nobody else's. */
export function cacheControl(file: MediaFile, granted: boolean): string {
  if (isWritten(file))
    return granted ? 'private, no-cache' : 'public, max-age=60, stale-while-revalidate=600, stale-if-error=86400'
  return granted ? 'private, max-age=86400, immutable' : 'public, max-age=31536000, immutable'
}

export function mediaType(file: MediaFile): string {
  if (file.kind === 'dash') return 'application/dash+xml'
  if (file.kind === 'text' || (file.kind === 'sheets' && file.form === 'vtt')) return 'text/vtt; charset=utf-8'
  if (isWritten(file)) return 'application/vnd.apple.mpegurl'
  if (file.kind === 'thumbnail' || file.kind === 'sheet') return 'image/jpeg'
  if (file.kind === 'sized') return `image/${file.form}`
  // A text beside a picture is the picture's: video/mp4 serves sound as well, and every player takes it.
  return file.kind === 'init' || file.kind === 'preview' ? 'video/mp4' : 'video/iso.segment'
}

/**
 * Whether the caller's copy is still good (RFC 9110 13.1.2, 13.1.3): If-None-Match decides alone where it is given.
 */
export function notModified(
  headers: Readonly<Record<string, string | undefined>>,
  etag: string,
  modified: Date,
): boolean {
  const tags = headers['if-none-match']
  if (tags !== undefined) {
    return tags.trim() === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
  }
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return !Number.isNaN(since) && Math.floor(modified.getTime() / 1000) * 1000 <= since
}

/** Whether a Range header counts: with If-Range (RFC 9110 13.1.5) only for the very same bytes. */
export function rangeCounts(headers: Readonly<Record<string, string | undefined>>, etag: string): boolean {
  const condition = headers['if-range']
  return condition === undefined || condition.trim() === etag
}

/**
 * What a request asks for when nothing is known of the blob yet: undefined where its facts decide, as for a copy that the caller may have and
 * for the last so many bytes. The range may reach beyond the end.
 */
export function rangeAtOnce(headers: Readonly<Record<string, string | undefined>>): ByteRange | 'whole' | undefined {
  if (CONDITIONS.some((name) => headers[name] !== undefined)) return undefined
  if (/^bytes=-/i.test(headers.range?.trim() ?? '')) return undefined
  const range = readRange(headers.range, Number.MAX_SAFE_INTEGER)
  return range === 'unsatisfiable' ? undefined : range
}

const CONDITIONS = ['if-none-match', 'if-modified-since', 'if-range']
