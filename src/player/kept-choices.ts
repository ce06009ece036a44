/** What a viewer chose and finds again in the next video: volume, sound off, speed, languages. Kept by the browser. */

export interface KeptChoices {
  volume: number
  muted: boolean
  speed: number
  /** Language of the sound wanted, empty for the title's own. */
  sound: string
  /** Language of the captions wanted, empty for none. */
  captions: string
}

const PLACE = 'vitascope.player'
const plain: KeptChoices = { volume: 1, muted: false, speed: 1, sound: '', captions: '' }

/** The kept choices. Whatever lies there is checked: other versions and other hands may have written it. */
export function readChoices(): KeptChoices {
  try {
    const { volume, muted, speed, sound, captions } = JSON.parse(
      localStorage.getItem(PLACE) ?? '{}',
    ) as Partial<KeptChoices>
    return {
      volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : plain.volume,
      muted: muted === true,
      speed: typeof speed === 'number' && speed >= 0.25 && speed <= 2 ? speed : plain.speed,
      sound: typeof sound === 'string' ? sound : plain.sound,
      captions: typeof captions === 'string' ? captions : plain.captions,
    }
  } catch {
    // Storage is forbidden in some private windows and embeds; the player works without.
    return plain
  }
}

export function keepChoices(changes: Partial<KeptChoices>): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify({ ...readChoices(), ...changes }))
  } catch {
    // As above: nothing is kept, nothing is lost.
  }
}
