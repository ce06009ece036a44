/** Notifications: what is new for the account, and of what it wants to hear. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Notification, NotificationSetting } from '../../contract/notifications.ts'
import { call } from '../api.ts'
import { Face } from '../parts/face.tsx'
import { MembersOnly } from '../parts/members-only.tsx'
import { notificationText } from '../parts/notifications.tsx'
import { notificationSettingsQuery, notificationsQuery } from '../parts/people-queries.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { ago } from '../ui/format.ts'
import { Mark } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

export function NotificationsPage() {
  usePageTitle(say('notification.title'))
  return <MembersOnly>{() => <Everything />}</MembersOnly>
}

function Everything() {
  const queries = useQueryClient()
  const listing = useInfiniteQuery(notificationsQuery)
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  const act = useMutation({
    mutationFn: (what: () => Promise<unknown>) => what(),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['notifications'] }),
  })
  return (
    <div className="stack narrow">
      <div className="page-head row spread">
        <h1 tabIndex={-1}>{say('notification.title')}</h1>
        <Button
          size="small"
          icon="check"
          disabled={!listing.data?.pages[0]?.unread}
          onClick={() => act.mutate(() => call('readNotifications', { body: {} }))}
        >
          {say('notification.read_all')}
        </Button>
      </div>
      <Trouble thrown={listing.error ?? act.error} />
      {listing.isSuccess && items.length === 0 ? (
        <Empty title={say('notification.empty')} hint={say('notification.empty_hint')} />
      ) : null}
      <ul className="rows">
        {items.map((it) => (
          <li key={it.id} className="row spread notification" data-unread={!it.read || undefined}>
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
          </li>
        ))}
      </ul>
      {listing.hasNextPage ? <Button onClick={() => listing.fetchNextPage()}>{say('app.more')}</Button> : null}
      <Settings />
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

function Settings() {
  const queries = useQueryClient()
  const settings = useQuery(notificationSettingsQuery)
  const save = useMutation({
    mutationFn: (item: NotificationSetting) => call('setNotificationSettings', { body: { items: [item] } }),
    onSuccess: (told) => {
      queries.setQueryData(notificationSettingsQuery.queryKey, told)
      announce(say('app.saved'))
    },
  })
  if (!settings.data) return null
  return (
    <section className="panel stack" aria-labelledby="wanted">
      <h2 id="wanted">{say('notification.settings')}</h2>
      <Trouble thrown={save.error} />
      <ul className="rows">
        {settings.data.items.map((it) => (
          <li key={it.kind}>
            <fieldset className="row spread wanted">
              <legend>{say(`notification.kind.${it.kind}`)}</legend>
              <label className="row check">
                <input type="checkbox" checked={it.inApp} onChange={() => save.mutate({ ...it, inApp: !it.inApp })} />
                {say('notification.in_app')}
              </label>
              <label className="row check">
                <input
                  type="checkbox"
                  checked={it.byEmail}
                  onChange={() => save.mutate({ ...it, byEmail: !it.byEmail })}
                />
                {say('notification.by_email')}
              </label>
            </fieldset>
          </li>
        ))}
      </ul>
    </section>
  )
}
