// Sound in 5.1 beside the mix for two: how the two belong together, and the groups that players choose from.

/** Ends the id of a sound in 5.1; before it stands the id of the same sound in two channels. */
export const SURROUND = '-surround'

type Sound = { id: string; channels: number }

export const isSurround = ({ channels }: Sound): boolean => channels > 2

const plainId = ({ id }: Sound): string => (id.endsWith(SURROUND) ? id.slice(0, -SURROUND.length) : id)

/**
 * The groups of sounds, each with all languages in the same order: first the one for two channels, then, where any sound is in 5.1, the one for
 * that. A language that is not there in one way stands in both groups in the other, so that nobody who changes the language, or has it chosen,
 * is left without it (RFC 8216 4.3.4.1.1).
 */
export function soundGroups<T extends Sound>(audio: readonly T[]): { id: 'audio' | 'surround'; sounds: T[] }[] {
  const languages = [...new Set(audio.map(plainId))]
  const group = (wanted: boolean) =>
    languages.map((language) => {
      const ways = audio.filter((it) => plainId(it) === language)
      return ways.find((it) => isSurround(it) === wanted) ?? ways[0]!
    })
  if (audio.length === 0) return []
  const plain = { id: 'audio' as const, sounds: group(false) }
  const isOne = audio.every((it) => isSurround(it) === isSurround(audio[0]!))
  return isOne ? [plain] : [plain, { id: 'surround', sounds: group(true) }]
}
