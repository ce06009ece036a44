/** How `vitascope media tuning` says what was measured and decided. */
import type { mediaTuning } from '../roles/desk.ts'

type Found = Awaited<ReturnType<typeof mediaTuning>>
type Decision = NonNullable<Found['tuning']>['decided'][number]

export function sayTuning({ title, undecided, tuning }: Found): string {
  if (!tuning)
    return `${title}\n${undecided ? 'is being tried out' : 'was not tried out: its ladder is the usual one'}\n`
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

function sayWhy({ why, besides }: Decision): string {
  if (why === 'adds_nothing') return `left out: adds nothing to ${besides}`
  const words = {
    tuned: 'tuned',
    begun_before: 'as planned: begun before this was decided',
    not_tried: 'as planned: too large to be tried out',
    copied: 'the frames of the source',
  }
  return words[why]
}

const kilobits = (bitsPerSecond: number): string => `${Math.round(bitsPerSecond / 1000)} kb/s`
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
