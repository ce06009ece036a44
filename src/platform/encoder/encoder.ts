/** The port of encoders: texts to vectors whose directions are near when the texts mean alike. */

export interface Encoder {
  /** Which model it is: vectors of different names must not be compared. */
  readonly name: string
  /**
   * A vector of length 1 for each text, in their order; at most MOST_TEXTS at a time. Throws when the model does not answer, or
   * answers something else than vectors of one length.
   */
  encode(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>
}

export const MOST_TEXTS = 64
/** Numbers of a vector. */
export const MOST_NUMBERS = 4096

/** The same direction with length 1. Throws for what is no direction. */
export function unit(numbers: ArrayLike<number>): Float32Array {
  let square = 0
  for (let at = 0; at < numbers.length; at++) square += numbers[at]! * numbers[at]!
  if (!(square > 0) || !Number.isFinite(square)) throw new Error('the encoder answered no direction')
  return Float32Array.from(numbers, (it) => it / Math.sqrt(square))
}
