/** The bar at the foot of the picture: buttons, volume, time, and the seek bar above them. */
import { el, iconButton, nameButton, setAttribute, setText } from './dom.ts'
import { icon, setIcon } from './icons.ts'
import { makeMenus } from './menus.ts'
import type { Requests } from './requests.ts'
import { makeSeekbar } from './seekbar.ts'
import type { Store } from './store.ts'
import { makeVolume } from './volume.ts'
import { clockTime, type Words } from './words.ts'

export function makeControls(store: Store, requests: Requests, words: Words): HTMLElement {
  const playIcon = icon('play')
  const play = iconButton(words.play, playIcon, requests.toggle, 'play')

  const position = el('span', { class: 'position' })
  const duration = el('span', { class: 'duration' })
  const time = el(
    'div',
    { class: 'time', 'aria-hidden': 'true' },
    position,
    el('span', { class: 'of' }, ' / '),
    duration,
  )

  const captions = iconButton(words.captions, icon('captions'), requests.toggleCaptions, 'cc')
  const { button: gear, panel } = makeMenus(store, requests, words)
  const pictureIcon = icon('picture')
  const picture = iconButton(words.picture, pictureIcon, requests.togglePicture, 'pip')
  const theatreIcon = icon('theatre')
  const theatre = iconButton(words.theatre, theatreIcon, requests.toggleTheatre, 'theatre')
  const fullIcon = icon('expand')
  const full = iconButton(words.fullScreen, fullIcon, requests.toggleFullScreen, 'full')

  picture.hidden = !document.pictureInPictureEnabled

  store.watch((state) => {
    const { paused, ended } = state
    setIcon(playIcon, ended ? 'replay' : paused ? 'play' : 'pause')
    nameButton(
      play,
      ended ? words.replay : paused ? words.play : words.pause,
      `${ended ? words.replay : paused ? words.play : words.pause} (k)`,
    )

    const longest = clockTime(state.durationMs)
    setText(position, clockTime(state.scrubMs ?? state.positionMs))
    setText(duration, longest)
    // The width of the whole time is kept from the start, so that nothing moves when a digit is added.
    position.style.minInlineSize = `${longest.length}ch`

    captions.hidden = state.captions.length === 0
    setAttribute(captions, 'aria-pressed', String(state.caption !== -1))
    nameButton(captions, words.captions, `${state.caption === -1 ? words.captionsOn : words.captionsOff} (c)`)

    nameButton(
      picture,
      state.pictureInPicture ? words.pictureEnd : words.picture,
      `${state.pictureInPicture ? words.pictureEnd : words.picture} (i)`,
    )
    setIcon(theatreIcon, state.theatre ? 'column' : 'theatre')
    nameButton(
      theatre,
      state.theatre ? words.theatreEnd : words.theatre,
      `${state.theatre ? words.theatreEnd : words.theatre} (t)`,
    )
    setIcon(fullIcon, state.fullScreen ? 'shrink' : 'expand')
    nameButton(
      full,
      state.fullScreen ? words.fullScreenEnd : words.fullScreen,
      `${state.fullScreen ? words.fullScreenEnd : words.fullScreen} (f)`,
    )
  })

  const row = el(
    'div',
    { class: 'row' },
    play,
    makeVolume(store, requests, words),
    time,
    el('div', { class: 'space' }),
    captions,
    gear,
    picture,
    theatre,
    full,
  )
  return el('div', { class: 'controls' }, panel, makeSeekbar(store, requests, words), row)
}
