/** What dashboards ask: the same questions of a video, a channel or the whole site. */
import { queryOptions } from '@tanstack/react-query'
import type { Breakdown, Retention, Series, Spread, Totals } from '../../contract/analytics.ts'
import { call } from '../api.ts'

export type Subject = { kind: 'video'; videoId: string } | { kind: 'channel'; handle: string } | { kind: 'site' }
export interface Period {
  from: string
  to: string
}

type By = 'source' | 'term' | 'suggester' | 'host' | 'embedder' | 'country' | 'device' | 'video'

const DAY_MS = 86_400_000
/** Figures are a few seconds old; asking more often would not show more. */
const FRESH_MS = 15_000

/** The last so many whole UTC days, today among them; below one, this hour and the one before. */
export function lastDays(days: number, nowMs: number = Date.now()): Period {
  if (days < 1) {
    const toMs = (Math.floor(nowMs / STEP_MS.hour) + 1) * STEP_MS.hour
    return { from: new Date(toMs - 2 * STEP_MS.hour).toISOString(), to: new Date(toMs).toISOString() }
  }
  const endMs = (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS
  return { from: new Date(endMs - days * DAY_MS).toISOString(), to: new Date(endMs).toISOString() }
}

/** Steps in which a period can be shown, the usual one first: some to some hundreds of them, whatever the period. */
export function grainsOf(days: number): readonly [Series['grain'], ...Series['grain'][]] {
  if (days < 1) return ['minute']
  if (days <= 7) return ['hour', 'day']
  if (days <= 365) return ['day', 'month']
  return ['month', 'year']
}

const options = <T>(name: string, subject: Subject, asked: object, ask: () => Promise<T>) =>
  queryOptions({ queryKey: ['figures', name, subject, asked], queryFn: ask, staleTime: FRESH_MS })

export const totalsQuery = (subject: Subject, query: Period) =>
  options('totals', subject, query, (): Promise<Totals> => {
    if (subject.kind === 'video') return call('videoTotals', { params: { videoId: subject.videoId }, query })
    if (subject.kind === 'channel') return call('channelTotals', { params: { handle: subject.handle }, query })
    return call('siteTotals', { query })
  })

export const seriesQuery = (subject: Subject, period: Period, grain: Series['grain']) => {
  const query = { ...period, grain }
  return options('series', subject, query, (): Promise<Series> => {
    if (subject.kind === 'video') return call('videoSeries', { params: { videoId: subject.videoId }, query })
    if (subject.kind === 'channel') return call('channelSeries', { params: { handle: subject.handle }, query })
    return call('siteSeries', { query })
  })
}

export const breakdownQuery = (subject: Subject, period: Period, by: By) => {
  const query = { ...period, by, limit: 10, compare: 'before' as const }
  return options('breakdown', subject, query, (): Promise<Breakdown> => {
    if (subject.kind === 'video') return call('videoBreakdown', { params: { videoId: subject.videoId }, query })
    if (subject.kind === 'channel') return call('channelBreakdown', { params: { handle: subject.handle }, query })
    return call('siteBreakdown', { query })
  })
}

export const spreadQuery = (
  subject: Subject,
  period: Period,
  of: 'startupMs' | 'bitsPerSecond' | 'throughput' | 'bufferMs',
  by: 'all' | 'country' | 'device' | 'network' | 'height',
) => {
  const query = { ...period, of, by }
  return options('spread', subject, query, (): Promise<Spread> => {
    if (subject.kind === 'video') return call('videoSpread', { params: { videoId: subject.videoId }, query })
    if (subject.kind === 'channel') return call('channelSpread', { params: { handle: subject.handle }, query })
    return call('siteSpread', { query })
  })
}

export const retentionQuery = (videoId: string, query: Period) =>
  options(
    'retention',
    { kind: 'video', videoId },
    query,
    (): Promise<Retention> => call('videoRetention', { params: { videoId }, query }),
  )

/** Every step of a period, those in which nothing happened with zero. */
export function filled(
  series: Series,
  period: Period,
): { at: string; sums: Series['points'][number]['sums'] | undefined }[] {
  const known = new Map(series.points.map((it) => [Date.parse(it.at), it.sums]))
  const endMs = Math.min(Date.parse(period.to), Date.now())
  const steps: { at: string; sums: Series['points'][number]['sums'] | undefined }[] = []
  for (let atMs = startOf(Date.parse(period.from), series.grain); atMs < endMs; atMs = nextStep(atMs, series.grain)) {
    steps.push({ at: new Date(atMs).toISOString(), sums: known.get(atMs) })
  }
  return steps
}

const STEP_MS = { minute: 60_000, hour: 3_600_000, day: DAY_MS }

/** The first moment of the calendar's step that holds a moment, in UTC; shorter steps begin where periods do. */
function startOf(ms: number, grain: Series['grain']): number {
  const at = new Date(ms)
  if (grain === 'year') return Date.UTC(at.getUTCFullYear(), 0)
  return grain === 'month' ? Date.UTC(at.getUTCFullYear(), at.getUTCMonth()) : ms
}

function nextStep(ms: number, grain: Series['grain']): number {
  const at = new Date(ms)
  if (grain === 'year') return Date.UTC(at.getUTCFullYear() + 1, 0)
  if (grain === 'month') return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1)
  return ms + STEP_MS[grain]
}

const FILE_COLUMNS = [
  'views',
  'playbacks',
  'watchedMs',
  'impressions',
  'clicks',
  'starts',
  'exits',
  'stalls',
  'stalledMs',
  'errors',
  'newViewers',
  'returningViewers',
  'likes',
  'comments',
  'subscribed',
  'unsubscribed',
  'sentBytes',
  'struck',
] as const

/** The series as a file for a table calculation (RFC 4180), a row per step. */
export function csvOf(series: Series, period: Period): string {
  const rows = filled(series, period).map(({ at, sums }) =>
    [at, ...FILE_COLUMNS.map((it) => sums?.[it] ?? 0)].join(','),
  )
  return `${['at', ...FILE_COLUMNS].join(',')}\r\n${rows.join('\r\n')}\r\n`
}

/** The same as Parquet, for tools that work on columns. The writer is loaded when somebody asks for such a file. */
export async function parquetOf(series: Series, period: Period): Promise<ArrayBuffer> {
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const steps = filled(series, period)
  return parquetWriteBuffer({
    columnData: [
      { name: 'at', type: 'TIMESTAMP', data: steps.map(({ at }) => new Date(at)) },
      ...FILE_COLUMNS.map((name) => ({
        name,
        type: 'INT64' as const,
        data: steps.map(({ sums }) => BigInt(Math.round(sums?.[name] ?? 0))),
      })),
    ],
  })
}
