/**
 * Captions. Tracks stand in the page as `<track slot="captions" kind="captions" srclang label src>` below the player;
 * they are carried over to the media element, and their cues are drawn here, so that they keep clear of the controls.
 */
import { el } from './dom.ts'
import { readChoices } from './kept-choices.ts'
import type { Store } from './store.ts'

export function makeCaptions(video: HTMLVideoElement, store: Store): { slot: HTMLSlotElement; layer: HTMLElement } {
  const slot = el('slot', { name: 'captions' })
  const layer = el('div', { class: 'captions', hidden: true })
  let carried: HTMLTrackElement[] = []

  slot.addEventListener('slotchange', () => {
    for (const track of carried) track.remove()
    carried = slot.assignedElements().flatMap((found) => {
      if (!(found instanceof HTMLTrackElement)) return []
      const track = found.cloneNode() as HTMLTrackElement
      track.removeAttribute('slot')
      track.addEventListener('load', draw)
      video.append(track)
      track.track.mode = 'disabled'
      track.track.addEventListener('cuechange', draw)
      return [track]
    })
    const captions = carried.map(({ label, srclang }) => ({ label: label || srclang, language: srclang }))
    const wanted = readChoices().captions
    store.set({ captions, caption: wanted === '' ? -1 : captions.findIndex(({ language }) => language === wanted) })
  })

  function draw() {
    const cues = [...(carried[store.state.caption]?.track.activeCues ?? [])] as VTTCue[]
    layer.replaceChildren(...cues.map((cue) => el('p', {}, el('span', {}, cue.getCueAsHTML()))))
  }

  store.watch((state, before) => {
    if (before && before.caption === state.caption && before.captions === state.captions) return
    carried.forEach(({ track }, index) => {
      // `hidden` keeps the cues coming and leaves the drawing to us.
      track.mode = index === state.caption ? 'hidden' : 'disabled'
    })
    layer.hidden = state.caption === -1
    draw()
  })
  return { slot, layer }
}
