/** Analytics: what players and pages report in detail, the questions owners may ask of it, and the answers. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Id, Time } from './shapes.ts'

/** Where playbacks come from. The first six are places on this site that show thumbnails. */
export const SURFACES = ['home', 'search', 'suggested', 'channel', 'playlist', 'subscriptions'] as const
export const SOURCES = [...SURFACES, 'notification', 'external', 'embed', 'direct'] as const

export const NETWORKS = ['wifi', 'cellular', 'ethernet', 'other'] as const

/** A stretch of the video that was watched without a jump: from, to (milliseconds of the video) and at which speed. */
export const Section = z.tuple([
  z.number().finite().min(0).max(1e9),
  z.number().finite().min(0).max(1e9),
  z.number().finite().min(0.05).max(16).default(1),
])

/** How well it plays. All counts are sums since the playback began, so a lost beacon loses nothing. */
export const Quality = z.object({
  /** From the click to the first frame; absent until there is one. */
  startupMs: z.number().finite().min(0).max(600_000).optional(),
  stalls: z.number().int().min(0).max(100_000).default(0),
  stalledMs: z.number().finite().min(0).max(1e8).default(0),
  switches: z.number().int().min(0).max(100_000).default(0),
  errors: z.number().int().min(0).max(100_000).default(0),
  /** Of what is played now: bits per second, and height of the picture in lines. */
  bitsPerSecond: z.number().finite().min(0).max(1e9).optional(),
  height: z.number().int().min(0).max(10_000).optional(),
  network: z.enum(NETWORKS).optional(),
})
export type Quality = z.infer<typeof Quality>

/** What led to a playback: the place, and what in it: the words searched for, the video it was suggested by, the host that linked. */
export const Source = z.object({ kind: z.enum(SOURCES), detail: z.string().max(300).optional() })
export type Source = z.infer<typeof Source>

export const sendImpressions = endpoint({
  says: 'Reports which thumbnails came into view, and where; each is counted once per page visit.',
  method: 'POST',
  path: '/impressions',
  who: 'anyone',
  body: z.object({
    /** One per visit of a page, made by the page; with `sequence` it tells a repetition from news. */
    session: Id,
    sequence: z.number().int().min(0).max(10_000),
    shown: z
      .array(z.object({ videoId: Id, surface: z.enum(SURFACES) }))
      .min(1)
      .max(100),
  }),
  refuses: [],
  perMinute: 600,
})

/** Months and years are those of the calendar, in UTC. */
export const GRAINS = ['minute', 'hour', 'day', 'month', 'year'] as const
export const BREAKDOWNS = ['source', 'term', 'suggester', 'host', 'embedder', 'country', 'device', 'video'] as const
/** The last two are what players say with their requests for media (CMCD): by country and device only. */
export const SPREADS = ['startupMs', 'bitsPerSecond', 'throughput', 'bufferMs'] as const
export const SPREAD_BREAKDOWNS = ['all', 'country', 'device', 'network', 'height'] as const

const AskedRange = z.object({
  /** Whole UTC days when the range is longer than two of them. */
  from: Time,
  to: Time,
})

/** Sums of one period. Ratios are left to the reader, except those that need more than two of these. */
export const Sums = z.object({
  /** Counted views: enough was watched, once per viewer, video and hour. */
  views: z.number(),
  /** Playbacks that began, counted or not. */
  playbacks: z.number(),
  watchedMs: z.number(),
  impressions: z.number(),
  /** Playbacks that came from a thumbnail on this site. */
  clicks: z.number(),
  /** Playbacks that showed a first frame, and those that were left before one. */
  starts: z.number(),
  exits: z.number(),
  stalls: z.number(),
  stalledMs: z.number(),
  switches: z.number(),
  errors: z.number(),
  /** Members who watched this channel for the first time, and those who came back on another day. */
  newViewers: z.number(),
  returningViewers: z.number(),
  likes: z.number(),
  dislikes: z.number(),
  comments: z.number(),
  subscribed: z.number(),
  unsubscribed: z.number(),
  /** Views that were taken back by the audit. */
  struck: z.number(),
  /** Media sent to viewers, as origins count it: what caches in front of them sent besides is not in it. */
  sentBytes: z.number(),
})
export type Sums = z.infer<typeof Sums>

export const Totals = z.object({
  sums: Sums,
  /** Different viewers, by sketch: right within 2.5 %. */
  viewers: z.number(),
  /** The same for the period of equal length before. */
  before: z.object({ sums: Sums, viewers: z.number() }),
  /** Playbacks that reported during the last full minute. */
  watchingNow: z.number(),
  /** Views without those that were struck; until this hour all have been looked at, what is younger is provisional. */
  audited: z.object({ views: z.number(), until: Time }),
  /** Sources and all that was made of them, now; absent for playlists. */
  storedBytes: z.number().optional(),
  /** By the operator's prices, where there are any: of what was sent in the period, and of storing so much for as long. */
  cost: z.object({ sent: z.number(), stored: z.number(), currency: z.string() }).optional(),
})
export type Totals = z.infer<typeof Totals>

export const Series = z.object({ grain: z.enum(GRAINS), points: z.array(z.object({ at: Time, sums: Sums })) })
export type Series = z.infer<typeof Series>

export const Breakdown = z.object({
  /** `before`, where it was asked for: the same of the period of equal length before. */
  rows: z.array(z.object({ member: z.string(), label: z.string().optional(), sums: Sums, before: Sums.optional() })),
})
export type Breakdown = z.infer<typeof Breakdown>

/** How much of a video is watched: for each hundredth of it, how many playbacks saw it, and how often it was seen again. */
export const Retention = z.object({
  playbacks: z.number(),
  first: z.array(z.number()),
  again: z.array(z.number()),
})
export type Retention = z.infer<typeof Retention>

/** Percentiles of a quantity, within 5 %. */
export const Spread = z.object({
  rows: z.array(
    z.object({
      member: z.string(),
      count: z.number(),
      p50: z.number(),
      p75: z.number(),
      p95: z.number(),
      p99: z.number(),
    }),
  ),
})
export type Spread = z.infer<typeof Spread>

const SeriesQuery = AskedRange.extend({ grain: z.enum(GRAINS).default('day') })
const BreakdownQuery = AskedRange.extend({
  by: z.enum(BREAKDOWNS),
  limit: z.coerce.number().int().min(1).max(200).default(25),
  compare: z.enum(['none', 'before']).default('none'),
})
const SpreadQuery = AskedRange.extend({ of: z.enum(SPREADS), by: z.enum(SPREAD_BREAKDOWNS).default('all') })

const ofVideo = { params: z.object({ videoId: Id }), refuses: ['video_not_found', 'not_allowed'] } as const
const ofChannel = {
  params: z.object({ handle: z.string().max(40) }),
  refuses: ['channel_not_found', 'not_allowed'],
} as const

export const videoTotals = endpoint({
  says: 'Sums of a video over a period, beside those of the period before. For its owner and administrators.',
  method: 'GET',
  path: '/videos/:videoId/analytics',
  who: 'member',
  ...ofVideo,
  query: AskedRange,
  reply: Totals,
})
export const videoSeries = endpoint({
  says: 'Sums of a video by minute, hour, day, month or year.',
  method: 'GET',
  path: '/videos/:videoId/analytics/series',
  who: 'member',
  ...ofVideo,
  query: SeriesQuery,
  reply: Series,
})
export const videoBreakdown = endpoint({
  says: 'Sums of a video by source, search words, country, device and so on, largest first.',
  method: 'GET',
  path: '/videos/:videoId/analytics/breakdown',
  who: 'member',
  ...ofVideo,
  query: BreakdownQuery,
  reply: Breakdown,
})
export const videoRetention = endpoint({
  says: 'Which parts of a video are watched, and watched again.',
  method: 'GET',
  path: '/videos/:videoId/analytics/retention',
  who: 'member',
  ...ofVideo,
  query: AskedRange,
  reply: Retention,
})
export const videoSpread = endpoint({
  says: 'Percentiles of start-up time or bit rate of a video.',
  method: 'GET',
  path: '/videos/:videoId/analytics/spread',
  who: 'member',
  ...ofVideo,
  query: SpreadQuery,
  reply: Spread,
})
export const channelTotals = endpoint({
  says: 'Sums of a channel over a period, beside those of the period before. For its owner and administrators.',
  method: 'GET',
  path: '/channels/:handle/analytics',
  who: 'member',
  ...ofChannel,
  query: AskedRange,
  reply: Totals,
})
export const channelSeries = endpoint({
  says: 'Sums of a channel by minute, hour, day, month or year.',
  method: 'GET',
  path: '/channels/:handle/analytics/series',
  who: 'member',
  ...ofChannel,
  query: SeriesQuery,
  reply: Series,
})
export const channelBreakdown = endpoint({
  says: 'Sums of a channel by video, source, search words, country, device and so on, largest first.',
  method: 'GET',
  path: '/channels/:handle/analytics/breakdown',
  who: 'member',
  ...ofChannel,
  query: BreakdownQuery,
  reply: Breakdown,
})
export const channelSpread = endpoint({
  says: 'Percentiles of start-up time or bit rate of a channel.',
  method: 'GET',
  path: '/channels/:handle/analytics/spread',
  who: 'member',
  ...ofChannel,
  query: SpreadQuery,
  reply: Spread,
})
const ofPlaylist = { params: z.object({ playlistId: Id }), refuses: ['playlist_not_found', 'not_allowed'] } as const

export const playlistTotals = endpoint({
  says: 'Sums of what was watched from a playlist over a period, beside those of the period before. For its owner and administrators.',
  method: 'GET',
  path: '/playlists/:playlistId/analytics',
  who: 'member',
  ...ofPlaylist,
  query: AskedRange,
  reply: Totals,
})
export const playlistSeries = endpoint({
  says: 'Sums of what was watched from a playlist, by minute, hour, day, month or year.',
  method: 'GET',
  path: '/playlists/:playlistId/analytics/series',
  who: 'member',
  ...ofPlaylist,
  query: SeriesQuery,
  reply: Series,
})
export const playlistBreakdown = endpoint({
  says: 'Sums of what was watched from a playlist, by video, country, device and so on, largest first.',
  method: 'GET',
  path: '/playlists/:playlistId/analytics/breakdown',
  who: 'member',
  ...ofPlaylist,
  query: BreakdownQuery,
  reply: Breakdown,
})
export const siteTotals = endpoint({
  says: 'Sums of the whole platform over a period, beside those of the period before.',
  method: 'GET',
  path: '/analytics',
  who: 'admin',
  query: AskedRange,
  reply: Totals,
  refuses: [],
})
export const siteSeries = endpoint({
  says: 'Sums of the whole platform by minute, hour, day, month or year.',
  method: 'GET',
  path: '/analytics/series',
  who: 'admin',
  query: SeriesQuery,
  reply: Series,
  refuses: [],
})
export const siteBreakdown = endpoint({
  says: 'Sums of the whole platform by video, source, country, device and so on, largest first.',
  method: 'GET',
  path: '/analytics/breakdown',
  who: 'admin',
  query: BreakdownQuery,
  reply: Breakdown,
  refuses: [],
})
export const siteSpread = endpoint({
  says: 'Percentiles of start-up time or bit rate of the whole platform, by country, device, network or height of the picture.',
  method: 'GET',
  path: '/analytics/spread',
  who: 'admin',
  query: SpreadQuery,
  reply: Spread,
  refuses: [],
})
