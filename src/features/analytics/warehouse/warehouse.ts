/**
 * The port of the warehouse: sums go in, answers to questions come out. What goes in is additive, so any store that can add
 * can be one; an adapter keeps it as it likes.
 */
import type { App } from '../../../platform/app.ts'
import type { Grain, Range } from '../rules.ts'

/** What is summed. The order is that of `Measures`. */
export const MEASURES = [
  'views',
  'playbacks',
  'watched_ms',
  'impressions',
  'clicks',
  'starts',
  'exits',
  'stalls',
  'stalled_ms',
  'switches',
  'errors',
  'active',
  'new_viewers',
  'returning_viewers',
  'likes',
  'dislikes',
  'comments',
  'subscribed',
  'unsubscribed',
  'struck',
  'sent_bytes',
] as const
export type Measure = (typeof MEASURES)[number]

/** One number per measure. */
export type Measures = number[]

/** Place of each measure in `Measures`. */
export const AT = Object.fromEntries(MEASURES.map((measure, index) => [measure, index])) as Record<Measure, number>

export const nothing = (): Measures => new Array<number>(MEASURES.length).fill(0)

export function addMeasures(into: Measures, more: Measures): void {
  for (let index = 0; index < into.length; index++) into[index]! += more[index]!
}

/** `v` and a video, `c` and a channel, `p` and a playlist, or `all`. */
export type Subject = string

/** Measures to be added to a sum. The dimension `all` has the member ''. */
export interface SumRow {
  subject: Subject
  dimension: string
  grain: Grain
  atMs: number
  member: string
  measures: Measures
}

export interface ViewerRow {
  subject: Subject
  dayMs: number
  /** 52 even bits per viewer; a viewer may come many times. */
  hashes: number[]
}

/** How often each hundredth of a video was watched, to be added. */
export interface RetentionRow {
  videoId: string
  dayMs: number
  first: number[]
  again: number[]
}

/** Counts in steps of kit/histogram, to be added. */
export interface SpreadRow {
  subject: Subject
  quantity: string
  dimension: string
  dayMs: number
  member: string
  step: number
  count: number
}

export interface Intake {
  sums: SumRow[]
  viewers: ViewerRow[]
  retention: RetentionRow[]
  spreads: SpreadRow[]
}

export interface Member {
  member: string
  measures: Measures
}

export interface Warehouse {
  /**
   * Adds. Called again with the same `batch` it adds nothing: all of a batch is in, once, however often its writer was
   * killed. An adapter in the platform's own database is given the transaction and commits with it.
   */
  add(app: App, batch: string, intake: Intake): Promise<void>
  /**
   * Brings what was added, and committed, to where questions are answered from; returns how many batches there were. Called
   * after every `add`; may be called at any time. In the platform's own database there is nothing to do.
   */
  settle(app: App): Promise<number>
  /** Sums of a period; `grain` says which sums it may be put together from (both ends are whole ones). */
  totals(app: App, subject: Subject, range: Range, grain: Grain): Promise<Measures>
  /** Sums by step, oldest first; steps in which nothing happened are left out. */
  series(app: App, subject: Subject, range: Range, grain: Grain): Promise<{ atMs: number; measures: Measures }[]>
  /** Sums by member of a dimension over whole days, at most `limit`, most watched first, then most shown, then by name. */
  breakdown(app: App, subject: Subject, range: Range, dimension: string, limit: number): Promise<Member[]>
  /** The same of these members only, in no order; those of which nothing is known are left out. */
  members(app: App, subject: Subject, range: Range, dimension: string, members: readonly string[]): Promise<Member[]>
  /** Different viewers over whole days, within 2.5 %. */
  viewers(app: App, subject: Subject, range: Range): Promise<number>
  /** How often each hundredth of a video was watched in whole days. */
  retention(app: App, videoId: string, range: Range): Promise<{ first: number[]; again: number[] }>
  /** Counts by step of a quantity over whole days, by member of a dimension; the dimension `all` has the member ''. */
  spreads(
    app: App,
    subject: Subject,
    range: Range,
    quantity: string,
    dimension: string,
  ): Promise<Map<string, Map<number, number>>>
  /**
   * Joins the tails of a day that is over: of each long list (`LONG_LISTS`) of each subject the `LIST_HEAD` most watched members
   * stay, the others become one, `OTHERS`. So a list over a year is read in no more time than it is long. May run twice.
   */
  joinTails(app: App, dayMs: number): Promise<void>
  /**
   * Told that a month is over and all of it is in: what makes questions over it quick may be done now. Answers stay the same,
   * but for the ends of long lists. May run twice.
   */
  closeMonth(app: App, monthMs: number): Promise<void>
  /** Forgets minutes before this moment: they are in the hours. */
  forgetMinutes(app: App, beforeMs: number): Promise<void>
  /** Forgets everything of a subject. */
  forget(app: App, subject: Subject): Promise<void>
}

/** Dimensions with any number of members. */
export const LONG_LISTS = ['video', 'term', 'suggester', 'host', 'embedder'] as const
/** Members of a long list that are kept apart on a day that is over. */
export const LIST_HEAD = 100
/** Members of a long list that are kept apart in a month that is over: more than anybody is shown. */
export const MONTH_HEAD = 300
/** The member that stands for all who are not. */
export const OTHERS = '~'

/** Parts of a video that retention is told by. */
export const PARTS = 100
