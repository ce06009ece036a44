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

/** What an engine knows of one sound: the group it stands in, and its channels as the playlist says them (`6`, `2`). */
export interface SoundFacts {
  groupId?: string | undefined
  channels?: string | undefined
}

const channelsOf = ({ channels = '2' }: SoundFacts): number => Number.parseInt(channels, 10) || 2

/** Whether a title has more channels of sound than two, so that it is worth asking what there is to hear them with. */
export const hasSurround = (sounds: readonly SoundFacts[]): boolean => sounds.some((it) => channelsOf(it) > 2)

/**
 * The group of sounds a playback keeps to: the one with the most channels that there are loudspeakers for, of equal ones the first. Its
 * renditions come once for each group, and an engine that changed between them would change the sound in the middle of a scene.
 */
export function keptGroup(sounds: readonly SoundFacts[], speakers: number): string | undefined {
  const groups = [...new Set(sounds.map(({ groupId }) => groupId))].map((id) => ({
    id,
    most: Math.max(...sounds.filter(({ groupId }) => groupId === id).map(channelsOf)),
  }))
  const fitting = groups.filter(({ most }) => most <= Math.max(2, speakers))
  return (fitting.sort((a, b) => b.most - a.most)[0] ?? groups[0])?.id
}

const codecOf = ({ videoCodec = '' }: LevelFacts): string => videoCodec.slice(0, 4)
const rangeOf = ({ videoRange = 'SDR' }: LevelFacts): string => videoRange

/** Heights, lowest first. */
const sizesOf = (places: readonly number[], levels: readonly LevelFacts[]): number[] =>
  places.map((place) => levels[place]!.height).sort((a, b) => a - b)
