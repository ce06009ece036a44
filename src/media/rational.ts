// Exact fractions. Frame rates and time bases are fractions (30000/1001, 1/90000); as floats they drift over a long title.

/** A fraction `num / den`, in lowest terms, with `den` positive. */
export type Rational = { num: number; den: number }

export function rational(num: number, den = 1): Rational {
  const common = gcd(Math.abs(num), Math.abs(den)) || 1
  const sign = den < 0 ? -1 : 1
  return { num: (sign * num) / common, den: (sign * den) / common }
}

/** Reads `30000/1001`, `16:9` or `25`. Anything else, zero and negatives give undefined: FFmpeg writes `0/0` for "not known". */
export function readRational(text: unknown): Rational | undefined {
  const match = /^(\d{1,15})(?:[/:](\d{1,15}))?$/.exec(String(text))
  if (!match) return undefined
  const num = Number(match[1])
  const den = match[2] === undefined ? 1 : Number(match[2])
  return num > 0 && den > 0 ? rational(num, den) : undefined
}

export const toNumber = (value: Rational): number => value.num / value.den

/** As FFmpeg reads it on a command line: `30000/1001`. */
export const fraction = (value: Rational): string => `${value.num}/${value.den}`

export function gcd(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b]
  return a
}
