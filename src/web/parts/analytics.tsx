/** The figures of a channel, a video or the whole site: tiles, a line over time, where viewers come from, how well it plays. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Breakdown, Series, Sums, Totals } from '../../contract/analytics.ts'
import { Chart } from '../ui/chart.tsx'
import { SelectField } from '../ui/field.tsx'
import { clockTime, fileSize, percent, shortCount } from '../ui/format.ts'
import { Trouble } from '../ui/trouble.tsx'
import type { WordKey } from '../words/en.ts'
import { say, speaking } from '../words/say.ts'
import { Downloads } from './analytics-files.tsx'
import { countryName, PlaybackQuality } from './analytics-quality.tsx'
import './analytics.css'
import {
  breakdownQuery,
  filled,
  grainsOf,
  lastDays,
  type Period,
  retentionQuery,
  type Subject,
  seriesQuery,
  totalsQuery,
} from './analytics-queries.ts'

const RANGES = ['0', '1', '7', '28', '90', '365', '1825'] as const
const STEP_NAMES: Record<Series['grain'], WordKey> = {
  minute: 'figures.step.minute',
  hour: 'figures.step.hour',
  day: 'figures.step.day',
  month: 'figures.step.month',
  year: 'figures.step.year',
}
type Charted = 'views' | 'watchedMs' | 'playbacks' | 'impressions' | 'sentBytes'
const CHARTED: Charted[] = ['views', 'watchedMs', 'playbacks', 'impressions', 'sentBytes']
const LIVE_MS = 15_000

export function Figures({ subject, durationMs }: { subject: Subject; durationMs?: number | undefined }) {
  const [range, setRange] = useState<(typeof RANGES)[number]>('28')
  const [chosen, setGrain] = useState<Series['grain']>('day')
  const days = Number(range)
  const period = lastDays(days)
  const grains = grainsOf(days)
  const grain = grains.includes(chosen) ? chosen : grains[0]
  const totals = useQuery({ ...totalsQuery(subject, period), refetchInterval: LIVE_MS })
  const series = useQuery(seriesQuery(subject, period, grain))
  return (
    <div className="figures">
      <div className="figure-choices">
        <SelectField
          label={say('figures.range')}
          value={range}
          options={RANGES.map(
            (it) => [it, it === '0' ? say('figures.hours') : say('figures.days', { count: Number(it) })] as const,
          )}
          onChoose={setRange}
        />
        <SelectField
          label={say('figures.step')}
          value={grain}
          options={grains.map((it) => [it, say(STEP_NAMES[it] as 'figures.step.day')] as const)}
          onChoose={setGrain}
        />
        {series.data ? <Downloads series={series.data} period={period} /> : null}
      </div>
      <Trouble thrown={totals.error ?? series.error} />
      {totals.data ? <Tiles totals={totals.data} /> : null}
      {series.data ? <Lines series={series.data} period={period} /> : null}
      {subject.kind === 'video' ? <Watched videoId={subject.videoId} period={period} durationMs={durationMs} /> : null}
      <div className="figure-columns">
        {subject.kind === 'video' ? null : <Table subject={subject} period={period} by="video" />}
        <Table subject={subject} period={period} by="source" />
        <Table subject={subject} period={period} by="term" />
        <Table subject={subject} period={period} by="suggester" />
        <Table subject={subject} period={period} by="host" />
        <Table subject={subject} period={period} by="embedder" />
        <Table subject={subject} period={period} by="country" />
        <Table subject={subject} period={period} by="device" />
      </div>
      <PlaybackQuality subject={subject} period={period} />
    </div>
  )
}

function Tiles({ totals }: { totals: Totals }) {
  const { sums, before } = totals
  const each = (it: Sums) => (it.playbacks ? it.watchedMs / it.playbacks : 0)
  const rate = (part: number, whole: number) => (whole ? percent(part / whole) : '–')
  return (
    <section className="stack" aria-label={say('figures.summary')}>
      <p role="status">
        <span className="live-dot" aria-hidden="true" />
        {say('figures.watching_now', { count: totals.watchingNow })}
      </p>
      <dl className="figure-tiles">
        <Tile name={say('figures.views')} value={shortCount(sums.views)} now={sums.views} then={before.sums.views} />
        <Tile
          name={say('figures.watch_time')}
          value={hours(sums.watchedMs)}
          now={sums.watchedMs}
          then={before.sums.watchedMs}
        />
        <Tile
          name={say('figures.viewers')}
          value={shortCount(totals.viewers)}
          now={totals.viewers}
          then={before.viewers}
        />
        <Tile name={say('figures.average')} value={clockTime(each(sums))} now={each(sums)} then={each(before.sums)} />
        <Tile
          name={say('figures.impressions')}
          value={shortCount(sums.impressions)}
          now={sums.impressions}
          then={before.sums.impressions}
        />
        <Tile name={say('figures.click_rate')} value={rate(sums.clicks, sums.impressions)} />
        <Tile name={say('figures.start_rate')} value={rate(sums.starts, sums.starts + sums.exits)} />
        <Tile name={say('figures.stalled')} value={rate(sums.stalledMs, sums.stalledMs + sums.watchedMs)} />
        <Tile name={say('figures.audited')} value={shortCount(totals.audited.views)} />
        <Tile
          name={say('figures.sent')}
          value={fileSize(sums.sentBytes)}
          now={sums.sentBytes}
          then={before.sums.sentBytes}
        />
        {totals.storedBytes === undefined ? null : (
          <Tile name={say('figures.stored')} value={fileSize(totals.storedBytes)} />
        )}
        {totals.cost ? (
          <Tile
            name={say('figures.cost')}
            value={`${money(totals.cost.sent, totals.cost.currency)} + ${money(totals.cost.stored, totals.cost.currency)}`}
          />
        ) : null}
        <Tile
          name={say('figures.subscribers')}
          value={`+${shortCount(sums.subscribed)} / −${shortCount(sums.unsubscribed)}`}
        />
        <Tile name={say('figures.likes')} value={shortCount(sums.likes)} now={sums.likes} then={before.sums.likes} />
        <Tile
          name={say('figures.comments')}
          value={shortCount(sums.comments)}
          now={sums.comments}
          then={before.sums.comments}
        />
        <Tile
          name={say('figures.new_viewers')}
          value={`${shortCount(sums.newViewers)} / ${shortCount(sums.returningViewers)}`}
        />
      </dl>
      <p className="soft small">{say('figures.audited_until', { when: dateAndHour(totals.audited.until) })}</p>
    </section>
  )
}

function dateAndHour(time: string): string {
  return new Intl.DateTimeFormat(speaking(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time))
}

function money(amount: number, currency: string): string {
  return new Intl.NumberFormat(speaking(), { style: 'currency', currency }).format(amount)
}

function Tile({ name, value, now, then }: { name: string; value: string; now?: number; then?: number }) {
  return (
    <div className="figure-tile">
      <dt className="soft small">{name}</dt>
      <dd>
        {value} <Change now={now} then={then} />
      </dd>
    </div>
  )
}

/** How much it has grown since the period before; nothing where there was nothing. */
function Change({ now, then }: { now: number | undefined; then: number | undefined }) {
  if (now === undefined || !then) return null
  return <span className="small soft">{say('figures.change', { change: growth(now, then) })}</span>
}

/** The same where there is little room: the words are for those who hear them, or point at it. */
function ShortChange({ now, then }: { now: number; then: number | undefined }) {
  if (!then) return null
  const change = growth(now, then)
  const words = say('figures.change', { change })
  return (
    <span className="small soft" title={words}>
      <span aria-hidden="true">{change}</span>
      <span className="out-of-sight">{words}</span>
    </span>
  )
}

function growth(now: number, then: number): string {
  const form = { style: 'percent', signDisplay: 'exceptZero', maximumFractionDigits: 0 } as const
  return new Intl.NumberFormat(speaking(), form).format((now - then) / then)
}

const STEP_FORMS: Record<Series['grain'], Intl.DateTimeFormatOptions> = {
  minute: { dateStyle: 'medium', timeStyle: 'short' },
  hour: { dateStyle: 'medium', timeStyle: 'short' },
  day: { dateStyle: 'medium' },
  month: { year: 'numeric', month: 'long' },
  year: { year: 'numeric' },
}

function Lines({ series, period }: { series: Series; period: Period }) {
  const [charted, setCharted] = useState<Charted>('views')
  const steps = filled(series, period)
  const write = { watchedMs: hours, sentBytes: fileSize }[charted as 'watchedMs' | 'sentBytes'] ?? shortCount
  const when = new Intl.DateTimeFormat(speaking(), {
    timeZone: 'UTC',
    ...STEP_FORMS[series.grain],
  })
  return (
    <section aria-label={say('figures.over_time')}>
      <SelectField
        label={say('figures.show')}
        value={charted}
        options={CHARTED.map((it) => [it, nameOf(it)] as const)}
        onChoose={setCharted}
      />
      <Chart
        title={nameOf(charted)}
        points={steps.map(({ at, sums }) => ({ label: when.format(new Date(at)), value: sums?.[charted] ?? 0 }))}
        write={write}
        words={{
          label: say('figures.when'),
          value: nameOf(charted),
          table: say('figures.as_table'),
          move: say('figures.move'),
        }}
      />
    </section>
  )
}

function nameOf(charted: Charted): string {
  const names: Record<Charted, WordKey> = {
    views: 'figures.views',
    watchedMs: 'figures.watch_time',
    playbacks: 'figures.playbacks',
    impressions: 'figures.impressions',
    sentBytes: 'figures.sent',
  }
  return say(names[charted] as 'figures.views')
}

/** Which parts are watched: a part of one for those who saw it, with all repetitions beside it. */
function Watched({ videoId, period, durationMs }: { videoId: string; period: Period; durationMs: number | undefined }) {
  const { data } = useQuery(retentionQuery(videoId, period))
  if (!data || data.playbacks === 0) return null
  const place = (part: number) => (durationMs ? clockTime((durationMs * part) / 100) : percent(part / 100))
  const shares = (counts: (part: number) => number) =>
    data.first.map((_, part) => ({ label: place(part), value: counts(part) / data.playbacks }))
  const share = (value: number) => new Intl.NumberFormat(speaking(), { style: 'percent' }).format(value)
  return (
    <section>
      <h2>{say('figures.retention')}</h2>
      <p className="soft small">{say('figures.retention_hint')}</p>
      <Chart
        title={say('figures.retention_line')}
        points={shares((part) => data.first[part] ?? 0)}
        write={share}
        before={{
          title: say('figures.retention_again'),
          points: shares((part) => (data.first[part] ?? 0) + (data.again[part] ?? 0)),
        }}
        words={{
          label: say('figures.place'),
          value: say('figures.retention_line'),
          table: say('figures.as_table'),
          move: say('figures.move'),
        }}
      />
    </section>
  )
}

type By = 'video' | 'source' | 'term' | 'suggester' | 'host' | 'embedder' | 'country' | 'device'

function Table({ subject, period, by }: { subject: Subject; period: Period; by: By }) {
  const { data, error } = useQuery(breakdownQuery(subject, period, by))
  const titles: Record<By, string> = {
    video: say('figures.by_video'),
    source: say('figures.by_source'),
    term: say('figures.by_term'),
    suggester: say('figures.by_suggester'),
    host: say('figures.by_host'),
    embedder: say('figures.by_embedder'),
    country: say('figures.by_country'),
    device: say('figures.by_device'),
  }
  if (error) return <Trouble thrown={error} />
  if (!data || data.rows.length === 0) return null
  return (
    <section>
      <h2>{titles[by]}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard (WCAG 2.1.1) */}
      <section className="table-frame" tabIndex={0} aria-label={titles[by]}>
        <table aria-label={titles[by]}>
          <thead>
            <tr>
              <th scope="col">{titles[by]}</th>
              <th scope="col">{say('figures.views')}</th>
              <th scope="col">{say('figures.watch_time')}</th>
              <th scope="col">{say('figures.click_rate')}</th>
            </tr>
          </thead>
          <tbody>
            {data.rows.map((row) => (
              <tr key={row.member}>
                <th scope="row" dir="auto">
                  {memberName(by, row)}
                </th>
                <td>
                  {shortCount(row.sums.views)} <ShortChange now={row.sums.views} then={row.before?.views} />
                </td>
                <td>{hours(row.sums.watchedMs)}</td>
                <td>{row.sums.impressions ? percent(row.sums.clicks / row.sums.impressions) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}

function memberName(by: By, row: Breakdown['rows'][number]): string {
  if (row.label !== undefined) return row.label
  // So the warehouse names the tail of a list.
  if (row.member === '~') return say('figures.others')
  if (by === 'country') return countryName(row.member)
  if (by === 'source' || by === 'device') return say(`figures.${by}.${row.member}` as 'figures.source.home')
  return row.member
}

function hours(ms: number): string {
  const [value, unit] = ms < 3_600_000 ? [ms / 60_000, 'minute'] : [ms / 3_600_000, 'hour']
  return new Intl.NumberFormat(speaking(), {
    style: 'unit',
    unit: unit as string,
    unitDisplay: 'short',
    maximumFractionDigits: 1,
    notation: 'compact',
  }).format(value as number)
}
