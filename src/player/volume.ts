/** The volume: a button that silences and a slider beside it. */
import { el, iconButton, nameButton, setAttribute } from './dom.ts'
import { icon, setIcon } from './icons.ts'
import type { Requests } from './requests.ts'
import type { Store } from './store.ts'
import type { Words } from './words.ts'

export function makeVolume(store: Store, requests: Requests, words: Words): HTMLElement {
  const picture = icon('loud')
  const button = iconButton(words.mute, picture, requests.toggleMute, 'mute')
  const slider = el('input', {
    type: 'range',
    class: 'volume',
    min: '0',
    max: '100',
    step: '5',
    'aria-label': words.volume,
  })
  slider.addEventListener('input', () => requests.setVolume(Number(slider.value) / 100))
  slider.addEventListener('click', (event) => event.stopPropagation())
  slider.addEventListener('keydown', (event) => {
    if (event.key.startsWith('Arrow') || event.key === 'Home' || event.key === 'End') event.stopPropagation()
  })

  store.watch(({ volume, muted }) => {
    const heard = muted ? 0 : Math.round(volume * 100)
    setIcon(picture, heard === 0 ? 'mute' : heard < 50 ? 'soft' : 'loud')
    nameButton(button, heard === 0 ? words.unmute : words.mute, `${heard === 0 ? words.unmute : words.mute} (m)`)
    if (slider.value !== String(heard)) slider.value = String(heard)
    slider.style.setProperty('--heard', `${heard}%`)
    setAttribute(slider, 'aria-valuetext', words.percent(heard))
  })
  return el('div', { class: 'sound' }, button, slider)
}
