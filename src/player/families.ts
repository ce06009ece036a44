/**
 * Which renditions a playback keeps to, where a title comes in several codecs or in high dynamic range. One family from beginning to end:
 * an engine that changed between them could be left with the one rung that exists in both, and a menu of them would say each size twice.
 */

/** What an engine knows of one rendition. */
export interface LevelFacts {
  height: number
  /** RFC 6381 name, `avc1.64001f`; undefined where the playlist does not say. */
  videoCodec?: string | undefined
  /** `SDR`, `PQ` or `HLG`. */
  videoRange?: string | undefined
}

/** Fewest bits first; what is not named here comes last. */
const THRIFTY = ['av01', 'hvc1', 'vp09', 'avc1']

/**
 * Places of the renditions of the best family, in the order they came: in high dynamic range where the screen has it, else in the codec that
 * needs the fewest bits. A family counts when it has every size of the base (H.264, or what the playlist begins with) but perhaps the
 * lowest: one that is still being made, or was asked for in one size alone, would leave nothing to adapt with.
 */
export function keptLevels(levels: readonly LevelFacts[], wideScreen: boolean): number[] {
  const families = new Map<string, number[]>()
  for (const [place, level] of levels.entries()) {
    const name = `${codecOf(level)} ${rangeOf(level)}`
    families.set(name, [...(families.get(name) ?? []), place])
  }
  const all = [...families.values()]
  const first = (places: number[]) => levels[places[0]!]!
  const base = all.find((places) => codecOf(first(places)) === 'avc1') ?? all[0] ?? []
  const needed = sizesOf(base, levels).slice(base.length > 1 ? 1 : 0)
  const whole = all.filter((places) => {
    const sizes = sizesOf(places, levels)
    return (wideScreen || rangeOf(first(places)) === 'SDR') && needed.every((height) => sizes.includes(height))
  })
  const worth = (places: number[]) => {
    const thrifty = THRIFTY.indexOf(codecOf(first(places)))
    return (rangeOf(first(places)) === 'SDR' ? 10 : 0) + (thrifty < 0 ? THRIFTY.length : thrifty)
  }
  return whole.sort((a, b) => worth(a) - worth(b))[0] ?? base
}

const codecOf = ({ videoCodec = '' }: LevelFacts): string => videoCodec.slice(0, 4)
const rangeOf = ({ videoRange = 'SDR' }: LevelFacts): string => videoRange

/** Heights, lowest first. */
const sizesOf = (places: readonly number[], levels: readonly LevelFacts[]): number[] =>
  places.map((place) => levels[place]!.height).sort((a, b) => a - b)
