/** Notifications: what is new for the account, and the way to say what that should be. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Notification } from '../../contract/notifications.ts'
import { call } from '../api.ts'
import { Face } from '../parts/face.tsx'
import { MembersOnly } from '../parts/members-only.tsx'
import { notificationText } from '../parts/notifications.tsx'
import { notificationsQuery } from '../parts/people-queries.ts'
import { More } from '../parts/video-grid.tsx'
import { useAct } from '../ui/act.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { ago } from '../ui/format.ts'
import { Icon, Mark } from '../ui/icon.tsx'
import { LongList } from '../ui/long-list.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

export function NotificationsPage() {
  usePageTitle(say('notification.title'))
  return <MembersOnly>{() => <Everything />}</MembersOnly>
}

function Everything() {
  const listing = useInfiniteQuery(notificationsQuery)
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  const act = useAct(notificationsQuery.queryKey)
  return (
    <div className="stack narrow">
      <div className="page-head row spread">
        <h1 tabIndex={-1}>{say('notification.title')}</h1>
        <div className="row">
          <Button
            size="small"
            icon="check"
            disabled={!listing.data?.pages[0]?.unread}
            onClick={() => act.mutate(() => call('readNotifications', { body: {} }))}
          >
            {say('notification.read_all')}
          </Button>
          <Link
            to="/settings"
            search={{ part: 'notifications' }}
            className="button"
            data-size="small"
            data-shape="round"
            aria-label={say('notification.settings')}
          >
            <Icon name="gear" />
          </Link>
        </div>
      </div>
      <Trouble thrown={listing.error ?? act.error} />
      {listing.isSuccess && items.length === 0 ? (
        <Empty title={say('notification.empty')} hint={say('notification.empty_hint')} />
      ) : null}
      <LongList
        items={items}
        idOf={(it) => it.id}
        rowProps={(it) => ({ className: 'row spread notification', ...(it.read ? {} : { 'data-unread': true }) })}
        row={(it) => (
          <>
            <Line
              it={it}
              onOpen={() => it.read || act.mutate(() => call('readNotifications', { body: { ids: [it.id] } }))}
            />
            {it.kind === 'team_invitation' && it.channel ? (
              <Button
                size="small"
                kind="main"
                onClick={() => {
                  const handle = it.channel?.handle ?? ''
                  act.mutate(() => call('acceptInvitation', { params: { handle } }))
                }}
              >
                {say('notification.accept')}
              </Button>
            ) : null}
            <Button
              size="small"
              kind="quiet"
              shape="round"
              icon="cross"
              aria-label={say('notification.remove')}
              onClick={() => act.mutate(() => call('removeNotification', { params: { notificationId: it.id } }))}
            />
          </>
        )}
      />
      <More listing={listing} />
    </div>
  )
}

function Line({ it, onOpen }: { it: Notification; onOpen: () => void }) {
  const words = (
    <>
      {it.actor ? <Face {...it.actor} /> : <Mark size={36} />}
      <span className="stack">
        <span dir="auto">
          {notificationText(it)}
          {it.read ? null : <span className="badge">{say('notification.new')}</span>}
        </span>
        {it.excerpt ? (
          <span className="soft small" dir="auto">
            {it.excerpt}
          </span>
        ) : null}
        <time className="soft small" dateTime={it.created}>
          {ago(it.created)}
        </time>
      </span>
    </>
  )
  const common = { className: 'notification-link', onClick: onOpen }
  const handle = it.kind === 'subscriber' ? it.actor?.handle : it.channel?.handle
  if (it.kind === 'report_handled')
    return (
      <Link to="/settings" search={{ part: 'people' }} {...common}>
        {words}
      </Link>
    )
  if (it.kind === 'comment_held')
    return (
      <Link to="/studio/comments" {...common}>
        {words}
      </Link>
    )
  if (it.kind === 'video_failed')
    return (
      <Link to="/studio" {...common}>
        {words}
      </Link>
    )
  if (it.kind === 'starts_fell' || it.kind === 'audience_grew')
    return it.video ? (
      <Link to="/studio/analytics" search={{ video: it.video.id }} {...common}>
        {words}
      </Link>
    ) : (
      <Link to="/admin/analytics" {...common}>
        {words}
      </Link>
    )
  if (it.video) {
    const search = (it.commentId ? { comment: it.commentId } : {}) as never
    return (
      <Link to="/watch/$videoId" params={{ videoId: it.video.id }} search={search} {...common}>
        {words}
      </Link>
    )
  }
  if (handle)
    return (
      <Link to="/@{$handle}" params={{ handle }} {...common}>
        {words}
      </Link>
    )
  return <span className="notification-link">{words}</span>
}
