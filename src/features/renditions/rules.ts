/** Decisions about renditions, pure: what may be taken away, and what all of it saves. */
import type { MediaPolicy } from '../../contract/renditions.ts'
import { type AudioRendition, type RunPlan, STAND_IN, type VideoRendition } from '../../media/plan.ts'
import { isSurround } from '../../media/surround.ts'

/** The lowest rung starts playback and stays; so does sound, which is small and belongs to every rung. */
export function mayEvict(plan: RunPlan, rendition: string): boolean {
  return plan.video[0]!.id !== rendition && plan.audio.every(({ id }) => id !== rendition)
}

/** Whether it is but the source's frames in place of a rung that is yet to be encoded: made while it is watched, never in full. */
export const standsIn = (rendition: string): boolean => rendition.endsWith(STAND_IN)

/** What an owner is shown. */
export const shown = <T extends { rendition: string }>(rows: T[]): T[] => rows.filter((it) => !standsIn(it.rendition))

/**
 * What its owner is told a rendition is, beyond its id: the language of a sound where the source says it, and 5.1 where it is that; size and
 * codec of a further one.
 */
export function nameOf(row: { rendition: string; audio: AudioRendition[]; more: VideoRendition[] | null }): {
  name?: string
} {
  const isIt = ({ id }: { id: string }) => id === row.rendition
  const sound = row.audio.find(isIt)
  const further = row.more?.find((it) => isIt(it) && it.codec !== 'avc')
  const heard = sound ? [...(sound.language === 'und' ? [] : [sound.name]), ...(isSurround(sound) ? ['5.1'] : [])] : []
  const name = heard.join(' ') || further?.label
  return name === undefined ? {} : { name }
}

/** Renditions in further codecs and in a wide range that could be made: those of the plan that have no row. */
export function offeredOf(rows: { rendition: string; more: VideoRendition[] | null }[]) {
  return (rows[0]?.more ?? [])
    .filter(({ id, codec }) => codec !== 'avc' && rows.every(({ rendition }) => rendition !== id))
    .map(({ id, codecs, label }) => ({ rendition: id, codec: codecs, label }))
}

/** What was decided of one rendition, as it is told to its owner: by trials, or why there were none. Nothing of a run that knows neither. */
export function decidedOf(
  { video, tuning, untuned }: Pick<RunPlan, 'video' | 'tuning' | 'untuned'>,
  rendition: string,
) {
  const found = tuning?.decided.find((it) => it.rendition === rendition)
  const rung = video.find(({ id }) => id === rendition)
  if (!found && rung && untuned)
    return {
      decided: {
        why: rung.copied ? ('copied' as const) : untuned,
        crf: rung.crf,
        ceilingBitsPerSecond: rung.bitsPerSecond,
      },
    }
  if (!found) return {}
  const { why, crf, bitsPerSecond: ceilingBitsPerSecond, expected, besides } = found
  const expectations = expected && {
    expectedBitsPerSecond: expected.bitsPerSecond,
    expectedDecibels: expected.decibels,
  }
  return { decided: { why, crf, ceilingBitsPerSecond, ...expectations, ...(besides ? { besides } : {}) } }
}

/** Renditions in one state, over all videos. */
export interface StateTotal {
  state: 'lazy' | 'making' | 'made' | 'failed' | 'left_out'
  count: number
  sizeBytes: number
  /** What they would hold if they were complete, by the rates that were planned or measured. */
  fullBytes: number
  evictedBytes: number
}

export interface Savings {
  states: StateTotal[]
  storedBytes: number
  /** Bytes that are not stored because renditions are made on request, those that were taken away again among them. */
  savedBytes: number
  evictedBytes: number
}

export function savingsOf(states: StateTotal[]): Savings {
  const sum = (of: (it: StateTotal) => number) => states.reduce((total, it) => total + of(it), 0)
  return {
    states,
    storedBytes: sum((it) => it.sizeBytes),
    savedBytes: sum((it) => (it.state === 'lazy' ? Math.max(0, it.fullBytes - it.sizeBytes) : 0)),
    evictedBytes: sum((it) => it.evictedBytes),
  }
}

/** As a channel's row holds it; null where it follows the site. */
export interface PolicyColumns {
  eager_short_side: number | null
  complete_after_minutes: number | null
  second_codecs_after_minutes: number | null
}

/** What was decided for a channel; nothing where it follows the site. */
export function policyFrom(row: PolicyColumns): Partial<MediaPolicy> {
  const { eager_short_side: side, complete_after_minutes: complete, second_codecs_after_minutes: codecs } = row
  return {
    ...(side === null ? {} : { eagerShortSide: side }),
    ...(complete === null ? {} : { completeAfterMinutes: complete }),
    ...(codecs === null ? {} : { secondCodecsAfterMinutes: codecs }),
  }
}

export function columnsOf(given: { [Name in keyof MediaPolicy]?: number | undefined }): PolicyColumns {
  return {
    eager_short_side: given.eagerShortSide ?? null,
    complete_after_minutes: given.completeAfterMinutes ?? null,
    second_codecs_after_minutes: given.secondCodecsAfterMinutes ?? null,
  }
}

/** Of all that the site has decided, what says when renditions are made. */
export function policyOfSite({
  eagerShortSide,
  completeAfterMinutes,
  secondCodecsAfterMinutes,
}: MediaPolicy): MediaPolicy {
  return { eagerShortSide, completeAfterMinutes, secondCodecsAfterMinutes }
}
