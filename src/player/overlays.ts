/** What lies over the picture: the large button, the spinner, short words, what went wrong, and the end. */
import { el, iconButton, nameButton, setAttribute, setText } from './dom.ts'
import { icon, setIcon } from './icons.ts'
import type { Requests } from './requests.ts'
import type { PlayerState, Store } from './store.ts'
import type { Words } from './words.ts'

const WORD_MS = 1_100

export interface Overlays {
  parts: HTMLElement[]
  /** Shows a short word for a second, and reads it to those who listen. */
  say(text: string): void
}

export function makeOverlays(store: Store, requests: () => Requests, words: Words): Overlays {
  const word = el('div', { class: 'word', role: 'status', 'aria-live': 'polite' })
  let wordTimer: ReturnType<typeof setTimeout> | undefined

  function say(text: string) {
    clearTimeout(wordTimer)
    word.textContent = text
    word.classList.add('shown')
    wordTimer = setTimeout(() => word.classList.remove('shown'), WORD_MS)
  }

  return {
    parts: [
      makeSpinner(store, words),
      makeLargeButton(store, requests, words),
      makeUnmute(store, requests, words),
      word,
      makeFailure(store, requests, words),
    ],
    say,
  }
}

function makeSpinner(store: Store, words: Words): HTMLElement {
  const why = el('span', { class: 'why' })
  const spinner = el(
    'div',
    { class: 'spinner', role: 'status', hidden: true },
    el('span', { class: 'ring', role: 'img' }),
    why,
  )
  spinner.firstElementChild?.setAttribute('aria-label', words.loading)
  store.watch((state) => {
    spinner.hidden = !isWaiting(state)
    setText(why, state.stillMaking ? words.stillMaking : '')
  })
  return spinner
}

function isWaiting({ stalled, failure, ended }: PlayerState): boolean {
  return stalled && !failure && !ended
}

/** In the middle: begins, begins again after the end, and on touch screens also pauses. */
function makeLargeButton(store: Store, requests: () => Requests, words: Words): HTMLElement {
  const picture = icon('play')
  const button = iconButton(words.play, picture, () => requests().toggle(), 'large')
  store.watch((state) => {
    const { paused, ended, started, positionMs, touch, active, failure } = state
    const begins = paused && !isWaiting(state) && (ended || !started || positionMs === 0)
    const byFinger = touch && active && !isWaiting(state)
    button.toggleAttribute('data-shown', !failure && (begins || byFinger))
    // The same button is in the bar; here it would only be a second stop on the way through with the keyboard.
    button.tabIndex = begins ? 0 : -1
    setAttribute(button, 'aria-hidden', String(!begins))
    setIcon(picture, ended ? 'replay' : paused ? 'play' : 'pause')
    nameButton(button, ended ? words.replay : paused ? words.play : words.pause, '')
  })
  return button
}

/** Where the browser allowed playing only in silence. */
function makeUnmute(store: Store, requests: () => Requests, words: Words): HTMLElement {
  const button = el('button', { type: 'button', class: 'unmute', hidden: true }, icon('mute'), words.unmute)
  button.addEventListener('click', (event) => {
    event.stopPropagation()
    requests().toggleMute()
  })
  store.watch(({ silenced, muted, failure }) => {
    button.hidden = !silenced || !muted || failure !== undefined
  })
  return button
}

function makeFailure(store: Store, requests: () => Requests, words: Words): HTMLElement {
  const sentence = el('p')
  const retry = el('button', { type: 'button', class: 'retry' }, icon('replay'), words.retry)
  retry.addEventListener('click', (event) => {
    event.stopPropagation()
    requests().retry()
  })
  const screen = el('div', { class: 'failure', role: 'alert', hidden: true }, icon('warning'), sentence, retry)
  store.watch(({ failure }) => {
    screen.hidden = failure === undefined
    setText(sentence, failure?.sentence ?? '')
  })
  return screen
}
