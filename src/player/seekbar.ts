/** The bar of time: what has been played, what is loaded, where the pointer is, and a slider for hand and keys. */
import { el, setAttribute } from './dom.ts'
import { makePreview } from './preview.ts'
import type { Requests } from './requests.ts'
import type { Store } from './store.ts'
import { clockTime, spokenTime, type Words } from './words.ts'

const ARROW_MS = 5_000
/** Page Up and Page Down move by a tenth, but never by less than half a minute of a long video. */
const pageMs = (durationMs: number) => Math.max(durationMs / 10, Math.min(30_000, durationMs / 4))

/** The most pieces of buffer that are drawn; after many seeks the rest is of no use to anybody. */
const MOST_RANGES = 12

export function makeSeekbar(store: Store, requests: Requests, words: Words): HTMLElement {
  const loaded = el('div', { class: 'loaded' })
  const hovered = el('div', { class: 'hovered' })
  const played = el('div', { class: 'played' })
  const thumb = el('div', { class: 'thumb' })
  const preview = makePreview(store)
  const tipTime = el('div', { class: 'tip-time' })
  const tip = el('div', { class: 'tip', 'aria-hidden': 'true' }, ...preview.parts, tipTime)
  const marks = el('div', { class: 'marks' })
  const bar = el(
    'div',
    { class: 'seekbar', role: 'slider', tabindex: '0', 'aria-label': words.seek, 'aria-valuemin': '0' },
    el('div', { class: 'track' }, loaded, hovered, played, marks),
    thumb,
    tip,
  )

  function timeAt(event: PointerEvent): number {
    const { left, width } = bar.getBoundingClientRect()
    const part = Math.min(1, Math.max(0, (event.clientX - left) / Math.max(1, width)))
    return part * store.state.durationMs
  }

  function showTip(timeMs: number) {
    const { durationMs } = store.state
    const part = durationMs > 0 ? timeMs / durationMs : 0
    tipTime.textContent = clockTime(timeMs)
    preview.show(timeMs)
    hovered.style.transform = `scaleX(${part})`
    // Kept inside the bar, so that it is whole at both ends.
    const half = tip.offsetWidth / 2
    const width = bar.clientWidth
    tip.style.transform = `translateX(${Math.min(width - half, Math.max(half, part * width))}px) translateX(-50%)`
  }

  bar.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    event.preventDefault()
    event.stopPropagation()
    bar.setPointerCapture(event.pointerId)
    store.set({ scrubMs: timeAt(event) })
  })
  bar.addEventListener('pointermove', (event) => {
    showTip(timeAt(event))
    if (store.state.scrubMs !== undefined) store.set({ scrubMs: timeAt(event) })
  })
  bar.addEventListener('pointerup', (event) => {
    if (store.state.scrubMs === undefined) return
    store.set({ scrubMs: undefined })
    requests.seekTo(timeAt(event))
  })
  bar.addEventListener('pointercancel', () => store.set({ scrubMs: undefined }))
  bar.addEventListener('click', (event) => event.stopPropagation())
  bar.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { durationMs } = store.state
    const keys: Record<string, () => void> = {
      ArrowLeft: () => requests.seekBy(-ARROW_MS),
      ArrowRight: () => requests.seekBy(ARROW_MS),
      PageDown: () => requests.seekBy(-pageMs(durationMs)),
      PageUp: () => requests.seekBy(pageMs(durationMs)),
      Home: () => requests.seekTo(0),
      End: () => requests.seekTo(durationMs),
    }
    const act = keys[event.key]
    if (!act) return
    event.preventDefault()
    event.stopPropagation()
    act()
  })

  store.watch((state) => {
    const { durationMs } = state
    const shownMs = Math.min(state.scrubMs ?? state.positionMs, durationMs)
    const part = durationMs > 0 ? shownMs / durationMs : 0
    played.style.transform = `scaleX(${part})`
    thumb.style.insetInlineStart = `${part * 100}%`
    bar.toggleAttribute('data-held', state.scrubMs !== undefined)
    // Whole seconds only: a screen reader would otherwise never come to rest.
    setAttribute(bar, 'aria-valuemax', String(Math.floor(durationMs / 1000)))
    setAttribute(bar, 'aria-valuenow', String(Math.floor(shownMs / 1000)))
    setAttribute(bar, 'aria-valuetext', words.ofTime(spokenTime(shownMs, words), spokenTime(durationMs, words)))
  })
  store.watch((state, before) => {
    if (before && state.buffered === before.buffered && state.durationMs === before.durationMs) return
    const ranges = state.durationMs > 0 ? state.buffered.slice(0, MOST_RANGES) : []
    loaded.replaceChildren(
      ...ranges.map(([fromMs, toMs]) => {
        const range = el('div')
        range.style.insetInlineStart = `${(fromMs / state.durationMs) * 100}%`
        range.style.inlineSize = `${((toMs - fromMs) / state.durationMs) * 100}%`
        return range
      }),
    )
  })
  store.watch((state, before) => {
    if (before && state.chapters === before.chapters && state.durationMs === before.durationMs) return
    const starts = state.durationMs > 0 ? state.chapters.slice(1) : []
    marks.replaceChildren(
      ...starts.map(({ startMs }) => {
        const mark = el('div')
        mark.style.insetInlineStart = `${(startMs / state.durationMs) * 100}%`
        return mark
      }),
    )
  })
  return bar
}
