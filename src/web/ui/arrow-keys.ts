/**
 * A remote control has four arrows and one button: the arrows lead from link to button by where these stand on the screen.
 * Only where there is no pointer; elsewhere arrows scroll, as everybody expects of them.
 */

const REACHABLE = 'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])'
/** What needs the arrows itself, at least those of one direction. */
const OWN_ARROWS =
  'textarea, select, vitascope-player, [role="listbox"], input:not([type="checkbox"], [type="radio"], [type="file"])'
/** How much worse it is to lie aside than to lie far ahead. */
const ASIDE = 3

type Way = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight'

/** Television browsers say so; a screen without any pointer is one by what it can do (Media Queries 4, any-pointer). */
export function isRemoteControlled(): boolean {
  const television =
    /\b(SMART-?TV|Smart TV|GoogleTV|Android TV|AppleTV|BRAVIA|Tizen|Web0S|WebOS|HbbTV|AFT[A-Z]|CrKey)\b/i
  return television.test(navigator.userAgent) || matchMedia('(any-pointer: none)').matches
}

/** Listens for good. */
export function followArrows(): void {
  document.documentElement.dataset.remote = ''
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
    if (!/^Arrow(Up|Down|Left|Right)$/.test(event.key)) return
    const from = document.activeElement
    // From a line of text one gets out upwards and downwards only: the other two move in it.
    const sideways = event.key === 'ArrowLeft' || event.key === 'ArrowRight'
    if (from?.matches(OWN_ARROWS) && (sideways || !from.matches('input'))) return
    const next = nextOf(from, event.key as Way)
    if (!next) return
    event.preventDefault()
    next.focus()
    next.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  })
}

/** The nearest one ahead; from nowhere, the first of the page's content. */
function nextOf(from: Element | null, way: Way): HTMLElement | undefined {
  const within = document.querySelector('dialog[open], [popover]:popover-open') ?? document.body
  const all = [...within.querySelectorAll<HTMLElement>(REACHABLE)].filter(isOffered)
  if (!from || from === document.body || !within.contains(from)) {
    return all.find((it) => it.closest('main, dialog, [popover]')) ?? all[0]
  }
  const start = from.getBoundingClientRect()
  let best: HTMLElement | undefined
  let least = Number.POSITIVE_INFINITY
  for (const it of all) {
    if (it === from) continue
    const cost = costOf(start, it.getBoundingClientRect(), way)
    if (cost < least) {
      least = cost
      best = it
    }
  }
  return best
}

function isOffered(it: HTMLElement): boolean {
  if (it.tabIndex < 0 || it.hasAttribute('disabled')) return false
  return it.checkVisibility({ visibilityProperty: true }) && it.getBoundingClientRect().width > 1
}

/** How far ahead, and how far aside of the band that lies straight ahead; infinite for what does not lie ahead. */
function costOf(from: DOMRect, to: DOMRect, way: Way): number {
  const upright = way === 'ArrowUp' || way === 'ArrowDown'
  const ahead = {
    ArrowUp: from.top - to.bottom,
    ArrowDown: to.top - from.bottom,
    ArrowLeft: from.left - to.right,
    ArrowRight: to.left - from.right,
  }[way]
  // What overlaps a little still lies ahead: lines of text are closer than their boxes.
  const slack = Math.min(upright ? from.height : from.width, upright ? to.height : to.width) / 2
  if (ahead < -slack) return Number.POSITIVE_INFINITY
  const aside = upright
    ? Math.max(0, to.left - from.right, from.left - to.right)
    : Math.max(0, to.top - from.bottom, from.top - to.bottom)
  const centres = upright ? Math.abs(to.left - from.left) : Math.abs(to.top - from.top)
  return Math.max(0, ahead) + ASIDE * aside + centres / 10
}
