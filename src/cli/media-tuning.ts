/** How `vitascope media tuning` says what was measured and decided. */
import type { mediaTuning } from '../roles/desk.ts'

type Found = Awaited<ReturnType<typeof mediaTuning>>
type Decision = NonNullable<Found['tuning']>['decided'][number]

export function sayTuning({ title, undecided, tuning, untuned }: Found): string {
  if (!tuning) {
    const why = untuned ? `, because ${UNTUNED[untuned]}` : ''
    return `${title}\n${undecided ? 'is being tried out' : `was not tried out: its ladder is the usual one${why}`}\n`
  }
  const { trials, triedSeconds, decided } = tuning
  return [
    title,
    '',
    `tried out    ${triedSeconds} s, measured in ${tuning.metric.toUpperCase()}`,
    ...trials.map((it) =>
      [
        `  ${it.rendition.padEnd(8)}`,
        `quality ${it.crf}`,
        kilobits(it.bitsPerSecond).padStart(12),
        `loses ${percent(it.coded)} by coding, ${percent(it.scaled)} by its size`,
      ].join('  '),
    ),
    '',
    'decided',
    ...decided.map((it) =>
      [
        `  ${it.rendition.padEnd(8)}`,
        `quality ${it.crf}`.padEnd(12),
        `at most ${kilobits(it.bitsPerSecond)}`,
        ...(it.expected ? [`about ${kilobits(it.expected.bitsPerSecond)} at ${it.expected.decibels} dB`] : []),
        sayWhy(it),
      ].join('  '),
    ),
    '',
  ].join('\n')
}

const UNTUNED = {
  too_short: 'it is too short for trials to pay',
  one_rung: 'it has but one rendition that is encoded',
  sound_alone: 'it is sound alone',
  switched_off: 'transcode.per_title was off',
  trials_failed: 'the trials came to nothing',
}

function sayWhy({ why, besides }: Decision): string {
  if (why === 'adds_nothing') return `left out: adds nothing to ${besides}`
  const words = {
    tuned: 'tuned',
    begun_before: 'as planned: begun before this was decided',
    seen_in_part: 'as planned: it was tried out when only a part had arrived, and seemed to add nothing',
    not_tried: 'as planned: too large to be tried out',
    copied: 'the frames of the source',
  }
  return words[why]
}

const kilobits = (bitsPerSecond: number): string => `${Math.round(bitsPerSecond / 1000)} kb/s`
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
