/**
 * The state of one player, and the loop it runs in: a request changes the media element or the engine, their events
 * change this state, and the views draw from it. Nothing is drawn on the way to the media, so what is shown is true.
 */

/** A quality that can be chosen, best last. */
export interface Quality {
  /** Its place in the engine. */
  level: number
  /** `720p`, `1080p60`, `4K`. */
  label: string
  /** Pictures a second; 0 where nothing says it. */
  frameRate: number
}

export interface CaptionTrack {
  label: string
  language: string
}

/** A language in which the title can be heard. */
export interface SoundTrack {
  label: string
  language: string
}

export type Menu = 'closed' | 'main' | 'quality' | 'speed' | 'sound' | 'captions'

export interface Failure {
  /** What happened and what to do, for the person who watches. */
  sentence: string
  code: string
}

export interface PlayerState {
  durationMs: number
  positionMs: number
  /** Parts that are loaded, as [from, to] in milliseconds. */
  buffered: readonly (readonly [fromMs: number, toMs: number])[]
  paused: boolean
  /** A frame has been shown since this video was opened. */
  started: boolean
  ended: boolean
  /** Playing is wanted and has stood still for longer than a blink. */
  stalled: boolean
  /** The server says that the piece waited for is still being made. */
  stillMaking: boolean
  failure: Failure | undefined
  volume: number
  muted: boolean
  /** The browser allowed playing only without sound. */
  silenced: boolean
  speed: number
  qualities: readonly Quality[]
  chosenLevel: number | 'auto'
  playingLevel: number
  sounds: readonly SoundTrack[]
  /** Index into sounds of what is heard, or -1 where the engine has not said. */
  sound: number
  /** Language the viewer would rather hear, empty: the title's own. */
  soundWanted: string
  captions: readonly CaptionTrack[]
  /** Index into captions, or -1 for none. */
  caption: number
  fullScreen: boolean
  pictureInPicture: boolean
  theatre: boolean
  menu: Menu
  /** Controls are to be seen. */
  active: boolean
  /** The last pointer was a finger. */
  touch: boolean
  /** Address of the list of small pictures, where there is one. */
  storyboard: string | undefined
  /** Parts of the title, in order. */
  chapters: readonly { startMs: number; title: string }[]
  /** The viewer holds the thumb of the seek bar here. */
  scrubMs: number | undefined
}

export const initialState: PlayerState = {
  durationMs: 0,
  storyboard: undefined,
  chapters: [],
  positionMs: 0,
  buffered: [],
  paused: true,
  started: false,
  ended: false,
  stalled: false,
  stillMaking: false,
  failure: undefined,
  volume: 1,
  muted: false,
  silenced: false,
  speed: 1,
  qualities: [],
  chosenLevel: 'auto',
  playingLevel: -1,
  sounds: [],
  sound: -1,
  soundWanted: '',
  captions: [],
  caption: -1,
  fullScreen: false,
  pictureInPicture: false,
  theatre: false,
  menu: 'closed',
  active: true,
  touch: false,
  scrubMs: undefined,
}

export type Render = (state: Readonly<PlayerState>, before: Readonly<PlayerState> | undefined) => void

export interface Store {
  readonly state: Readonly<PlayerState>
  /** Takes changes in; views are drawn once, after all changes of this turn. */
  set(changes: Partial<PlayerState>): void
  /** Draws now and after every change; `before` is what was drawn last, undefined the first time. */
  watch(render: Render): void
}

export function openStore(given: Partial<PlayerState> = {}): Store {
  let state: PlayerState = { ...initialState, ...given }
  let drawn: PlayerState = state
  let due = false
  const renders: Render[] = []

  function draw() {
    due = false
    const before = drawn
    drawn = state
    for (const render of renders) render(drawn, before)
  }

  return {
    get state() {
      return state
    },
    set(changes) {
      const changed = Object.entries(changes).some(
        ([name, value]) => !Object.is(state[name as keyof PlayerState], value),
      )
      if (!changed) return
      state = { ...state, ...changes }
      if (due) return
      due = true
      queueMicrotask(draw)
    },
    watch(render) {
      renders.push(render)
      render(state, undefined)
    },
  }
}
