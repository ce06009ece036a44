/** The decisions of analytics: which reports can be true, what is kept of them, who may ask, which period is compared. Pure. */

import { hash } from 'node:crypto'
import type { Source } from '../../contract/analytics.ts'
import type { Beacon } from '../../contract/watch.ts'
import { hmacSha256 } from '../../kit/hmac.ts'
import type { Config } from '../../platform/config.ts'
import type { Viewer } from '../../platform/http/http.ts'

export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** Players may run at double speed, so two seconds of film can be watched in one of the wall clock. */
const FASTEST_WATCHING = 2
/** Clocks and buffers are not exact: a section may end this far behind the end of the video. */
const SLACK_MS = 3 * SECOND_MS

/** What a playback token has proved of a report. */
export interface Proved {
  videoId: string
  viewer: string
  issuedMs: number
  durationMs: number
}

/** What is known of who reports, without anything that names them. */
export interface Visitor {
  /** ISO 3166 two letters, or empty where it is not known or must not be. */
  country: string
  device: Device
  /** They ask not to be followed: counted, but not known again. */
  doNotTrack: boolean
}

export type Device = 'desktop' | 'phone' | 'tablet' | 'tv' | 'bot' | 'other'

/** One report as it goes into the log. */
export interface Report {
  videoId: string
  session: string
  /** -1 where the player does not count its beacons. */
  sequence: number
  atMs: number
  issuedMs: number
  durationMs: number
  viewer: string
  country: string
  device: Device
  source: Source['kind']
  /** Words, video, playlist or host, by the kind of source; empty for none. */
  detail: string
  watchedMs: number
  ended: boolean
  /** From, to, from, to, ... in whole milliseconds. */
  sections: number[]
  quality: ReportedQuality | undefined
}

export interface ReportedQuality {
  startupMs: number | undefined
  stalls: number
  stalledMs: number
  switches: number
  errors: number
  bitsPerSecond: number
  height: number
  network: string
}

/** Impressions of one beacon of a page. */
export interface Shown {
  session: string
  sequence: number
  atMs: number
  shown: [videoId: string, surface: string][]
}

/** How often a quantity was told to be within a step, of a video, from a place; counted already. */
export interface Measured {
  atMs: number
  videoId: string
  country: string
  device: Device
  quantity: string
  /** As in kit/histogram. */
  step: number
  count: number
}

/** What a row of the log unpacks to. */
export interface Unpacked {
  reports: Report[]
  shown: Shown[]
  measured: Measured[]
}

export type RefusedReason = 'section_outside' | 'section_backwards' | 'faster_than_time'

/** The part of a claimed watching time that can be true: nobody watches longer than the playback is old, times the speed. */
export function believedMs(issuedMs: number, claimedMs: number, nowMs: number): number {
  const possibleMs = Math.max(0, nowMs - issuedMs) * FASTEST_WATCHING
  return Math.floor(Math.min(claimedMs, possibleMs))
}

/** Watching that makes a view: so many seconds, or half of what is shorter than twice that. */
export function viewAfterMs(durationMs: number, viewSeconds: number): number {
  return Math.min(viewSeconds * SECOND_MS, durationMs / 2)
}

/**
 * The hour a view belongs to: that in which the playback began, not the one in which a beacon came, so that one long
 * playback is never two views.
 */
export function hourOf(timeMs: number): Date {
  return new Date(Math.floor(timeMs / HOUR_MS) * HOUR_MS)
}

/** What is kept of a beacon, or why it cannot be true. The wall clock here is ours; the player's is never asked. */
export function readReport(
  beacon: Beacon,
  proved: Proved,
  visitor: Visitor,
  viewer: string,
  nowMs: number,
): Report | RefusedReason {
  const sections: number[] = []
  let lengthMs = 0
  for (const [fromMs, toMs] of beacon.sections) {
    if (toMs <= fromMs) return 'section_backwards'
    if (toMs > proved.durationMs + SLACK_MS) return 'section_outside'
    lengthMs += toMs - fromMs
    sections.push(Math.floor(fromMs), Math.floor(Math.min(toMs, proved.durationMs)))
  }
  if (lengthMs > Math.max(0, nowMs - proved.issuedMs) * FASTEST_WATCHING + SLACK_MS) return 'faster_than_time'
  const { kind, detail } = plainSource(beacon.source)
  const { quality } = beacon
  return {
    videoId: proved.videoId,
    session: playbackOf(beacon.session, proved.issuedMs, viewer),
    sequence: beacon.sequence ?? -1,
    atMs: nowMs,
    issuedMs: proved.issuedMs,
    durationMs: proved.durationMs,
    viewer,
    country: visitor.country,
    device: visitor.device,
    source: kind,
    detail,
    watchedMs: believedMs(proved.issuedMs, beacon.watchedMs, nowMs),
    ended: beacon.ended,
    // Without a number a repetition could not be told from news.
    sections: beacon.sequence === undefined ? [] : sections,
    quality: quality && {
      startupMs: quality.startupMs,
      stalls: quality.stalls,
      stalledMs: Math.round(quality.stalledMs),
      switches: quality.switches,
      errors: quality.errors,
      bitsPerSecond: Math.round(quality.bitsPerSecond ?? 0),
      height: quality.height ?? 0,
      network: quality.network ?? '',
    },
  }
}

/**
 * A playback is what one token allowed to one player: a session that a player uses again, or has from another, is another
 * playback. Of the viewer no more is in it than tells two apart.
 */
function playbackOf(session: string, issuedMs: number, viewer: string): string {
  return `${session}.${issuedMs.toString(36)}.${hash('sha256', session + viewer, 'base64url').slice(0, 6)}`
}

/** Shards of the log: so many processes can roll up at the same time. Rows wait under their number, so it never changes. */
export const SHARDS = 4

/** The shard of a playback or of a page's visit: all of its reports are rolled up by one process at a time. */
export function shardOf(session: string): number {
  let sum = 0
  for (let index = 0; index < session.length; index++) sum = (sum * 31 + session.charCodeAt(index)) | 0
  // The low bits of such a sum are those of the last letters only.
  return ((sum >>> 16) ^ sum) & (SHARDS - 1)
}

const DETAIL_LENGTH = 80

/** A source without what does not belong in sums: spelling of words searched for, paths and queries of foreign pages. */
export function plainSource(source: Source | undefined): { kind: Source['kind']; detail: string } {
  if (!source) return { kind: 'direct', detail: '' }
  const detail = (source.detail ?? '')
    .normalize('NFKC')
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
  if (source.kind === 'search') {
    return { kind: 'search', detail: detail.toLowerCase().replace(/\s+/g, ' ').slice(0, DETAIL_LENGTH) }
  }
  if (source.kind === 'suggested' || source.kind === 'playlist') {
    return { kind: source.kind, detail: /^[0-9A-Za-z]{8,32}$/.test(detail) ? detail : '' }
  }
  if (source.kind === 'external' || source.kind === 'embed') return { kind: source.kind, detail: hostOf(detail) }
  return { kind: source.kind, detail: '' }
}

/** `https://www.example.org/x?y` and `example.org` are one host; what is none is nothing. */
export function hostOf(address: string): string {
  const host = address
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .split(/[/?#:]/, 1)[0]!
    .replace(/^www\./, '')
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host) ? host.slice(0, DETAIL_LENGTH) : ''
}

/**
 * Who a viewer is in the sums: a keyed hash, with a first letter for what it is the hash of. An anonymous viewer's name
 * holds the day already, so it is another one tomorrow; one who does not want to be followed is only this playback.
 */
export function viewerKeyOf(name: string, session: string, visitor: Visitor, key: Buffer): string {
  if (visitor.doNotTrack) return `s${hashed(`session:${session}`, key)}`
  return `${name.startsWith('account:') ? 'm' : 'a'}${hashed(name, key)}`
}

/** The key under which a member's watching is counted. */
export function memberKey(accountId: string, key: Buffer): string {
  return `m${hashed(`account:${accountId}`, key)}`
}

function hashed(text: string, key: Buffer): string {
  return hmacSha256(key, text).subarray(0, 12).toString('base64url')
}

/** Fifty-two even bits of a viewer key, for sketches. */
export function viewerHash(viewerKey: string): number {
  const bytes = Buffer.from(viewerKey.slice(1), 'base64url')
  return bytes.readUIntBE(0, 6) * 16 + (bytes[6]! & 15)
}

const BOTS =
  /bot\b|bot[/_-]|crawl|spider|slurp|preview|headless|phantom|puppeteer|playwright|selenium|curl\/|wget\/|python|java\/|go-http|okhttp\/0|scrapy|httpclient|libwww|monitor|uptime|lighthouse/i

/** What kind of device a User-Agent header speaks of. Coarse on purpose: it needs no list that grows old. */
export function deviceOf(userAgent: string): Device {
  if (BOTS.test(userAgent)) return 'bot'
  if (
    /smart-?tv|tizen.*tv|web0s|webos|appletv|googletv|android tv|bravia|hbbtv|roku|aft[a-z]{1,3}\b|crkey|playstation|xbox|nintendo/i.test(
      userAgent,
    )
  )
    return 'tv'
  if (/ipad|tablet|kindle|silk\/|android(?!.*mobile)/i.test(userAgent)) return 'tablet'
  if (/mobi|iphone|ipod|android/i.test(userAgent)) return 'phone'
  if (/windows|macintosh|x11|linux|cros/i.test(userAgent)) return 'desktop'
  return 'other'
}

/** Do-Not-Track, and its successor Global Privacy Control. */
export function wantsNoTracking(headers: Readonly<Record<string, string | undefined>>): boolean {
  return headers.dnt === '1' || headers['sec-gpc'] === '1'
}

/** Owners, those who own or edit the channel with them, and administrators, who answer for what is on their machine. */
export function mayAsk(viewer: Viewer, ownerId: string, teamRole?: string | null): boolean {
  return viewer.accountId === ownerId || teamRole === 'owner' || teamRole === 'editor' || viewer.role === 'admin'
}

export interface Range {
  fromMs: number
  toMs: number
}

/** No answer has more points than this, and no question covers more than six years, which are five and the rest of the first and last. */
const MOST_POINTS = 1500
const LONGEST_MS = 6 * 366 * DAY_MS
const STEP_MS = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS } as const
/** What sums are kept by. */
export type Grain = keyof typeof STEP_MS
/** What answers are told by: months and years are those of the calendar, in UTC. */
export type AskedGrain = Grain | 'month' | 'year'

/** Sums that an answer by this grain is put together from. */
export function keptGrain(grain: AskedGrain): Grain {
  return grain === 'month' || grain === 'year' ? 'day' : grain
}

/** The first moment of the month of a moment, and of the month after it. */
export function monthOf(ms: number): number {
  const at = new Date(ms)
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth())
}
export function monthAfter(ms: number): number {
  const at = new Date(ms)
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1)
}

/** The first moment of the step that holds a moment. */
export function stepStart(ms: number, grain: AskedGrain): number {
  if (grain === 'month') return monthOf(ms)
  if (grain === 'year') return Date.UTC(new Date(ms).getUTCFullYear(), 0)
  return Math.floor(ms / STEP_MS[grain]) * STEP_MS[grain]
}

/** The first moment of the first step that begins at a moment or after it. */
function stepEnd(ms: number, grain: AskedGrain): number {
  const startMs = stepStart(ms, grain)
  if (startMs === ms) return ms
  if (grain === 'month') return monthAfter(startMs)
  if (grain === 'year') return Date.UTC(new Date(ms).getUTCFullYear() + 1, 0)
  return startMs + STEP_MS[grain]
}

/** The asked period in whole steps of `grain`, or undefined for one that ends before it begins or holds too many. */
export function wholeRange(from: string, to: string, grain: AskedGrain): Range | undefined {
  const fromMs = stepStart(Date.parse(from), grain)
  const toMs = stepEnd(Date.parse(to), grain)
  const possible = toMs > fromMs && toMs - fromMs <= LONGEST_MS
  return possible ? { fromMs, toMs } : undefined
}

export function fitsSeries(range: Range, grain: AskedGrain): boolean {
  return grain === 'month' || grain === 'year' || (range.toMs - range.fromMs) / STEP_MS[grain] <= MOST_POINTS
}

/** Sums of up to two days are told from hours, longer ones from days. */
export function totalGrain(from: string, to: string): Grain {
  return Date.parse(to) - Date.parse(from) <= 2 * DAY_MS ? 'hour' : 'day'
}

const GIGABYTE = 1e9
const MONTH_MS = (365.25 / 12) * DAY_MS

/** What a period cost by the prices in the settings; nothing where they name none. Storage is reckoned as it is now. */
export function costOf(
  prices: Pick<Config, 'analytics.price_sent' | 'analytics.price_stored' | 'analytics.currency'>,
  { fromMs, toMs }: Range,
  sentBytes: number,
  storedBytes: number,
): { cost?: { sent: number; stored: number; currency: string } } {
  const [perSent, perStored] = [prices['analytics.price_sent'], prices['analytics.price_stored']]
  if (perSent === 0 && perStored === 0) return {}
  const stored = (storedBytes / GIGABYTE) * perStored * ((toMs - fromMs) / MONTH_MS)
  return { cost: { sent: (sentBytes / GIGABYTE) * perSent, stored, currency: prices['analytics.currency'] } }
}

/** The period of the same length just before. */
export function rangeBefore({ fromMs, toMs }: Range): Range {
  return { fromMs: fromMs - (toMs - fromMs), toMs: fromMs }
}

/** The whole UTC days that hold a range: viewers are told by day. */
export function wholeDays({ fromMs, toMs }: Range): Range {
  return { fromMs: Math.floor(fromMs / DAY_MS) * DAY_MS, toMs: Math.ceil(toMs / DAY_MS) * DAY_MS }
}
