/**
 * Keys. Within the player all of them; elsewhere on the page those that nothing else there could have been meant by,
 * and none while somebody types. A remote control has arrows and Enter: they walk from control to control.
 */
import type { Requests } from './requests.ts'
import type { Store } from './store.ts'
import type { Words } from './words.ts'

const VOLUME_STEP = 0.05

/** What some keys do. The list that viewers are shown is made from the same table as what is heard. */
export interface Deed {
  /** As events name them, letters small. */
  keys: readonly string[]
  says: keyof Words['deeds']
  /**
   * `anywhere`: whatever has the focus. `beside`: but not on a button, which the key would press. `picture`: only while the picture itself has
   * the focus, because elsewhere the key scrolls the page.
   */
  where: 'anywhere' | 'beside' | 'picture'
  act(key: string): void
}

/** Everything that keys do in this player, in the order it is listed. */
export function deedsOf(host: HTMLElement, store: Store, requests: Requests): Deed[] {
  const deed = (where: Deed['where']) => (says: Deed['says'], keys: string, act: Deed['act']) => ({
    ...{ keys: keys.split(' '), says, where, act },
  })
  const [anywhere, picture] = [deed('anywhere'), deed('picture')]
  return [
    anywhere('toggle', 'k', requests.toggle),
    { keys: [' '], says: 'toggle', where: 'beside', act: requests.toggle },
    anywhere('back10', 'j', () => requests.seekBy(-10_000)),
    anywhere('on10', 'l', () => requests.seekBy(10_000)),
    anywhere('back5', 'ArrowLeft', () => requests.seekBy(-5_000)),
    anywhere('on5', 'ArrowRight', () => requests.seekBy(5_000)),
    anywhere('frameBack', ',', () => requests.stepFrame(-1)),
    anywhere('frameOn', '.', () => requests.stepFrame(1)),
    anywhere('tenth', '0 1 2 3 4 5 6 7 8 9', (key) => requests.seekTo((Number(key) / 10) * store.state.durationMs)),
    anywhere('slower', '<', () => requests.stepSpeed(-1)),
    anywhere('faster', '>', () => requests.stepSpeed(1)),
    anywhere('mute', 'm', requests.toggleMute),
    anywhere('captions', 'c', requests.toggleCaptions),
    anywhere('fullScreen', 'f', requests.toggleFullScreen),
    ...(host.hasAttribute('embed') ? [] : [anywhere('theatre', 't', requests.toggleTheatre)]),
    anywhere('picture', 'i', requests.togglePicture),
    anywhere('list', '?', requests.showKeys),
    picture('louder', 'ArrowUp', () => requests.stepVolume(VOLUME_STEP)),
    picture('softer', 'ArrowDown', () => requests.stepVolume(-VOLUME_STEP)),
    picture('begin', 'Home', () => requests.seekTo(0)),
    picture('end', 'End', () => requests.seekTo(store.state.durationMs)),
    // The door for remote controls: Enter on the picture leads to the buttons.
    picture('enter', 'Enter', () => {
      requests.toggle()
      focusOn(host, '.row .play')
    }),
  ]
}

const PRESSABLE = 'a[href], button, input, select, textarea, summary, video, audio, iframe, [tabindex], [role="slider"]'

/** What finds things by letters, or plays by itself. */
const LISTENING = '[role="menu"], [role="listbox"], [role="combobox"], video, audio, iframe'

export function hearKeys(host: HTMLElement, store: Store, deeds: readonly Deed[], signal: AbortSignal): void {
  document.addEventListener('keydown', (event) => onKey(event), { signal })

  function onKey(event: KeyboardEvent) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    const path = event.composedPath()
    const target = path[0]
    if (!(target instanceof Element) || isTyping(target)) return
    const inside = path.includes(host)
    // What lies over the player has the keys for itself.
    if (host.shadowRoot?.querySelector('dialog[open]')) return
    if (!inside && (target.closest(LISTENING) || document.querySelector('dialog[open], [aria-modal="true"]'))) return
    // Space on a link or a button of the page belongs to it, arrows to whatever scrolls or slides; a letter to neither.
    const elsewhere = !inside && target.closest(PRESSABLE) !== null
    if (elsewhere && event.key.length > 1) return
    const onStage = !elsewhere && (target === host || !inside)
    const act =
      (inside && !onStage ? walk(event.key, target) : undefined) ??
      deed(event.key, { picture: inside && onStage, beside: onStage || target.matches('.seekbar') })
    if (!act) return
    event.preventDefault()
    store.set({ active: true })
    act()
  }

  function deed(key: string, is: { picture: boolean; beside: boolean }): (() => void) | undefined {
    const name = key.length === 1 ? key.toLowerCase() : key
    const found = deeds.find(({ keys, where }) => keys.includes(name) && (where === 'anywhere' || is[where]))
    return found && (() => found.act(name))
  }

  /** From control to control: left and right along the row, up to the seek bar, and from there to the picture. */
  function walk(key: string, target: Element): (() => void) | undefined {
    const controls = target.closest('.controls')
    if (!controls) return undefined
    if (key === 'Escape') return () => host.focus()
    const onBar = target.matches('.seekbar')
    if (key === 'ArrowUp') return () => (onBar ? host.focus() : focusOn(host, '.seekbar'))
    if (key === 'ArrowDown') return () => (onBar ? focusOn(host, '.row .play') : undefined)
    if (onBar || (key !== 'ArrowLeft' && key !== 'ArrowRight')) return undefined
    // The volume slider needs left and right for itself, so it is passed by; Tab leads into it.
    const row = [...controls.querySelectorAll<HTMLElement>('.row button')].filter(
      (control) => control.offsetParent !== null,
    )
    const at = row.indexOf(target as HTMLElement)
    return () => row[at + (key === 'ArrowRight' ? 1 : -1)]?.focus()
  }
}

function focusOn(host: HTMLElement, selector: string) {
  host.shadowRoot?.querySelector<HTMLElement>(selector)?.focus()
}

function isTyping(target: Element): boolean {
  if (target instanceof HTMLElement && target.isContentEditable) return true
  return target.matches(
    'textarea, select, input:not([type="range"], [type="checkbox"], [type="radio"], [type="button"])',
  )
}
