/**
 * Keys. Within the player all of them; elsewhere on the page those that nothing else there could have been meant by,
 * and none while somebody types. A remote control has arrows and Enter: they walk from control to control.
 */
import type { Requests } from './requests.ts'
import type { Store } from './store.ts'

const VOLUME_STEP = 0.05

const PRESSABLE = 'a[href], button, input, select, textarea, summary, video, audio, iframe, [tabindex], [role="slider"]'

export function hearKeys(host: HTMLElement, store: Store, requests: Requests, signal: AbortSignal): void {
  document.addEventListener('keydown', (event) => onKey(event), { signal })

  function onKey(event: KeyboardEvent) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    const path = event.composedPath()
    const target = path[0]
    if (!(target instanceof Element) || isTyping(target)) return
    const inside = path.includes(host)
    // Space on a link or a button of the page belongs to it, arrows to whatever scrolls or slides.
    if (!inside && (target.closest(PRESSABLE) || document.querySelector('dialog[open], [aria-modal="true"]'))) return
    const onStage = target === host || !inside
    const act =
      (inside && !onStage ? walk(event.key, target) : undefined) ??
      (inside && onStage ? stageKey(event.key) : undefined) ??
      plainKey(event.key, onStage || target.matches('.seekbar'))
    if (!act) return
    event.preventDefault()
    store.set({ active: true })
    act()
  }

  /** Keys that mean the same wherever they are pressed. */
  function plainKey(key: string, onStage: boolean): (() => void) | undefined {
    if (/^[0-9]$/.test(key)) return () => requests.seekTo((Number(key) / 10) * store.state.durationMs)
    const letter = key.length === 1 ? key.toLowerCase() : key
    switch (letter) {
      case ' ':
        return onStage ? requests.toggle : undefined
      case 'k':
        return requests.toggle
      case 'j':
        return () => requests.seekBy(-10_000)
      case 'l':
        return () => requests.seekBy(10_000)
      case 'ArrowLeft':
        return () => requests.seekBy(-5_000)
      case 'ArrowRight':
        return () => requests.seekBy(5_000)
      case 'm':
        return requests.toggleMute
      case 'f':
        return requests.toggleFullScreen
      case 'c':
        return requests.toggleCaptions
      case 'i':
        return requests.togglePicture
      case 't':
        return host.hasAttribute('embed') ? undefined : requests.toggleTheatre
      case '<':
        return () => requests.stepSpeed(-1)
      case '>':
        return () => requests.stepSpeed(1)
      default:
        return undefined
    }
  }

  /** Keys that scroll the page, unless the picture itself has the focus. */
  function stageKey(key: string): (() => void) | undefined {
    switch (key) {
      case 'ArrowUp':
        return () => requests.stepVolume(VOLUME_STEP)
      case 'ArrowDown':
        return () => requests.stepVolume(-VOLUME_STEP)
      case 'Home':
        return () => requests.seekTo(0)
      case 'End':
        return () => requests.seekTo(store.state.durationMs)
      case 'Enter':
        // The door for remote controls: Enter on the picture leads to the buttons.
        return () => {
          requests.toggle()
          focusOn('.row .play')
        }
      default:
        return undefined
    }
  }

  /** From control to control: left and right along the row, up to the seek bar, and from there to the picture. */
  function walk(key: string, target: Element): (() => void) | undefined {
    const controls = target.closest('.controls')
    if (!controls) return undefined
    if (key === 'Escape') return () => host.focus()
    const onBar = target.matches('.seekbar')
    if (key === 'ArrowUp') return () => (onBar ? host.focus() : focusOn('.seekbar'))
    if (key === 'ArrowDown') return () => (onBar ? focusOn('.row .play') : undefined)
    if (onBar || (key !== 'ArrowLeft' && key !== 'ArrowRight')) return undefined
    // The volume slider needs left and right for itself, so it is passed by; Tab leads into it.
    const row = [...controls.querySelectorAll<HTMLElement>('.row button')].filter(
      (control) => control.offsetParent !== null,
    )
    const at = row.indexOf(target as HTMLElement)
    return () => row[at + (key === 'ArrowRight' ? 1 : -1)]?.focus()
  }

  function focusOn(selector: string) {
    host.shadowRoot?.querySelector<HTMLElement>(selector)?.focus()
  }
}

function isTyping(target: Element): boolean {
  if (target instanceof HTMLElement && target.isContentEditable) return true
  return target.matches(
    'textarea, select, input:not([type="range"], [type="checkbox"], [type="radio"], [type="button"])',
  )
}
