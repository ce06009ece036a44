/** Subscriptions: the channels an account follows, and what is new on them. */
import { refuse } from '../../contract/refusals.ts'
import { channelRef } from '../../contract/shapes.ts'
import type { Subscription } from '../../contract/subscriptions.ts'
import { cutPage } from '../../kit/places.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { askedPlace, nextOf, type PageAsked } from '../../platform/http/paging.ts'
import { channelOf, findChannel } from '../channels/channels.ts'
import { notify } from '../notifications/notifications.ts'
import { forgetAccount } from '../recommend/recommend.ts'
import { cardsOf } from '../videos/videos.ts'
import * as store from './store.ts'

/** How many follow a channel, and whether this viewer does. Refuses channel_not_found. */
export async function getSubscription(app: App, viewer: Viewer, handle: string): Promise<Subscription> {
  const { channel_id } = await findChannel(app, handle)
  return tell(app, viewer, channel_id)
}

/** Follows a channel or changes how; its owner hears of a new follower once. Refuses channel_not_found, own_channel. */
export async function subscribe(
  app: App,
  viewer: Viewer,
  handle: string,
  level: 'all' | 'none',
): Promise<Subscription> {
  const accountId = viewer.accountId!
  const channel = await findChannel(app, handle)
  if (channel.account_id === accountId) return refuse('own_channel')
  await app.together(async (app) => {
    if (!(await store.saveSubscription(app, accountId, channel.channel_id, level))) return
    await notify(app, [
      {
        accountId: channel.account_id,
        kind: 'subscriber',
        subject: `${channel.channel_id} ${accountId}`,
        body: { actor: await channelOf(app, accountId), channel: channelRef(channel) },
      },
    ])
  })
  await forgetAccount(app, accountId)
  return tell(app, viewer, channel.channel_id)
}

export async function unsubscribe(app: App, viewer: Viewer, handle: string): Promise<Subscription> {
  const { channel_id } = await findChannel(app, handle)
  await store.deleteSubscription(app, viewer.accountId!, channel_id)
  await forgetAccount(app, viewer.accountId!)
  return tell(app, viewer, channel_id)
}

async function tell(app: App, viewer: Viewer, channelId: string): Promise<Subscription> {
  const row = await store.loadSubscription(app, viewer.accountId, channelId)
  if (!row) return refuse('channel_not_found')
  return { subscribed: row.notify !== null, notify: row.notify ?? 'none', subscribers: Number(row.subscriber_count) }
}

/** The channels an account follows, last followed first. */
export async function listSubscriptions(app: App, viewer: Viewer, page: PageAsked) {
  const rows = await store.listOf(app, viewer.accountId!, askedPlace(page, 'number', 'id'), page.limit + 1)
  const cut = cutPage(rows, page.limit, (row) => [row.created_at.getTime(), row.channel_id])
  const items = cut.rows.map((row) => ({
    channel: channelRef(row),
    notify: row.notify,
    subscribers: Number(row.subscriber_count),
    since: row.created_at.toISOString(),
  }))
  return { items, ...nextOf(cut) }
}

/** The public videos of those channels, newest first. */
export async function listFeed(app: App, viewer: Viewer, page: PageAsked) {
  const rows = await store.listFeed(app, viewer.accountId!, askedPlace(page, 'number', 'id'), page.limit + 1)
  const cut = cutPage(rows, page.limit, (row) => [row.published_at.getTime(), row.video_id])
  const cards = await cardsOf(
    app,
    viewer,
    cut.rows.map((row) => row.video_id),
  )
  return { items: cut.rows.flatMap((row) => cards.get(row.video_id) ?? []), ...nextOf(cut) }
}
