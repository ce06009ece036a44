/** Notifications: the bell that knows at once, and one notification as a line. */
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { Notification, NotificationNews } from '../../contract/notifications.ts'
import { videoQuery } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Icon } from '../ui/icon.tsx'
import { say } from '../words/say.ts'

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 60_000

/** How many are unread, from the socket of the account; connects again by itself. */
function useUnread(): number {
  const queries = useQueryClient()
  const [unread, setUnread] = useState(0)
  useEffect(() => {
    let socket: WebSocket | undefined
    let waitMs = FIRST_WAIT_MS
    let timer: ReturnType<typeof setTimeout> | undefined
    let gone = false
    let newest: string | undefined
    const open = () => {
      const address = new URL('/api/me/live', location.href)
      address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
      socket = new WebSocket(address)
      socket.onmessage = (message) => {
        waitMs = FIRST_WAIT_MS
        const news = JSON.parse(String(message.data)) as NotificationNews
        setUnread(news.unread)
        const { latest } = news
        // The first word of a connection tells what there is; only what comes later is news.
        if (newest !== undefined && latest && latest.id !== newest && !latest.read) {
          announce(notificationText(latest))
          // What is known here of the video is older than the news about it.
          if (latest.video) void queries.invalidateQueries({ queryKey: videoQuery(latest.video.id).queryKey })
        }
        newest = latest?.id ?? ''
        void queries.invalidateQueries({ queryKey: ['notifications'] })
      }
      socket.onclose = () => {
        if (gone) return
        timer = setTimeout(open, waitMs * (0.75 + Math.random() / 2))
        waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
      }
    }
    open()
    return () => {
      gone = true
      clearTimeout(timer)
      socket?.close()
    }
  }, [queries])
  return unread
}

export function NotificationBell() {
  const unread = useUnread()
  return (
    <Link
      to="/notifications"
      className="button bell"
      data-kind="quiet"
      data-shape="round"
      aria-label={unread > 0 ? say('notification.unread', { count: unread }) : say('app.notifications')}
    >
      <Icon name="bell" />
      {unread > 0 ? (
        <span className="bell-count" aria-hidden="true">
          {unread > 99 ? '99+' : unread}
        </span>
      ) : null}
    </Link>
  )
}

/** One sentence, in the reader's language. */
export function notificationText(it: Notification): string {
  const holes = {
    actor: it.actor?.name ?? say('notification.somebody'),
    video: it.video?.title ?? '',
    channel: it.channel?.name ?? '',
  }
  if (it.replacement) return say('notification.says.file_refused', holes)
  // An alarm that names no video is about the whole site.
  const ofSite = (it.kind === 'starts_fell' || it.kind === 'audience_grew') && !it.video ? '_site' : ''
  return say(`notification.says.${it.kind}${ofSite}` as 'notification.says.comment', holes)
}
