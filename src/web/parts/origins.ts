/** Where a playback comes from: the page before, here or elsewhere. For the figures of whoever published the video. */
import type { Source } from '../../contract/analytics.ts'

let before: string | undefined
let here = location.pathname + location.search

/** Hears of every change of page; called by the router. */
export function notePage(address: string): void {
  if (address === here) return
  before = here
  here = address
}

/** What led to the page that is shown now. */
export function sourceHere(embed: boolean): Source {
  if (embed) return document.referrer ? { kind: 'embed', detail: document.referrer } : { kind: 'embed' }
  if (before !== undefined) return sourceOf(new URL(before, location.origin), new URL(here, location.origin))
  if (!document.referrer) return { kind: 'direct' }
  const referrer = new URL(document.referrer)
  if (referrer.origin === location.origin) return sourceOf(referrer, new URL(location.href))
  return { kind: 'external', detail: referrer.host }
}

/** The source that a page of ours is, for a playback on `next`. */
export function sourceOf(page: URL, next: URL): Source {
  const list = next.searchParams.get('list')
  if (list) return { kind: 'playlist', detail: list }
  const [, first = '', second = ''] = page.pathname.split('/')
  if (first === '') return { kind: 'home' }
  if (first === 'search' || first === 'results') {
    const words = page.searchParams.get('q') ?? page.searchParams.get('query') ?? ''
    return words ? { kind: 'search', detail: words.slice(0, 300) } : { kind: 'search' }
  }
  if (first === 'watch') return { kind: 'suggested', detail: second }
  if (first.startsWith('@')) return { kind: 'channel' }
  if (first === 'subscriptions') return { kind: 'subscriptions' }
  if (first === 'notifications') return { kind: 'notification' }
  return { kind: 'direct' }
}
