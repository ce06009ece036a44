/** Carries what the media element does into the state. The other half of the loop that begins in requests.ts. */
import { fullScreenElement } from './requests.ts'
import type { Store } from './store.ts'

/** A pause in playing shorter than this is no reason for a spinner: it would only flicker. */
const STALL_AFTER_MS = 300

/** In a longer video a quarter of a second is less than a pixel or two. */
const SMOOTH_UP_TO_MS = 180_000

/** Listens until the signal fires. */
export function hearMedia(host: HTMLElement, video: HTMLVideoElement, store: Store, signal: AbortSignal): void {
  let stallTimer: ReturnType<typeof setTimeout> | undefined

  function waits() {
    stallTimer ??= setTimeout(() => store.set({ stalled: true }), STALL_AFTER_MS)
  }
  function goesOn() {
    clearTimeout(stallTimer)
    stallTimer = undefined
    store.set({ stalled: false })
  }
  function moved() {
    // An engine that closes leaves the clock at zero, which is nobody's position.
    if (video.readyState === HTMLMediaElement.HAVE_NOTHING) return
    const positionMs = video.currentTime * 1000
    store.set({ positionMs, buffered: rangesOf(video.buffered) })
    const { durationMs } = store.state
    tell(host, 'vitascope-time', { positionMs, durationMs })
  }

  let frame = 0
  /** The clock of the media ticks four times a second, which shows in the bar of a short video; there we look at every frame. */
  function follow() {
    cancelAnimationFrame(frame)
    if (video.paused || store.state.durationMs > SMOOTH_UP_TO_MS || !host.isConnected) return
    if (store.state.active && !video.seeking) store.set({ positionMs: video.currentTime * 1000 })
    frame = requestAnimationFrame(follow)
  }

  const hear = (names: string, then: () => void) => {
    for (const name of names.split(' ')) video.addEventListener(name, then, { signal })
  }
  hear('play', () => store.set({ paused: false, ended: false }))
  hear('pause', () => store.set({ paused: true }))
  hear('ended', () => {
    goesOn()
    store.set({ ended: true, paused: true, active: true })
    tell(host, 'vitascope-ended', {})
  })
  hear('waiting seeking', () => {
    if (!video.ended) waits()
  })
  hear('playing seeked canplay pause', goesOn)
  hear('loadeddata', () => store.set({ started: true }))
  hear('timeupdate seeking', moved)
  hear('progress', () => store.set({ buffered: rangesOf(video.buffered) }))
  hear('seeking', () => store.set({ ended: false }))
  hear('playing', follow)
  hear('durationchange', () => {
    if (Number.isFinite(video.duration) && video.duration > 0) store.set({ durationMs: video.duration * 1000 })
  })
  hear('volumechange', () => store.set({ volume: video.volume, muted: video.muted }))
  hear('ratechange', () => store.set({ speed: video.playbackRate }))
  hear('enterpictureinpicture', () => store.set({ pictureInPicture: true }))
  hear('leavepictureinpicture', () => store.set({ pictureInPicture: false }))
  document.addEventListener('fullscreenchange', () => store.set({ fullScreen: fullScreenElement() === host }), {
    signal,
  })
  signal.addEventListener('abort', () => {
    clearTimeout(stallTimer)
    cancelAnimationFrame(frame)
  })
}

function rangesOf(ranges: TimeRanges): [number, number][] {
  return Array.from({ length: ranges.length }, (_, index) => [ranges.start(index) * 1000, ranges.end(index) * 1000])
}

/** An event of the player for the page around it. */
export function tell(host: HTMLElement, name: string, detail: object): void {
  host.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
}
