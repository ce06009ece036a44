// Choosing one constant frame rate for a source: phones, screen recorders and webcams write variable ones, and containers lie.

import { type Rational, rational, readRational, toNumber } from './rational.ts'

const NATURAL: Rational[] = [
  ...[5, 6, 8, 10, 12, 15, 20, 24, 25, 30, 48, 50, 60].map((rate) => rational(rate)),
  ...[rational(15, 2), rational(25, 2), rational(24000, 1001), rational(30000, 1001), rational(60000, 1001)],
]

export type RateFinding = { nominal: Rational; frameRate: Rational; variable: boolean }

/**
 * @param base the container's smallest step (`r_frame_rate`), @param average its mean (`avg_frame_rate`), both as FFmpeg writes them
 * @param times presentation times of the first frames, in seconds, in any order
 * A constant source keeps its exact rate, halved or so until it is within `maxRate`; a variable one gets the nearest natural rate.
 */
export function findRate(base: unknown, average: unknown, times: number[], maxRate = 60): RateFinding {
  const steps = stepsOf(times)
  const middle = median(steps)
  const constant = steps.length >= 3 && steps.every((step) => Math.abs(step - middle) <= 0.0011 + 0.01 * middle)
  const seen = constant ? steps.length / steps.reduce((sum, step) => sum + step, 0) : 1 / middle

  const sane = [readRational(base), readRational(average)].filter((rate): rate is Rational => rate !== undefined)
  const near = (rate: Rational) => steps.length < 3 || Math.abs(toNumber(rate) / seen - 1) < (constant ? 0.02 : 0.34)
  // A base of 1000 or 90000 is the container's clock, not a rate; it is believed only where the frames themselves agree.
  const believed = sane.find((rate) => toNumber(rate) <= 300 && near(rate))
  const nominal = believed ?? approximate(steps.length > 0 && Number.isFinite(seen) ? seen : 25)

  const variable = steps.length >= 3 ? !constant : sane.length === 2 && !agree(sane[0]!, sane[1]!)
  return { nominal, frameRate: variable ? naturalRate(nominal, maxRate) : constantRate(nominal, maxRate), variable }
}

/** The natural rate nearest to `rate`, after dividing it down to `maxRate`. */
export function naturalRate(rate: Rational, maxRate = 60): Rational {
  const value = toNumber(divideDown(rate, maxRate))
  const distance = (other: Rational) => Math.abs(Math.log(toNumber(other) / value))
  const allowed = NATURAL.filter((natural) => toNumber(natural) <= maxRate + 0.01)
  return allowed.reduce((best, natural) => (distance(natural) < distance(best) ? natural : best), allowed[0]!)
}

function constantRate(rate: Rational, maxRate: number): Rational {
  const divided = divideDown(rate, maxRate)
  const natural = naturalRate(divided, maxRate)
  const exactEnough = divided.num <= 120_000 && divided.den <= 1_001 && toNumber(divided) >= 5
  return agree(natural, divided) || !exactEnough ? natural : divided
}

/** 120 becomes 60 and 90 becomes 45: every n-th frame, so motion stays even. */
function divideDown(rate: Rational, maxRate: number): Rational {
  const by = Math.ceil(toNumber(rate) / (maxRate * 1.005))
  return by > 1 ? rational(rate.num, rate.den * by) : rate
}

const agree = (a: Rational, b: Rational): boolean => Math.abs(toNumber(a) / toNumber(b) - 1) < 0.0045

const approximate = (rate: number): Rational => rational(Math.max(1, Math.round(Math.min(rate, 1000) * 1000)), 1000)

function stepsOf(times: number[]): number[] {
  const sorted = times.filter(Number.isFinite).sort((a, b) => a - b)
  return sorted.slice(1).flatMap((time, index) => (time - sorted[index]! > 0.0005 ? [time - sorted[index]!] : []))
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
