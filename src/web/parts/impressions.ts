/** Impressions: which thumbnails came into view, told a few seconds later and together. */
import { useEffect, useRef } from 'react'
import type { SURFACES } from '../../contract/analytics.ts'
import { sourceOf } from './origins.ts'

type Surface = (typeof SURFACES)[number]

/** Half of it for this long is seen; a card that flies by is not. */
const SEEN_PART = 0.5
const SEEN_MS = 1000
const GATHER_MS = 4000
const MOST_AT_ONCE = 100

let session = newSession()
let sequence = 0
let page = ''
let told = new Set<string>()
let shown: { videoId: string; surface: Surface }[] = []
let timer: ReturnType<typeof setTimeout> | undefined

/** Gives a ref for the picture of a card; its video counts as shown once per visit of a page. */
export function useImpression(videoId: string) {
  const ref = useRef<HTMLElement>(null)
  useEffect(() => {
    const element = ref.current
    if (!element || typeof IntersectionObserver === 'undefined') return
    let seen: ReturnType<typeof setTimeout> | undefined
    const observer = new IntersectionObserver(
      ([entry]) => {
        clearTimeout(seen)
        if (entry?.isIntersecting) seen = setTimeout(() => note(videoId), SEEN_MS)
      },
      { threshold: SEEN_PART },
    )
    observer.observe(element)
    return () => {
      clearTimeout(seen)
      observer.disconnect()
    }
  }, [videoId])
  return ref
}

function note(videoId: string): void {
  const surface = surfaceHere()
  if (!surface) return
  const address = location.pathname + location.search
  if (address !== page) {
    page = address
    told = new Set()
  }
  if (told.has(videoId)) return
  told.add(videoId)
  shown.push({ videoId, surface })
  timer ??= setTimeout(flush, GATHER_MS)
}

/** The place that this page is, by the same rule that names the source of a playback. */
function surfaceHere(): Surface | undefined {
  const { kind } = sourceOf(new URL(location.href), new URL(location.origin))
  const surfaces: readonly string[] = ['home', 'search', 'suggested', 'channel', 'playlist', 'subscriptions']
  return surfaces.includes(kind) ? (kind as Surface) : undefined
}

function flush(): void {
  clearTimeout(timer)
  timer = undefined
  if (shown.length === 0) return
  const body = JSON.stringify({ session, sequence: sequence++, shown: shown.slice(0, MOST_AT_ONCE) })
  shown = shown.slice(MOST_AT_ONCE)
  if (sequence >= 10_000) {
    session = newSession()
    sequence = 0
  }
  const blob = new Blob([body], { type: 'application/json' })
  if (!navigator.sendBeacon?.('/api/impressions', blob)) {
    const headers = { 'content-type': 'application/json' }
    // Figures of impressions may miss some; nobody waits for them.
    void fetch('/api/impressions', { method: 'POST', body, headers, keepalive: true }).catch(() => {})
  }
  if (shown.length > 0) timer = setTimeout(flush, GATHER_MS)
}

if (typeof document !== 'undefined') document.addEventListener('visibilitychange', () => document.hidden && flush())

function newSession(): string {
  return crypto.randomUUID().replaceAll('-', '').slice(0, 24)
}
