/**
 * From reports to sums: what of each report is new to what its playback has reported before, and to which sums it goes. Pure:
 * the states of the playbacks come in and go out, so that a repeated report adds nothing.
 */

import { SURFACES } from '../../contract/analytics.ts'
import { stepOf } from '../../kit/histogram.ts'
import { type Heard, hearNumber, keyOf, newHeard, newPlayback, type Playback, watchPart } from './playbacks/playback.ts'
import {
  DAY_MS,
  HOUR_MS,
  type Measured,
  MINUTE_MS,
  type Report,
  type Shown,
  type Unpacked,
  viewAfterMs,
  viewerHash,
} from './rules.ts'
import {
  AT,
  addMeasures,
  type Intake,
  MEASURES,
  type Measure,
  type Measures,
  nothing,
  PARTS,
  type SumRow,
} from './warehouse/warehouse.ts'

/** A change that another feature made: a like, a comment, a subscription. `by` is negative for one that is taken back. */
export interface Noted {
  noteId: number
  /** Empty where it concerns the channel only. */
  videoId: string
  channelId: string
  measure: string
  by: number
  atMs: number
}

/** A playback that has watched enough for a view; whether it counts is said by the table of counted views. */
export interface Candidate {
  videoId: string
  viewer: string
  hourMs: number
  report: Report
}

/** A member who watched a channel on a day. */
export interface Visit {
  channelId: string
  viewer: string
  dayMs: number
  atMs: number
}

export interface Rolled {
  intake: Intake
  playbacks: Playback[]
  visits: Map<string, Heard & { session: string; atMs: number }>
  candidates: Candidate[]
  members: Visit[]
  /** Reports that said nothing new. */
  repeated: number
  /** Reports of videos that are gone. */
  orphans: number
}

export interface Known {
  playbacks: Map<string, Playback>
  visits: Map<string, Heard>
  /** Channel of each video that is there. */
  channels: Map<string, string>
  viewSeconds: number
}

/** Rolls up what came, in the order in which it came. */
export function rollUpReports(came: Unpacked, known: Known): Rolled {
  const sums = new Sums()
  const touched = new Map<string, Playback>()
  const rolled = { candidates: [] as Candidate[], members: [] as Visit[], repeated: 0, orphans: 0 }
  const visits: Rolled['visits'] = new Map()

  for (const report of came.reports) {
    const channelId = known.channels.get(report.videoId)
    if (channelId === undefined) {
      rolled.orphans++
      continue
    }
    const key = keyOf(report)
    const state = touched.get(key) ?? known.playbacks.get(key) ?? newPlayback(report)
    touched.set(key, state)
    if (!addReport(sums, rolled, state, report, channelId, known.viewSeconds)) rolled.repeated++
  }
  for (const it of came.shown) {
    const heard = visits.get(it.session) ?? {
      ...(known.visits.get(it.session) ?? newHeard()),
      session: it.session,
      atMs: it.atMs,
    }
    visits.set(it.session, { ...heard, atMs: it.atMs })
    if (hearNumber(visits.get(it.session)!, it.sequence)) addShown(sums, it, known.channels)
    else rolled.repeated++
  }
  for (const it of came.measured) {
    const channelId = known.channels.get(it.videoId)
    if (channelId === undefined) rolled.orphans++
    else sums.measured(it, channelId)
  }
  return { intake: sums.intake(), playbacks: [...touched.values()], visits, ...rolled }
}

/** Adds what only the database could tell: changes of other features, counted views, and new and returning members. */
export function addLate(
  rolled: Rolled,
  late: {
    noted: Noted[]
    views: Candidate[]
    members: (Visit & { isNew: boolean })[]
    channels: Map<string, string>
  },
): void {
  const sums = new Sums()
  for (const it of late.noted) addNoted(sums, it)
  for (const { report } of late.views) {
    const channelId = late.channels.get(report.videoId)
    if (channelId !== undefined) sums.cell(report, channelId)[AT.views]!++
  }
  for (const { channelId, atMs, isNew } of late.members) {
    const measure: Measure = isNew ? 'new_viewers' : 'returning_viewers'
    for (const subject of [`c${channelId}`, 'all']) sums.plain(subject, atMs, measure, 1)
  }
  rolled.intake.sums.push(...sums.intake().sums)
}

/** False for a report that said nothing new. */
function addReport(
  sums: Sums,
  out: { candidates: Candidate[]; members: Visit[] },
  state: Playback,
  report: Report,
  channelId: string,
  viewSeconds: number,
): boolean {
  const isFirst = state.heardMs < 0
  const numbered = report.sequence >= 0
  const isNews = !numbered || hearNumber(state, report.sequence)
  const grownMs = Math.max(0, report.watchedMs - state.watchedMs)
  if (!isNews && grownMs === 0) return false

  const cell = sums.cell(report, channelId)
  const dayMs = Math.floor(report.atMs / DAY_MS) * DAY_MS
  if (isFirst) {
    cell[AT.playbacks]!++
    if ((SURFACES as readonly string[]).includes(report.source)) cell[AT.clicks]!++
  }
  if (isFirst || state.heardMs < dayMs) {
    sums.viewer(report, channelId, dayMs)
    if (report.viewer.startsWith('m')) out.members.push({ channelId, viewer: report.viewer, dayMs, atMs: report.atMs })
  }
  if (state.heardMs < Math.floor(report.atMs / MINUTE_MS) * MINUTE_MS) cell[AT.active]!++
  cell[AT.watched_ms]! += grownMs
  state.watchedMs += grownMs
  state.heardMs = Math.max(state.heardMs, report.atMs)
  if (isNews) addSections(sums, state, report, dayMs)
  addQuality(sums, cell, state, report, channelId, dayMs, isNews)

  if (!state.counted && state.watchedMs >= viewAfterMs(report.durationMs, viewSeconds)) {
    state.counted = true
    const hourMs = Math.floor(report.issuedMs / HOUR_MS) * HOUR_MS
    out.candidates.push({ videoId: report.videoId, viewer: report.viewer, hourMs, report })
  }
  return true
}

/**
 * A hundredth counts as watched when its middle was: sections that follow one another without a gap then count each
 * hundredth exactly once, however they are cut.
 */
function addSections(sums: Sums, state: Playback, report: Report, dayMs: number): void {
  if (report.sections.length === 0) return
  const curve = sums.curve(report.videoId, dayMs)
  for (let index = 0; index < report.sections.length; index += 2) {
    const fromPart = Math.ceil((report.sections[index]! / report.durationMs) * PARTS - 0.5)
    const toPart = Math.ceil((report.sections[index + 1]! / report.durationMs) * PARTS - 0.5)
    for (let part = Math.max(0, fromPart); part < Math.min(PARTS, toPart); part++) {
      const times = watchPart(state, part) ? curve.first : curve.again
      times[part]!++
    }
  }
}

const QUALITY = ['starts', 'exits', 'stalls', 'stalled_ms', 'switches', 'errors'] as const

/** Sums of a playback only grow; what they have grown by since the last report is new. */
function addQuality(
  sums: Sums,
  cell: Measures,
  state: Playback,
  report: Report,
  channelId: string,
  dayMs: number,
  isNews: boolean,
): void {
  const { quality } = report
  if (!quality) return
  const started = quality.startupMs !== undefined
  const left = report.ended && !started && report.watchedMs === 0
  const told = [started ? 1 : 0, left ? 1 : 0, quality.stalls, quality.stalledMs, quality.switches, quality.errors]
  const isStart = started && state.quality[0] === 0
  for (const [index, measure] of QUALITY.entries()) {
    cell[AT[measure]]! += Math.max(0, told[index]! - state.quality[index]!)
    state.quality[index] = Math.max(told[index]!, state.quality[index]!)
  }
  const place = {
    videoId: report.videoId,
    country: report.country,
    device: report.device,
    network: quality.network,
    height: quality.height ? `${quality.height}` : '',
  }
  if (isStart) sums.spread(place, channelId, 'startupMs', dayMs, quality.startupMs!)
  if (isNews && quality.bitsPerSecond > 0) sums.spread(place, channelId, 'bitsPerSecond', dayMs, quality.bitsPerSecond)
}

function addShown(sums: Sums, it: Shown, channels: Map<string, string>): void {
  for (const [videoId, surface] of it.shown) {
    const channelId = channels.get(videoId)
    if (channelId === undefined) continue
    const where = { videoId, atMs: it.atMs, source: surface, detail: '', country: '', device: '' }
    sums.cell(where, channelId)[AT.impressions]!++
  }
}

function addNoted(sums: Sums, it: Noted): void {
  const subjects = [...(it.videoId ? [`v${it.videoId}`] : []), `c${it.channelId}`, 'all']
  for (const subject of subjects) sums.plain(subject, it.atMs, it.measure as Measure, it.by)
}

/** The part of a report that says to which sums it goes. */
type Place = Pick<Report, 'videoId' | 'atMs' | 'detail'> & { country: string; device: string; source: string }

/** Whose sums a report goes to. */
function subjectsOf(place: Pick<Place, 'videoId' | 'source' | 'detail'>, channelId: string): string[] {
  const subjects = [`v${place.videoId}`, `c${channelId}`, 'all']
  return place.source === 'playlist' && place.detail ? [...subjects, `p${place.detail}`] : subjects
}

/** Which further dimension the detail of a source belongs to. */
const DETAILS: Record<string, string> = { search: 'term', suggested: 'suggester', external: 'host', embed: 'embedder' }

type Told = Pick<Intake['spreads'][number], 'quantity' | 'dayMs' | 'step' | 'count'>

/** By what spreads are told; an empty one is not known. */
type SpreadPlace = { videoId: string } & Record<'country' | 'device' | 'network' | 'height', string>

/** Sums in the making. Reports that go to the same sums meet in one cell first; most do, for most watch what many watch. */
class Sums {
  #cells = new Map<string, { place: Place; channelId: string; measures: Measures }>()
  #plain = new Map<string, SumRow>()
  #viewers = new Map<string, { place: Place; channelId: string; dayMs: number; hashes: Set<number> }>()
  #curves = new Map<string, Intake['retention'][number]>()
  #told = new Map<string, { place: SpreadPlace; channelId: string; told: Told }>()

  cell(place: Place, channelId: string): Measures {
    const minute = Math.floor(place.atMs / MINUTE_MS)
    const key = `${place.videoId} ${minute} ${place.country} ${place.device} ${place.source} ${place.detail}`
    const known = this.#cells.get(key)
    if (known) return known.measures
    const measures = nothing()
    this.#cells.set(key, { place, channelId, measures })
    return measures
  }

  /** One measure of one subject, in all grains and no further dimension. */
  plain(subject: string, atMs: number, measure: Measure, by: number): void {
    const measures = nothing()
    measures[AT[measure]] = by
    this.#everyGrain(subject, atMs, measures)
  }

  viewer(report: Report, channelId: string, dayMs: number): void {
    const playlist = report.source === 'playlist' ? report.detail : ''
    const key = `${report.videoId} ${dayMs} ${playlist}`
    let known = this.#viewers.get(key)
    if (!known) {
      known = { place: report, channelId, dayMs, hashes: new Set() }
      this.#viewers.set(key, known)
    }
    known.hashes.add(viewerHash(report.viewer))
  }

  curve(videoId: string, dayMs: number): Intake['retention'][number] {
    const key = `${videoId} ${dayMs}`
    const known = this.#curves.get(key)
    if (known) return known
    const fresh = { videoId, dayMs, first: new Array<number>(PARTS).fill(0), again: new Array<number>(PARTS).fill(0) }
    this.#curves.set(key, fresh)
    return fresh
  }

  spread(place: SpreadPlace, channelId: string, quantity: string, dayMs: number, value: number): void {
    this.#tell(place, channelId, { quantity, dayMs, step: stepOf(value), count: 1 })
  }

  /** Counts that were made where they were told. */
  measured({ videoId, country, device, quantity, step, count, atMs }: Measured, channelId: string): void {
    const dayMs = Math.floor(atMs / DAY_MS) * DAY_MS
    this.#tell({ videoId, country, device, network: '', height: '' }, channelId, { quantity, dayMs, step, count })
  }

  #tell(place: SpreadPlace, channelId: string, told: Told): void {
    const { videoId, country, device, network, height } = place
    const key = `${videoId} ${told.quantity} ${told.dayMs} ${told.step} ${country} ${device} ${network} ${height}`
    const known = this.#told.get(key)
    if (known) known.told.count += told.count
    else this.#told.set(key, { place, channelId, told })
  }

  #add(
    subject: string,
    dimension: string,
    grain: SumRow['grain'],
    atMs: number,
    member: string,
    measures: Measures,
  ): void {
    const key = `${subject}\n${dimension}\n${grain}\n${atMs}\n${member}`
    const known = this.#plain.get(key)
    if (known) addMeasures(known.measures, measures)
    else this.#plain.set(key, { subject, dimension, grain, atMs, member, measures: [...measures] })
  }

  #everyGrain(subject: string, atMs: number, measures: Measures): void {
    this.#add(subject, 'all', 'minute', Math.floor(atMs / MINUTE_MS) * MINUTE_MS, '', measures)
    // How many were active in a minute adds up to nothing over an hour.
    const rest = measures[AT.active] ? measures.with(AT.active, 0) : measures
    this.#add(subject, 'all', 'hour', Math.floor(atMs / HOUR_MS) * HOUR_MS, '', rest)
    this.#add(subject, 'all', 'day', Math.floor(atMs / DAY_MS) * DAY_MS, '', rest)
  }

  #expand(place: Place, channelId: string, measures: Measures): void {
    const dayMs = Math.floor(place.atMs / DAY_MS) * DAY_MS
    const byDay = measures.with(AT.active, 0)
    const detail = place.detail && DETAILS[place.source]
    for (const subject of subjectsOf(place, channelId)) {
      this.#everyGrain(subject, place.atMs, measures)
      this.#add(subject, 'source', 'day', dayMs, place.source, byDay)
      if (place.country) this.#add(subject, 'country', 'day', dayMs, place.country, byDay)
      if (place.device) this.#add(subject, 'device', 'day', dayMs, place.device, byDay)
      if (detail) this.#add(subject, detail, 'day', dayMs, place.detail, byDay)
      if (!subject.startsWith('v')) this.#add(subject, 'video', 'day', dayMs, place.videoId, byDay)
    }
  }

  /** Whoever watched a video watched its channel and the platform: sets are joined once instead of filled thrice. */
  #viewerRows(): Intake['viewers'] {
    const rows = new Map<string, { subject: string; dayMs: number; hashes: Set<number> }>()
    for (const { place, channelId, dayMs, hashes } of this.#viewers.values()) {
      for (const subject of subjectsOf(place, channelId)) {
        const key = `${subject} ${dayMs}`
        const row = rows.get(key)
        if (row) for (const hash of hashes) row.hashes.add(hash)
        else rows.set(key, { subject, dayMs, hashes: new Set(hashes) })
      }
    }
    return [...rows.values()].map((row) => ({ ...row, hashes: [...row.hashes] }))
  }

  #spreadRows(): Intake['spreads'] {
    const rows = new Map<string, Intake['spreads'][number]>()
    for (const { place, channelId, told } of this.#told.values()) {
      const { videoId, ...by } = place
      const members = [['all', ''], ...Object.entries(by).filter(([, member]) => member)] as [string, string][]
      for (const subject of [`v${videoId}`, `c${channelId}`, 'all']) {
        for (const [dimension, member] of members) {
          const key = `${subject} ${told.quantity} ${dimension} ${told.dayMs} ${member} ${told.step}`
          const row = rows.get(key)
          if (row) row.count += told.count
          else rows.set(key, { subject, dimension, member, ...told })
        }
      }
    }
    return [...rows.values()]
  }

  intake(): Intake {
    for (const { place, channelId, measures } of this.#cells.values()) this.#expand(place, channelId, measures)
    this.#cells.clear()
    return {
      sums: [...this.#plain.values()],
      viewers: this.#viewerRows(),
      retention: [...this.#curves.values()].filter((it) => it.first.some(Boolean) || it.again.some(Boolean)),
      spreads: this.#spreadRows(),
    }
  }
}

/** Measures by name, as answers have them. */
export function nameMeasures(measures: Measures): Record<Measure, number> {
  return Object.fromEntries(MEASURES.map((measure, index) => [measure, measures[index]!])) as Record<Measure, number>
}
