/** The decisions of watching: playback tokens, where to go on, what to fetch first. Pure. */
import { timingSafeEqual } from 'node:crypto'
import { hmacSha256 } from '../../kit/hmac.ts'

const SECOND_MS = 1000
export const HOUR_MS = 3600 * SECOND_MS

/** How long a playback may report after it began: a day covers a long film with a night's pause in it. */
export const TOKEN_LIFE_MS = 24 * HOUR_MS

/** What a playback token says. It is signed, not secret. */
export interface PlaybackProof {
  videoId: string
  /** The account, as `account:…`, or the key of an anonymous viewer, as `viewer:…`. */
  viewer: string
  issuedMs: number
  durationMs: number
}

export function viewerName(viewer: { accountId: string | undefined; viewerKey: string }): string {
  return viewer.accountId === undefined ? `viewer:${viewer.viewerKey}` : `account:${viewer.accountId}`
}

/** Signs a proof: base64url of its JSON, a point, base64url of HMAC-SHA-256 over the first part. */
export function signProof(proof: PlaybackProof, key: Buffer): string {
  const { videoId, viewer, issuedMs, durationMs } = proof
  const body = Buffer.from(JSON.stringify([videoId, viewer, issuedMs, durationMs])).toString('base64url')
  return `${body}.${signatureOf(body, key).toString('base64url')}`
}

/** The proof in a token, or undefined when the token is forged, damaged, expired or from the future. */
export function readProof(token: string, key: Buffer, nowMs: number): PlaybackProof | undefined {
  const [body, signature, ...rest] = token.split('.')
  if (!body || !signature || rest.length > 0) return undefined
  const given = Buffer.from(signature, 'base64url')
  const right = signatureOf(body, key)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  // Only this platform signs, so past this line the body is what signProof wrote.
  const [videoId, viewer, issuedMs, durationMs] = JSON.parse(Buffer.from(body, 'base64url').toString())
  const proof: PlaybackProof = { videoId, viewer, issuedMs, durationMs }
  // Another process may have a clock a little ahead of ours.
  const ageMs = nowMs - issuedMs
  return ageMs < -60 * SECOND_MS || ageMs > TOKEN_LIFE_MS ? undefined : proof
}

function signatureOf(body: string, key: Buffer): Buffer {
  return hmacSha256(key, body)
}

/**
 * Whether this viewer may report with this proof. A member's proof is the member's alone, for it moves the member's
 * history. An anonymous one is worth one view for the viewer it names, whoever carries it: a phone that leaves the house
 * gets another address in mid-film, and midnight gives everybody another key.
 */
export function mayReport(proof: PlaybackProof, viewer: { accountId: string | undefined }): boolean {
  if (!proof.viewer.startsWith('account:')) return true
  return proof.viewer === `account:${viewer.accountId}`
}

/** The last stretch of a video, in which a viewer has seen it: 5 % of its length, but 3 s to 30 s. */
export function tailMs(durationMs: number): number {
  return Math.min(30 * SECOND_MS, Math.max(3 * SECOND_MS, durationMs * 0.05), durationMs / 2)
}

export function isCompleted(positionMs: number, durationMs: number): boolean {
  return positionMs >= durationMs - tailMs(durationMs)
}

/** Where to go on: the kept position, or the beginning after the first moments and after the end. */
export function resumeAt(positionMs: number, durationMs: number): number {
  if (positionMs < 5 * SECOND_MS || isCompleted(positionMs, durationMs)) return 0
  return positionMs
}

/**
 * What a player will ask for first: initialisation and first segment of the lowest picture rendition and of the sound.
 * Addresses relative to the folder of the multivariant playlist, which lists its renditions lowest first.
 */
export function firstPieces(playlists: Record<string, string>): string[] {
  const main = playlists['main.m3u8'] ?? ''
  const lowest = main.split('\n').find((line) => line !== '' && !line.startsWith('#'))
  const sound = /^#EXT-X-MEDIA:.*TYPE=AUDIO.*URI="([^"]+)"/m.exec(main)?.[1]
  return [lowest, sound].flatMap((name) => {
    const playlist = name === undefined ? undefined : playlists[name]
    if (name === undefined || playlist === undefined) return []
    const folder = name.slice(0, name.lastIndexOf('/') + 1)
    const init = /^#EXT-X-MAP:.*URI="([^"]+)"/m.exec(playlist)?.[1]
    const first = playlist.split('\n').find((line) => line !== '' && !line.startsWith('#'))
    return [init, first].filter((piece) => piece !== undefined).map((piece) => folder + piece)
  })
}
