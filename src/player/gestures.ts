/**
 * Pointers. A mouse clicks to pause and double-clicks for full screen; a finger taps to see the controls and taps
 * twice at a side to jump. Controls hide when nothing has happened for a while.
 */
import { el } from './dom.ts'
import type { Requests } from './requests.ts'
import type { Store } from './store.ts'

const IDLE_MS = 2_600
const SECOND_TAP_MS = 320
const JUMP_MS = 10_000
const JUMP_SHOWN_MS = 650

/** Whether it was meant for something the page has put over the picture, such as what comes next. */
function isOfPage(event: Event): boolean {
  // By the path: what was pressed may be gone from the page already.
  return event.composedPath().some((it) => it instanceof Element && it.slot === 'end')
}

export function hearPointers(
  host: HTMLElement,
  stage: HTMLElement,
  store: Store,
  requests: Requests,
  signal: AbortSignal,
): void {
  let idleTimer: ReturnType<typeof setTimeout> | undefined
  let lastTap = { timeMs: 0, side: 0 }
  let jumpedMs = 0
  let jumpTimer: ReturnType<typeof setTimeout> | undefined

  const before = el('div', { class: 'jump before', 'aria-hidden': 'true' })
  const after = el('div', { class: 'jump after', 'aria-hidden': 'true' })
  stage.append(before, after)

  function wake() {
    store.set({ active: true })
    clearTimeout(idleTimer)
    idleTimer = setTimeout(sleep, IDLE_MS)
  }

  function sleep() {
    const { paused, menu, scrubMs, failure } = store.state
    const busy = paused || menu !== 'closed' || scrubMs !== undefined || failure !== undefined
    if (busy || stage.querySelector('.controls :focus-visible')) idleTimer = setTimeout(sleep, IDLE_MS)
    else store.set({ active: false })
  }

  host.addEventListener('pointermove', (event) => event.pointerType !== 'touch' && wake(), { signal })
  host.addEventListener('pointerdown', (event) => store.set({ touch: event.pointerType === 'touch' }), { signal })
  host.addEventListener('keydown', wake, { signal })
  // A finger takes the focus before its tap is done, and the tap decides itself.
  host.addEventListener('focusin', () => store.state.touch || wake(), { signal })
  host.addEventListener(
    'pointerleave',
    (event) => {
      if (event.pointerType === 'mouse' && !store.state.paused && store.state.menu === 'closed')
        store.set({ active: false })
    },
    { signal },
  )

  // A press with the mouse does not take the focus into the controls: space and arrows go on meaning the video.
  stage.addEventListener(
    'pointerdown',
    (event) => {
      const pressed = event.target instanceof Element ? event.target.closest('.controls button, .large') : null
      if (pressed && event.pointerType === 'mouse' && !pressed.closest('.panel')) event.preventDefault()
    },
    { signal },
  )
  stage.addEventListener(
    'mousedown',
    (event) => {
      const pressed = event.target instanceof Element ? event.target.closest('.controls button, .large') : null
      if (pressed && !pressed.closest('.panel')) event.preventDefault()
    },
    { signal },
  )

  stage.addEventListener(
    'click',
    (event) => {
      const { menu, touch, active, failure } = store.state
      if (failure || isOfPage(event)) return
      host.focus({ preventScroll: true })
      if (menu !== 'closed') return requests.openMenu('closed')
      if (!touch) {
        wake()
        return requests.toggle()
      }
      onTap(event, active)
    },
    { signal },
  )
  stage.addEventListener(
    'dblclick',
    (event) => {
      const onPicture =
        event.target instanceof Element && !event.target.closest('.controls, button') && !isOfPage(event)
      if (!store.state.touch && onPicture) requests.toggleFullScreen()
    },
    { signal },
  )

  function onTap(event: MouseEvent, active: boolean) {
    const { left, width } = stage.getBoundingClientRect()
    const part = (event.clientX - left) / width
    const side = part < 0.36 ? -1 : part > 0.64 ? 1 : 0
    const again = event.timeStamp - lastTap.timeMs < SECOND_TAP_MS && side !== 0 && side === lastTap.side
    lastTap = { timeMs: event.timeStamp, side }
    if (again) return jump(side)
    if (active && !store.state.paused) store.set({ active: false })
    else wake()
  }

  /** Further taps at the same side add up, and the sum is shown. */
  function jump(side: number) {
    const bubble = side < 0 ? before : after
    jumpedMs = Math.sign(jumpedMs) === side ? jumpedMs + side * JUMP_MS : side * JUMP_MS
    requests.seekBy(side * JUMP_MS)
    bubble.textContent = `${side < 0 ? '−' : '+'}${Math.abs(jumpedMs) / 1000} s`
    bubble.classList.add('shown')
    clearTimeout(jumpTimer)
    jumpTimer = setTimeout(() => {
      before.classList.remove('shown')
      after.classList.remove('shown')
      jumpedMs = 0
    }, JUMP_SHOWN_MS)
  }

  store.watch((state, drawn) => {
    if (drawn && drawn.paused === state.paused) return
    if (state.paused) store.set({ active: true })
    else wake()
  })
  signal.addEventListener('abort', () => {
    clearTimeout(idleTimer)
    clearTimeout(jumpTimer)
    before.remove()
    after.remove()
  })
}
