/**
 * What changes while somebody looks: one socket for the whole page, which follows the videos that are on it and
 * connects again by itself. On every connection the server says at once how each video stands, so nothing is missed.
 */
import { useEffect, useState } from 'react'
import type { LiveNews } from '../../contract/live.ts'

type Hear = (news: LiveNews) => void

/** The contract's limit of one socket. */
const MOST_FOLLOWED = 200
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000

const hearers = new Map<string, Set<Hear>>()
const latest = new Map<string, LiveNews>()
let socket: WebSocket | undefined
let waitMs = FIRST_WAIT_MS
let waiting: ReturnType<typeof setTimeout> | undefined
let asking: ReturnType<typeof setTimeout> | undefined

/** Hears how these videos stand, from now on until the returned function is called. */
export function follow(videoIds: readonly string[], hear: Hear): () => void {
  for (const id of videoIds) {
    const some = hearers.get(id) ?? new Set()
    hearers.set(id, some.add(hear))
    const known = latest.get(id)
    if (known) hear(known)
  }
  ask()
  return () => {
    for (const id of videoIds) {
      const some = hearers.get(id)
      some?.delete(hear)
      if (some?.size === 0) {
        hearers.delete(id)
        latest.delete(id)
      }
    }
    ask()
  }
}

/** The news of these videos by id, for a component. */
export function useLive(videoIds: readonly string[]): ReadonlyMap<string, LiveNews> {
  const [news, setNews] = useState<ReadonlyMap<string, LiveNews>>(() => new Map())
  const key = videoIds.join(' ')
  useEffect(() => {
    if (key === '') return
    return follow(key.split(' '), (one) => setNews((before) => new Map(before).set(one.videoId, one)))
  }, [key])
  return news
}

/** Says to the server what is followed now; many changes in one turn of the page are one message. */
function ask(): void {
  clearTimeout(asking)
  asking = setTimeout(() => {
    if (hearers.size === 0) {
      clearTimeout(waiting)
      socket?.close()
      socket = undefined
      return
    }
    if (socket?.readyState === WebSocket.OPEN) say(socket)
    else if (!socket) open()
  }, 20)
}

function say(to: WebSocket): void {
  to.send(JSON.stringify({ follow: [...hearers.keys()].slice(0, MOST_FOLLOWED) }))
}

function open(): void {
  const address = new URL('/api/live', location.href)
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  const opened = new WebSocket(address)
  socket = opened
  opened.onopen = () => {
    waitMs = FIRST_WAIT_MS
    say(opened)
  }
  opened.onmessage = (message) => {
    const news = JSON.parse(String(message.data)) as LiveNews
    if (!hearers.has(news.videoId)) return
    latest.set(news.videoId, news)
    for (const hear of [...(hearers.get(news.videoId) ?? [])]) hear(news)
  }
  opened.onclose = () => {
    if (socket !== opened) return
    socket = undefined
    clearTimeout(waiting)
    waiting = setTimeout(ask, waitMs * (0.75 + Math.random() / 2))
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
  }
}
