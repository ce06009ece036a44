/** SQL of subscriptions. The sums on channels are moved by a trigger (migration 0032). */
import { sql } from 'kysely'
import type { App } from '../../platform/app.ts'

/** True when the account did not follow the channel before. */
export async function saveSubscription(
  app: App,
  accountId: string,
  channelId: string,
  notify: 'all' | 'none',
): Promise<boolean> {
  const { rows } = await sql<{ is_new: boolean }>`
    insert into subscriptions (account_id, channel_id, notify, created_at)
    select a.account_id, c.channel_id, ${notify}, ${app.clock.now()}
    from accounts a, channels c where a.account_id = ${accountId} and c.channel_id = ${channelId}
    on conflict (account_id, channel_id) do update set notify = excluded.notify
    returning xmax = 0 as is_new
  `.execute(app.db)
  return rows[0]?.is_new === true
}

export async function deleteSubscription(app: App, accountId: string, channelId: string): Promise<void> {
  await app.db
    .deleteFrom('subscriptions')
    .where('account_id', '=', accountId)
    .where('channel_id', '=', channelId)
    .execute()
}

/** How many follow a channel, and how this account does. */
export async function loadSubscription(app: App, accountId: string | undefined, channelId: string) {
  return app.db
    .selectFrom('channels')
    .leftJoin('subscriptions', (join) =>
      join
        .onRef('subscriptions.channel_id', '=', 'channels.channel_id')
        .on('subscriptions.account_id', '=', accountId ?? ''),
    )
    .select(['channels.subscriber_count', 'subscriptions.notify'])
    .where('channels.channel_id', '=', channelId)
    .executeTakeFirst()
}

/** The channels an account follows, last followed first. */
export async function listOf(app: App, accountId: string, after: readonly [number, string] | undefined, limit: number) {
  let query = app.db
    .selectFrom('subscriptions')
    .innerJoin('channels', 'channels.channel_id', 'subscriptions.channel_id')
    .select([
      'channels.channel_id',
      'channels.handle',
      'channels.name',
      'channels.avatar_key',
      'channels.subscriber_count',
      'subscriptions.notify',
      'subscriptions.created_at',
    ])
    .where('subscriptions.account_id', '=', accountId)
  if (after)
    query = query.where(
      sql<boolean>`(subscriptions.created_at, subscriptions.channel_id) < (${new Date(after[0])}, ${after[1]})`,
    )
  return query
    .orderBy('subscriptions.created_at', 'desc')
    .orderBy('subscriptions.channel_id', 'desc')
    .limit(limit)
    .execute()
}

/**
 * The newest public videos of the channels an account follows. From each channel the few newest are taken by index, so
 * the cost goes by how many channels are followed and not by how many videos they have.
 */
export async function listFeed(
  app: App,
  accountId: string,
  after: readonly [number, string] | undefined,
  limit: number,
): Promise<{ video_id: string; published_at: Date }[]> {
  const from = after ? sql`and (videos.published_at, videos.video_id) < (${new Date(after[0])}, ${after[1]})` : sql``
  const { rows } = await sql<{ video_id: string; published_at: Date }>`
    select it.video_id, it.published_at
    from subscriptions cross join lateral (
      select videos.video_id, videos.published_at from videos
      where videos.channel_id = subscriptions.channel_id and videos.privacy = 'public' and videos.state = 'ready' ${from}
      order by videos.published_at desc, videos.video_id desc limit ${limit}
    ) it
    where subscriptions.account_id = ${accountId}
    order by it.published_at desc, it.video_id desc limit ${limit}
  `.execute(app.db)
  return rows
}
