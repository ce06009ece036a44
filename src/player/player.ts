/**
 * The player: `<vitascope-player>`, a plain custom element. Give it a `playback` (what the server answers to
 * startPlayback) and it plays.
 *
 * Attributes: `autoplay`, `muted`, `loop`, `start` (seconds), `embed` (loads nothing before play is pressed; no theatre
 * mode). Slots: `captions` for `<track>` elements, `top` for a title over the picture, `end` for what comes after the end.
 * Events: `vitascope-time` { positionMs, durationMs }, `vitascope-ended`, `vitascope-error` { code, sentence },
 * `vitascope-theatre` { theatre }, `vitascope-renew` (the addresses had to be asked for anew).
 */

import type { Source } from '../contract/analytics.ts'
import { CallFailed, connect } from '../contract/client.ts'
import type { Playback } from '../contract/watch.ts'
import { sendBeacons } from './beacons.ts'
import { makeCaptions } from './captions.ts'
import controlsCss from './controls.css?inline'
import { makeControls } from './controls.ts'
import { el } from './dom.ts'
import { type Beginning, type Engine, type FailureCode, sayFailure } from './engine.ts'
import { hearPointers } from './gestures.ts'
import { readChoices } from './kept-choices.ts'
import keyListCss from './key-list.css?inline'
import { makeKeyList } from './key-list.ts'
import { type Deed, deedsOf, hearKeys } from './keys.ts'
import { hearMedia, tell } from './media-events.ts'
import { tellSystem } from './media-session.ts'
import { fetchEngine, openEngine } from './open-engine.ts'
import overlaysCss from './overlays.css?inline'
import { makeOverlays } from './overlays.ts'
import playerCss from './player.css?inline'
import { type Requests, requestsOf } from './requests.ts'
import sizesCss from './sizes.css?inline'
import { initialState, openStore } from './store.ts'
import { fetchWords, type Words, wordsFor } from './words.ts'

/** Addresses that are refused again so soon after they were renewed will not get better. */
const RENEW_PAUSE_MS = 60_000

const RESUME_FROM_MS = 5_000
const RESUME_BEFORE_END_MS = 3_000

// Begun while the page is still being put together.
fetchEngine()
// Controls are made with their words, so the element is not defined before these are there.
await fetchWords(document.documentElement.lang || navigator.language)

/** Where the page puts what comes after the end. */
function makeEnd(): HTMLElement {
  const slot = el('slot', { name: 'end' })
  const end = el('div', { class: 'end' }, slot)
  slot.addEventListener('slotchange', () => end.toggleAttribute('data-filled', slot.assignedElements().length > 0))
  return end
}

let sheet: CSSStyleSheet | undefined

function styles(): CSSStyleSheet {
  if (sheet) return sheet
  sheet = new CSSStyleSheet()
  sheet.replaceSync(playerCss + controlsCss + overlaysCss + keyListCss + sizesCss)
  return sheet
}

export class VitascopePlayer extends HTMLElement {
  static readonly observedAttributes = ['loop', 'muted']

  /** Asks for a new playback of the same video when the addresses of this one no longer work. By default the server's API is asked. */
  declare renew: (() => Promise<Playback>) | undefined
  /** What led here, for the owner's figures. */
  declare source: Source | undefined

  readonly video = el('video', { playsinline: true, preload: 'auto', tabindex: '-1', part: 'video' })
  readonly #store = openStore()
  #requests: Requests | undefined
  #deeds: readonly Deed[] = []
  #words: Words = wordsFor('en')
  #playback: Playback | undefined
  #engine: Engine | undefined
  #opening: Promise<void> | undefined
  #renewedAtMs = Number.NEGATIVE_INFINITY
  /** While this element is in a page. */
  #inPage: AbortController | undefined
  /** While one video is open. */
  #showing: AbortController | undefined

  get playback(): Playback | undefined {
    return this.#playback
  }

  set playback(next: Playback | undefined) {
    if (next === this.#playback) return
    this.#closeVideo()
    this.#playback = next
    if (next && this.#inPage) this.#openVideo(next)
  }

  get positionMs(): number {
    return this.#store.state.positionMs
  }

  play(): void {
    this.#requests?.play()
  }

  pause(): void {
    this.#requests?.pause()
  }

  seekTo(positionMs: number): void {
    this.#requests?.seekTo(positionMs)
  }

  connectedCallback(): void {
    if (this.#inPage) return
    this.#takeEarly('playback')
    this.#inPage = new AbortController()
    if (!this.shadowRoot) this.#build()
    const { signal } = this.#inPage
    const requests = this.#requests!
    hearMedia(this, this.video, this.#store, signal)
    hearKeys(this, this.#store, this.#deeds, signal)
    hearPointers(this, this.shadowRoot!.querySelector<HTMLElement>('.stage')!, this.#store, requests, signal)
    // A line that comes back mends what its loss has broken.
    addEventListener('online', () => this.#store.state.failure?.code === 'network' && requests.retry(), { signal })
    if (this.#playback) this.#openVideo(this.#playback)
  }

  disconnectedCallback(): void {
    // Moved within the page: it is in it again before this turn ends, and goes on playing.
    queueMicrotask(() => {
      if (this.isConnected) return
      this.#closeVideo()
      this.#inPage?.abort()
      this.#inPage = undefined
    })
  }

  attributeChangedCallback(name: string): void {
    if (name === 'loop') this.video.loop = this.hasAttribute('loop')
    if (name === 'muted' && this.hasAttribute('muted')) this.video.muted = true
  }

  /** A property that was set before this class was known hides the accessor; it is taken off and set again. */
  #takeEarly(name: 'playback'): void {
    if (!Object.hasOwn(this, name)) return
    const value = this[name]
    delete this[name]
    this[name] = value
  }

  #build(): void {
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [styles()]
    const store = this.#store
    const language = this.closest<HTMLElement>('[lang]')?.lang ?? navigator.language
    this.#words = wordsFor(language)
    const words = this.#words

    const overlays = makeOverlays(store, () => requests, words)
    const requests = requestsOf({
      host: this,
      video: this.video,
      store,
      words,
      engine: () => this.#engine,
      begin: () => this.#begin(),
      reopen: () => this.#reopen(),
      showKeys: () => keyList.open(),
      say: overlays.say,
    })
    this.#requests = requests
    this.#deeds = deedsOf(this, store, requests)
    const keyList = makeKeyList(this.#deeds, words)
    const captions = makeCaptions(this.video, store)
    const stage = el(
      'div',
      { class: 'stage', part: 'stage' },
      this.video,
      captions.slot,
      captions.layer,
      el('div', { class: 'shade' }),
      makeEnd(),
      el('div', { class: 'top' }, el('slot', { name: 'top' })),
      ...overlays.parts,
      makeControls(store, requests, words),
    )
    root.append(stage, keyList.dialog)

    const kept = readChoices()
    this.video.volume = kept.volume
    this.video.muted = kept.muted || this.hasAttribute('muted')
    this.video.defaultPlaybackRate = kept.speed
    this.video.playbackRate = kept.speed
    store.set({ volume: kept.volume, muted: this.video.muted, speed: kept.speed, soundWanted: kept.sound })

    if (!this.hasAttribute('tabindex')) this.tabIndex = 0
    if (!this.hasAttribute('role')) this.setAttribute('role', 'region')
    store.watch((state) => {
      stage.toggleAttribute('data-active', state.active || state.paused)
      stage.toggleAttribute('data-ended', state.ended)
      stage.toggleAttribute('data-failed', state.failure !== undefined)
      stage.toggleAttribute('data-touch', state.touch)
      stage.toggleAttribute('data-full', state.fullScreen)
    })
  }

  #openVideo(playback: Playback): void {
    this.#showing = new AbortController()
    const { signal } = this.#showing
    const startMs = this.#startOf(playback)
    const { volume, muted, speed, soundWanted, captions, caption, theatre, fullScreen, touch } = this.#store.state
    this.#store.set({
      ...initialState,
      ...{ volume, muted, speed, soundWanted, captions, caption, theatre, fullScreen, touch },
      durationMs: playback.durationMs,
      storyboard: playback.storyboard,
      chapters: playback.chapters,
      positionMs: startMs,
    })
    this.setAttribute('aria-label', `${this.#words.player}: ${playback.title}`)
    this.#carryCaptions(playback)
    this.#keepShape(playback)
    this.video.poster = playback.poster ?? ''
    sendBeacons(
      this.video,
      () => this.#playback?.token ?? playback.token,
      () => this.source,
      signal,
    )
    tellSystem(playback, this.#requests!, signal)

    const autoplay = this.hasAttribute('autoplay')
    if (this.hasAttribute('embed') && !autoplay) return
    const opening = this.#begin()
    if (autoplay) opening?.then(() => this.#autoplay())
  }

  /** The texts of the playback as tracks of this element, beside those the page has put there itself. */
  #carryCaptions({ captions }: Playback): void {
    for (const track of this.querySelectorAll('track[data-own]')) track.remove()
    this.append(
      ...captions.map(({ language, kind, name, address }) =>
        el('track', { slot: 'captions', kind, srclang: language, label: name, src: address, 'data-own': true }),
      ),
    )
  }

  /** Where to begin: as the page says, or where the viewer stopped, unless that is as good as the beginning or the end. */
  #startOf(playback: Playback): number {
    const asked = Number(this.getAttribute('start') ?? Number.NaN)
    if (asked >= 0) return Math.min(asked * 1000, Math.max(0, playback.durationMs - 1000))
    const { resumeMs, durationMs } = playback
    return resumeMs > RESUME_FROM_MS && resumeMs < durationMs - RESUME_BEFORE_END_MS ? resumeMs : 0
  }

  /**
   * Reserves the room before anything has loaded. A wide picture gets its own shape; an upright one lies in a wide box,
   * and in a taller one on an upright phone, where it would otherwise be a stripe.
   */
  #keepShape({ width, height }: Playback): void {
    const own = width > 0 && height > 0 ? width / height : 16 / 9
    const wide = own < 1 ? 16 / 9 : Math.min(Math.max(own, 4 / 3), 2.4)
    this.style.setProperty('--shape', String(wide))
    this.style.setProperty('--shape-upright', String(Math.max(own, 4 / 5)))
  }

  /** Opens the engine at the present position; undefined when it is open. */
  #begin(): Promise<void> | undefined {
    const playback = this.#playback
    if (!playback || this.#engine) return undefined
    if (this.#opening) return this.#opening
    const showing = this.#showing
    this.#store.set({ stalled: true })
    this.#opening = openEngine(this.video, playback, this.#beginning(), {
      qualities: (qualities) => this.#store.set({ qualities }),
      playing: (playingLevel) => this.#store.set({ playingLevel }),
      sounds: (sounds, sound) => this.#store.set({ sounds, sound }),
      stillMaking: (stillMaking) => this.#store.set({ stillMaking }),
      refused: () => void this.#renewPlayback(),
      failed: (code) => this.#fail(code),
    }).then(
      (engine) => {
        this.#opening = undefined
        if (showing !== this.#showing || showing?.signal.aborted) return engine.close()
        this.#engine = engine
        if (this.#store.state.chosenLevel !== 'auto') engine.choose(this.#store.state.chosenLevel)
      },
      () => {
        // The code of the engine itself could not be loaded.
        this.#opening = undefined
        this.#fail('network')
      },
    )
    return this.#opening
  }

  #beginning(): Beginning {
    const { positionMs: startMs, soundWanted } = this.#store.state
    return { startMs, soundWanted }
  }

  /** Plays without being asked, if need be in silence: browsers allow sound only after the viewer has touched the page. */
  async #autoplay(): Promise<void> {
    const { video } = this
    try {
      await video.play()
    } catch (thrown) {
      if (!(thrown instanceof DOMException) || thrown.name !== 'NotAllowedError' || video.muted) return
      video.muted = true
      this.#store.set({ silenced: true })
      await video.play().catch(() => this.#store.set({ silenced: false }))
    }
  }

  /** Closes the engine and opens it again at the same place, playing if it was. */
  #reopen(play = true): void {
    this.#engine?.close()
    this.#engine = undefined
    const positionMs = this.#store.state.positionMs
    const opening = this.#begin()
    opening?.then(() => {
      this.#store.set({ positionMs })
      if (play) this.#requests?.play()
    })
  }

  async #renewPlayback(): Promise<void> {
    const old = this.#playback
    if (!old) return
    const nowMs = performance.now()
    if (nowMs - this.#renewedAtMs < RENEW_PAUSE_MS) return this.#fail('gone')
    this.#renewedAtMs = nowMs
    const wasPlaying = !this.video.paused || this.hasAttribute('autoplay')
    const { positionMs } = this.#store.state
    tell(this, 'vitascope-renew', { videoId: old.videoId })
    try {
      const next = await (this.renew?.() ?? connect()('startPlayback', { params: { videoId: old.videoId } }))
      // The page has gone on to another video meanwhile.
      if (this.#playback !== old) return
      this.#playback = next
      this.#store.set({ positionMs })
      this.#reopen(wasPlaying)
    } catch (thrown) {
      if (this.#playback !== old) return
      if (thrown instanceof CallFailed && thrown.status > 0) this.#fail('gone', thrown.code, thrown.message)
      else this.#fail('network')
    }
  }

  #fail(reason: FailureCode, code: string = reason, sentence?: string): void {
    const failure = { ...sayFailure(reason, this.#words.failures), code, ...(sentence ? { sentence } : {}) }
    this.#engine?.close()
    this.#engine = undefined
    this.#store.set({ failure, stalled: false, stillMaking: false, active: true, menu: 'closed' })
    tell(this, 'vitascope-error', failure)
  }

  #closeVideo(): void {
    this.#showing?.abort()
    this.#showing = undefined
    this.#opening = undefined
    this.#engine?.close()
    this.#engine = undefined
    this.#renewedAtMs = Number.NEGATIVE_INFINITY
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'vitascope-player': VitascopePlayer
  }
}

if (!customElements.get('vitascope-player')) customElements.define('vitascope-player', VitascopePlayer)
