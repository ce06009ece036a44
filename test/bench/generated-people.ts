/** A platform full of people, made in SQL: channels, videos, comments, likes, subscriptions, histories, playlists, notifications. */
import { type RawBuilder, sql } from 'kysely'
import type { App } from '../../src/platform/app.ts'

export interface Sizes {
  videos: number
  comments: number
  subscriptions: number
  accounts: number
}

const id = (letter: string, number: RawBuilder<unknown>) => sql`${sql.lit(letter)} || lpad((${number})::text, 11, '0')`
/** The same rows every time: the figures of two runs can be compared. */
const spread = (most: number, salt: number) =>
  sql`1 + (hashint8extended(n, ${sql.lit(salt)}) & 2147483647) % ${sql.lit(most)}`
/** Few have most: the cube of an even number between nought and one. */
const steep = (most: number, salt: number) =>
  sql`1 + floor(power((hashint8extended(n, ${sql.lit(salt)}) & 2147483647) / 2147483648.0, 3) * ${sql.lit(most)})::bigint`
const at = (salt: number) =>
  sql`date_trunc('milliseconds', now() - ((hashint8extended(n, ${sql.lit(salt)}) & 2147483647) % 31536000) * interval '1 second')`

/** Fills an empty database. Sums that triggers would keep are made at the end, since ten million triggers take their time. */
export async function fillWithPeople(app: App, { videos, comments, subscriptions, accounts }: Sizes): Promise<void> {
  await app.db.connection().execute(async (db) => {
    const run = (statement: RawBuilder<unknown>) => statement.execute(db)
    // Neither triggers nor foreign keys: what is inserted here fits together.
    await run(sql`set session_replication_role = replica`)
    await run(sql`set synchronous_commit = off`)
    const series = (most: number) => sql`generate_series(1::bigint, ${sql.lit(most)}::bigint) n`
    await run(sql`insert into accounts (account_id, email, password_hash, name, role, quota_bytes, created_at)
      select ${id('a', sql`n`)}, 'p' || n || '@example.org', 'x', 'Person ' || n, 'member', 0, ${at(1)} from ${series(accounts)}`)
    await run(sql`insert into channels (account_id, channel_id, handle, name, description, created_at)
      select ${id('a', sql`n`)}, ${id('c', sql`n`)}, 'channel-' || n, 'Channel ' || n, 'About', ${at(1)} from ${series(accounts)}`)
    await run(sql`insert into videos (video_id, account_id, channel_id, title, description, tags, category, licence, privacy, state, duration_ms, width, height, views, created_at, published_at)
      select ${id('v', sql`n`)}, ${id('a', spread(accounts, 2))}, ${id('c', spread(accounts, 2))}, 'A walk ' || n, repeat('What is to be seen. ', 20), '{walk,sea}', 'travel', 'cc-by', 'public', 'ready', 60000, 1920, 1080, ${steep(1_000_000, 3)}, ${at(4)}, ${at(4)} from ${series(videos)}`)
    // One in five is a reply to the comment before it, if that began a thread.
    await run(sql`insert into comments (video_id, comment_id, account_id, channel_id, body, state, like_count, created_at)
      select ${id('v', steep(videos, 5))}, ${id('k', sql`n`)}, ${id('a', spread(accounts, 6))}, ${id('c', spread(accounts, 6))}, 'What a lovely walk, I liked the sea at 0:42', case when n % 500 = 0 then 'held' else 'shown' end, ${steep(50, 7)} - 1, ${at(8)} from ${series(comments)}`)
    await run(sql`insert into subscriptions (account_id, channel_id, notify, created_at)
      select ${id('a', spread(accounts, 9))}, ${id('c', steep(accounts, 10))}, 'all', ${at(11)} from ${series(subscriptions)} on conflict do nothing`)
    await run(sql`insert into reactions (video_id, account_id, liked, created_at)
      select ${id('v', steep(videos, 12))}, ${id('a', spread(accounts, 13))}, n % 20 <> 0, ${at(14)} from ${series(videos)} on conflict do nothing`)
    await run(sql`insert into watch_history (account_id, video_id, position_ms, watched_ms, completed, updated_at)
      select ${id('a', spread(accounts, 15))}, ${id('v', steep(videos, 16))}, 30000, 30000, false, ${at(17)} from ${series(videos)} on conflict do nothing`)
    await run(sql`insert into notifications (account_id, notification_id, kind, subject, body, created_at)
      select ${id('a', spread(accounts, 18))}, ${id('n', sql`n`)}, 'comment', n::text, '{}', ${at(19)} from ${series(videos)}`)
    await run(sql`insert into playlists (account_id, playlist_id, title, description, privacy, kind, item_count, created_at, updated_at)
      select ${id('a', sql`n`)}, ${id('p', sql`n`)}, 'Walks', '', 'public', 'own', 10, ${at(20)}, ${at(20)} from ${series(accounts)}`)
    await run(sql`insert into playlist_items (account_id, playlist_id, video_id, position, added_at)
      select ${id('a', spread(accounts, 21))}, ${id('p', spread(accounts, 21))}, ${id('v', steep(videos, 22))}, n * 65536, ${at(23)} from ${series(accounts * 10)} on conflict do nothing`)
    await run(
      sql`update videos set comment_count = counted.n from (select video_id, count(*) n from comments where state = 'shown' group by 1) counted where counted.video_id = videos.video_id`,
    )
    await run(
      sql`update channels set subscriber_count = counted.n from (select channel_id, count(*) n from subscriptions group by 1) counted where counted.channel_id = channels.channel_id`,
    )
    await run(sql`set session_replication_role = origin`)
    await run(sql`reset synchronous_commit`)
    await run(sql`vacuum analyze`)
  })
}
