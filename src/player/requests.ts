/**
 * What a viewer can ask of the player, from whichever button, key or finger. A request acts on the media element or the
 * engine; what comes of it returns as their events (see media-events.ts) and is drawn from there.
 */
import type { Engine } from './engine.ts'
import { exactRate, frameBeside } from './frames.ts'
import { keepChoices } from './kept-choices.ts'
import type { Menu, Store } from './store.ts'
import { speedLabel, type Words } from './words.ts'

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const

export interface Requests {
  play(): void
  pause(): void
  toggle(): void
  seekTo(positionMs: number): void
  seekBy(stepMs: number): void
  /** One picture on (1) or back (-1), while it stands still. */
  stepFrame(direction: 1 | -1): void
  setVolume(volume: number): void
  /** Louder or softer by a part of the whole, said aloud. */
  stepVolume(step: number): void
  toggleMute(): void
  setSpeed(speed: number): void
  /** The next faster (1) or slower (-1) of the speeds. */
  stepSpeed(direction: 1 | -1): void
  setQuality(level: number | 'auto'): void
  setSound(index: number): void
  setCaption(index: number): void
  toggleCaptions(): void
  toggleFullScreen(): void
  togglePicture(): void
  toggleTheatre(): void
  openMenu(menu: Menu): void
  /** Shows what every key does. */
  showKeys(): void
  retry(): void
  /** Shows and announces a short word: what a key has just done. */
  say(text: string): void
}

/** What the requests act on. */
export interface Stage {
  host: HTMLElement
  video: HTMLVideoElement
  store: Store
  words: Words
  engine(): Engine | undefined
  /** Opens the engine where it is not open yet (an embed loads nothing before it is asked to play); undefined where it is. */
  begin(): Promise<void> | undefined
  /** Opens the engine anew at the same place. */
  reopen(): void
  showKeys(): void
  say(text: string): void
}

export function requestsOf(stage: Stage): Requests {
  const { host, video, store, words, say } = stage

  function play() {
    if (store.state.ended) video.currentTime = 0
    // Refused by the browser until the viewer has touched the page; the state stays `paused`, which shows the button.
    const start = () => void video.play().catch(() => {})
    const opening = stage.begin()
    // Within the very press where that is possible: some browsers allow it nowhere else.
    if (opening) opening.then(start)
    else start()
  }

  function seekTo(positionMs: number) {
    const { durationMs } = store.state
    jumpTo(Math.min(Math.max(0, positionMs), Math.max(0, durationMs - 50)))
  }

  function jumpTo(targetMs: number) {
    store.set({ positionMs: targetMs, ended: false })
    const jump = () => {
      video.currentTime = targetMs / 1000
    }
    const opening = stage.begin()
    if (opening) opening.then(jump)
    else jump()
  }

  function setVolume(volume: number) {
    const bounded = Math.round(Math.min(1, Math.max(0, volume)) * 100) / 100
    video.volume = bounded
    video.muted = bounded === 0
    store.set({ silenced: false })
    keepChoices({ volume: bounded > 0 ? bounded : store.state.volume, muted: bounded === 0 })
  }

  function setSpeed(speed: number) {
    video.defaultPlaybackRate = speed
    video.playbackRate = speed
    keepChoices({ speed })
    say(`${words.speed}: ${speedLabel(speed, words)}`)
  }

  function setCaption(index: number) {
    const track = store.state.captions[index]
    store.set({ caption: track ? index : -1 })
    keepChoices({ captions: track?.language ?? '' })
    say(`${words.captions}: ${track?.label ?? words.off}`)
  }

  return {
    play,
    pause: () => video.pause(),
    toggle: () => (video.paused || store.state.ended ? play() : video.pause()),
    seekTo,
    seekBy: (stepMs) => seekTo(video.currentTime * 1000 + stepMs),
    stepFrame(direction) {
      const { qualities, playingLevel, durationMs } = store.state
      const rate = (qualities.find(({ level }) => level === playingLevel) ?? qualities.at(-1))?.frameRate ?? 0
      if (!video.paused || rate === 0) return
      jumpTo(frameBeside(video.currentTime * 1000, direction, exactRate(rate), durationMs))
    },
    setVolume,
    stepVolume(step) {
      // Asked of the element, not of the state: keys repeat faster than its events come back.
      setVolume((video.muted ? 0 : video.volume) + step)
      say(`${words.volume} ${words.percent(Math.round(video.volume * 100))}`)
    },
    toggleMute() {
      const silent = video.muted || video.volume === 0
      if (silent && video.volume === 0) video.volume = 0.5
      video.muted = !silent
      store.set({ silenced: false })
      keepChoices({ muted: !silent })
      say(silent ? `${words.volume} ${words.percent(Math.round(video.volume * 100))}` : words.muted)
    },
    setSpeed,
    stepSpeed(direction) {
      const next =
        direction > 0
          ? SPEEDS.find((speed) => speed > video.playbackRate)
          : SPEEDS.findLast((speed) => speed < video.playbackRate)
      if (next !== undefined) setSpeed(next)
    },
    setQuality(level) {
      stage.engine()?.choose(level)
      store.set({ chosenLevel: level })
      const found = store.state.qualities.find((quality) => quality.level === level)
      say(`${words.quality}: ${found?.label ?? words.automatic}`)
    },
    setSound(index) {
      const track = store.state.sounds[index]
      if (!track) return
      stage.engine()?.chooseSound(index)
      store.set({ sound: index, soundWanted: track.language })
      keepChoices({ sound: track.language })
      say(`${words.sound}: ${track.label}`)
    },
    setCaption,
    toggleCaptions() {
      if (store.state.captions.length > 0) setCaption(store.state.caption === -1 ? 0 : -1)
    },
    toggleFullScreen: () => void toggleFullScreen(host, video).catch(() => {}),
    togglePicture: () => void togglePicture(video).catch(() => {}),
    toggleTheatre() {
      const theatre = !store.state.theatre
      store.set({ theatre })
      host.dispatchEvent(new CustomEvent('vitascope-theatre', { detail: { theatre }, bubbles: true, composed: true }))
    },
    openMenu: (menu) => store.set({ menu }),
    showKeys: stage.showKeys,
    retry() {
      store.set({ failure: undefined })
      stage.reopen()
    },
    say,
  }
}

/** iPhones have full screen for the video element only, under an old name. */
interface AppleVideo extends HTMLVideoElement {
  webkitEnterFullscreen?(): void
}

export function fullScreenElement(): Element | null {
  return document.fullscreenElement
}

async function toggleFullScreen(host: HTMLElement, video: AppleVideo): Promise<void> {
  if (fullScreenElement()) return document.exitFullscreen()
  if (!host.requestFullscreen) return video.webkitEnterFullscreen?.()
  await host.requestFullscreen()
  if (video.videoWidth <= video.videoHeight) return
  // Phones turn by themselves for a wide picture; elsewhere this is refused, which is fine.
  const orientation = screen.orientation as ScreenOrientation & { lock?(to: string): Promise<void> }
  await orientation.lock?.('landscape')
}

async function togglePicture(video: HTMLVideoElement): Promise<void> {
  if (document.pictureInPictureElement) await document.exitPictureInPicture()
  else await video.requestPictureInPicture()
}
