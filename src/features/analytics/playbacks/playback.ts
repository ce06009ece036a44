/** What is known of a playback: all of it is in the sums already, so that only what is new is added to them. Pure. */
import type { Report } from '../rules.ts'
import { PARTS } from '../warehouse/warehouse.ts'

export interface Playback extends Heard {
  videoId: string
  session: string
  beganMs: number
  heardMs: number
  watchedMs: number
  counted: boolean
  /** Hundredths that were watched, twenty to a number, the first of them in the highest bit. */
  parts: number[]
  /** Starts, exits, stalls, stalled ms, switches, errors. */
  quality: number[]
}

/** A window against repetitions, as in RFC 4303 section 3.4.3: the highest number heard, and which of those before it. */
export interface Heard {
  top: number
  /** Bit n: number `top - n` was heard. Fifty-two of them, as a whole number. */
  seen: number
}

const WINDOW = 52

export const keyOf = (it: { videoId: string; session: string }) => `${it.videoId} ${it.session}`

/** Marks a number as heard; false when it was heard before, or is too old to be told. */
export function hearNumber(heard: Heard, number: number): boolean {
  if (number > heard.top) {
    const shift = number - heard.top
    // Bits that leave the window above are cut off; what is left stays a whole number below 2^52.
    heard.seen = shift >= WINDOW ? 1 : ((heard.seen * 2 ** shift) % 2 ** WINDOW) + 1
    heard.top = number
    return true
  }
  const back = heard.top - number
  if (back >= WINDOW || Math.floor(heard.seen / 2 ** back) % 2 === 1) return false
  heard.seen += 2 ** back
  return true
}

export function newHeard(): Heard {
  return { top: -1, seen: 0 }
}

export function newPlayback(report: Report): Playback {
  return {
    ...newHeard(),
    videoId: report.videoId,
    session: report.session,
    beganMs: report.atMs,
    // Never heard: the first report is in a new minute and on a new day.
    heardMs: -1,
    watchedMs: 0,
    counted: false,
    parts: new Array<number>(PARTS / PARTS_IN_NUMBER).fill(0),
    quality: [0, 0, 0, 0, 0, 0],
  }
}

const PARTS_IN_NUMBER = 20
const DIGITS_IN_NUMBER = PARTS_IN_NUMBER / 4

/** Marks a hundredth as watched; false when it had been watched before. */
export function watchPart({ parts }: Playback, part: number): boolean {
  const index = Math.floor(part / PARTS_IN_NUMBER)
  const bit = 1 << (PARTS_IN_NUMBER - 1 - (part % PARTS_IN_NUMBER))
  const isNew = (parts[index]! & bit) === 0
  parts[index]! |= bit
  return isNew
}

/** The hundredths as twenty-five hexadecimal digits. */
export function packParts(parts: number[]): string {
  let text = ''
  for (const it of parts) text += it.toString(16).padStart(DIGITS_IN_NUMBER, '0')
  return text
}

export function unpackParts(text: string): number[] {
  const parts: number[] = []
  for (let at = 0; at < text.length; at += DIGITS_IN_NUMBER) {
    parts.push(Number.parseInt(text.slice(at, at + DIGITS_IN_NUMBER), 16))
  }
  return parts
}
