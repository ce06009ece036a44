/** Numbers, sizes, times and dates as the reader's language writes them. */
import { speaking } from '../words/say.ts'

/** `1:02:03` or `2:03`, from milliseconds. */
export function clockTime(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000))
  const hours = Math.floor(total / 3600)
  const minutes = Math.floor((total % 3600) / 60)
  const seconds = String(total % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`
}

/** A size in the largest unit that leaves at least one digit before the point, in steps of 1024 as people know them: `1.4 GB`. */
export function fileSize(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
  let value = Math.max(0, bytes)
  let step = 0
  while (value >= 1024 && step < units.length - 1) {
    value /= 1024
    step += 1
  }
  const maximumFractionDigits = step === 0 || value >= 100 ? 0 : 1
  return new Intl.NumberFormat(speaking(), {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits,
  }).format(value)
}

/** A part of one as whole per cent, never 100 before it is. */
export function percent(part: number): string {
  const share = Math.min(1, Math.max(0, part))
  return new Intl.NumberFormat(speaking(), { style: 'percent' }).format(Math.floor(share * 100) / 100)
}

/** `12K`: a count short enough for a card. */
export function shortCount(count: number): string {
  return new Intl.NumberFormat(speaking(), { notation: 'compact', maximumFractionDigits: 1 }).format(count)
}

/** `22 Nov 2026`. */
export function day(iso: string): string {
  return new Intl.DateTimeFormat(speaking(), { dateStyle: 'medium' }).format(new Date(iso))
}

/** `22 Nov 2026, 20:15`. */
export function moment(iso: string): string {
  return new Intl.DateTimeFormat(speaking(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso))
}

/** `3 days ago`, in the largest unit that fits. */
export function ago(iso: string, now: number = Date.now()): string {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000)
  const steps = [
    ['year', 31_557_600],
    ['month', 2_629_800],
    ['week', 604_800],
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const
  const words = new Intl.RelativeTimeFormat(speaking(), { numeric: 'auto' })
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit)
  }
  return words.format(0, 'second')
}

/** A rough time that is left: `about 3 min`, `12 sec`. */
export function roughTime(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000))
  if (seconds < 90) return unitText(seconds, 'second')
  if (seconds < 5400) return unitText(Math.round(seconds / 60), 'minute')
  return unitText(Math.round(seconds / 360) / 10, 'hour')
}

function unitText(value: number, unit: string): string {
  return new Intl.NumberFormat(speaking(), { style: 'unit', unit, unitDisplay: 'short' }).format(value)
}

/** A bit rate: 1,400 kb/s. */
export function kilobits(bitsPerSecond: number): string {
  return new Intl.NumberFormat(speaking(), {
    style: 'unit',
    unit: 'kilobit-per-second',
    maximumFractionDigits: 0,
  }).format(bitsPerSecond / 1000)
}
