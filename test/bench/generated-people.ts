/** A platform full of people, made in SQL: channels, videos, comments, likes, subscriptions, histories, playlists, notifications. */
import { join } from 'node:path'
import { type RawBuilder, sql } from 'kysely'
import type { App } from '../../src/platform/app.ts'
import { readConfig } from '../../src/platform/config.ts'
import type { Db } from '../../src/platform/db/db.ts'
import { startEmbedded } from '../../src/platform/db/embedded.ts'
import { openLog } from '../../src/platform/log.ts'
import { openApp } from '../../src/platform/open.ts'

export interface Sizes {
  videos: number
  comments: number
  subscriptions: number
  accounts: number
}

/** Rows of one statement: what one makes must fit beside the rest of the machine, and two are to end together. */
const ROWS_AT_ONCE = 500_000
/** Statements that run beside one another. */
const HANDS = 2
/** Tables that are filled; their indexes are made afterwards, since keeping ten of them up to date takes most of the time. */
const FILLED = [
  'accounts',
  'channels',
  'videos',
  'runs',
  'spans',
  'comments',
  'subscriptions',
  'reactions',
  'watch_history',
  'notifications',
  'playlists',
  'playlist_items',
]

const id = (letter: string, number: RawBuilder<unknown>) => sql`${sql.lit(letter)} || lpad((${number})::text, 11, '0')`
/** The same rows every time: the figures of two runs can be compared. */
const spread = (most: number, salt: number, n = sql`n`) =>
  sql`1 + (hashint8extended(${n}, ${sql.lit(salt)}) & 2147483647) % ${sql.lit(most)}`
/** Few have most: the cube of an even number between nought and one. */
const steep = (most: number, salt: number, n = sql`n`) =>
  sql`1 + floor(power((hashint8extended(${n}, ${sql.lit(salt)}) & 2147483647) / 2147483648.0, 3) * ${sql.lit(most)})::bigint`
const at = (salt: number, n = sql`n`) =>
  sql`date_trunc('milliseconds', now() - ((hashint8extended(${n}, ${sql.lit(salt)}) & 2147483647) % 31536000) * interval '1 second')`

/**
 * While it is filled nothing of it is worth a wait for the disk, and neither triggers nor foreign keys are asked: what is
 * inserted here fits together.
 */
const HASTY = {
  session_replication_role: 'replica',
  autovacuum: 'off',
  shared_buffers: '1GB',
  work_mem: '512MB',
  maintenance_work_mem: '512MB',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '32GB',
  checkpoint_timeout: '1h',
}

export async function fillFolder(folder: string, sizes: Sizes): Promise<void> {
  await inHaste(folder, (app) => fillWithPeople(app.db, sizes))
}

/** Makes the embedded database of this data folder and fills it, by a server of its own that is in a hurry. */
export async function inHaste(folder: string, fill: (app: App) => Promise<void>): Promise<void> {
  const log = openLog('error')
  const database = await startEmbedded({ folder: join(folder, 'database'), port: 0, log, settings: HASTY })
  try {
    const app = await openApp(readConfig({ 'data.folder': folder, 'db.url': database.url, 'log.level': 'silent' }, {}))
    try {
      await fill(app)
    } finally {
      await app.close()
    }
  } finally {
    await database.close()
  }
}

/** Fills an empty database. Sums that triggers would keep are made beside, since ten million triggers take their time. */
async function fillWithPeople(db: Db, { videos, comments, subscriptions, accounts }: Sizes): Promise<void> {
  const run = (statement: RawBuilder<unknown>) => () => statement.execute(db)
  /** Rows of which each pair is there once, whichever number made it. */
  const each = (most: number, insert: (series: RawBuilder<unknown>) => RawBuilder<unknown>) => [
    run(insert(sql`generate_series(1::bigint, ${sql.lit(most)}::bigint) n`)),
  ]
  /** Rows numbered from one on, some at a time. */
  const many = (most: number, insert: (series: RawBuilder<unknown>) => RawBuilder<unknown>) =>
    Array.from({ length: Math.ceil(most / ROWS_AT_ONCE) }, (_, part) => {
      const [from, to] = [part * ROWS_AT_ONCE + 1, Math.min(most, (part + 1) * ROWS_AT_ONCE)]
      return run(insert(sql`generate_series(${sql.lit(from)}::bigint, ${sql.lit(to)}::bigint) n`))
    })
  await withoutIndexes(db, async () => {
    // Five follow one another below one video; the fifth answers the fourth.
    const video = id('v', steep(videos, 5, sql`(n - 1) / 5`))
    await together([
      ...many(
        accounts,
        (series) => sql`insert into accounts (account_id, email, password_hash, name, role, quota_bytes, created_at)
          select ${id('a', sql`n`)}, 'p' || n || '@example.org', 'x', 'Person ' || n, 'member', 0, ${at(1)} from ${series}`,
      ),
      ...many(
        comments,
        (
          series,
        ) => sql`insert into comments (video_id, comment_id, thread_id, account_id, channel_id, body, state, like_count, reply_count, created_at)
          select ${video}, ${id('k', sql`n`)}, case when n % 5 = 0 then ${id('k', sql`n - 1`)} end, ${id('a', spread(accounts, 6))}, ${id('c', spread(accounts, 6))}, 'What a lovely walk, I liked the sea at 0:42', case when n % 500 = 1 then 'held' else 'shown' end, ${steep(50, 7)} - 1, (n % 5 = 4)::int, ${at(8)} from ${series}`,
      ),
      ...each(
        subscriptions,
        (series) => sql`insert into subscriptions (account_id, channel_id, notify, created_at)
          select distinct on (1, 2) ${id('a', spread(accounts, 9))}, ${id('c', steep(accounts, 10))}, 'all', ${at(11)} from ${series}`,
      ),
    ])
    await together([
      run(
        sql`create unlogged table said as select video_id, count(*) as n from comments where state = 'shown' group by 1`,
      ),
      run(sql`create unlogged table followed as select channel_id, count(*) as n from subscriptions group by 1`),
    ])
    await together([run(sql`analyze said`), run(sql`analyze followed`)])
    await together([
      ...many(
        accounts,
        (
          series,
        ) => sql`insert into channels (account_id, channel_id, handle, name, description, subscriber_count, created_at)
          select ${id('a', sql`it.n`)}, ${id('c', sql`it.n`)}, 'channel-' || it.n, 'Channel ' || it.n, 'About', coalesce(followed.n, 0), ${at(1, sql`it.n`)}
          from (select n from ${series}) it left join followed on followed.channel_id = ${id('c', sql`it.n`)}`,
      ),
      ...many(
        videos,
        (
          series,
        ) => sql`insert into videos (video_id, account_id, channel_id, title, description, tags, category, licence, privacy, state, duration_ms, width, height, views, comment_count, run_id, thumbnail_key, created_at, published_at)
          select ${id('v', sql`it.n`)}, ${id('a', spread(accounts, 2, sql`it.n`))}, ${id('c', spread(accounts, 2, sql`it.n`))}, 'A walk ' || it.n, repeat('What is to be seen. ', 10), '{walk,sea}', 'travel', 'cc-by', 'public', 'ready', 60000, 1920, 1080, ${steep(1_000_000, 3, sql`it.n`)}, coalesce(said.n, 0), 'run1', 'thumbnails/' || ${id('v', sql`it.n`)} || '.jpg', ${at(4, sql`it.n`)}, ${at(4, sql`it.n`)}
          from (select n from ${series}) it left join said on said.video_id = ${id('v', sql`it.n`)}`,
      ),
      ...many(
        videos,
        (series) => sql`insert into runs (video_id, run_id, plan, source_key, created_at)
          select ${id('v', sql`n`)}, 'run1', '{}', 'x', ${at(4)} from ${series}`,
      ),
      ...many(
        videos * 2,
        (
          series,
        ) => sql`insert into spans (video_id, run_id, span_no, renditions, from_segment, to_segment, segments_done)
          select ${id('v', sql`(n + 1) / 2`)}, 'run1', n % 2, '{360p,720p,audio}', (n % 2) * 8, (n % 2) * 8 + 8, 24 from ${series}`,
      ),
      ...each(
        videos,
        (series) => sql`insert into reactions (video_id, account_id, liked, created_at)
          select distinct on (1, 2) ${id('v', steep(videos, 12))}, ${id('a', spread(accounts, 13))}, n % 20 <> 0, ${at(14)} from ${series}`,
      ),
      ...each(
        videos,
        (series) => sql`insert into watch_history (account_id, video_id, position_ms, watched_ms, completed, updated_at)
          select distinct on (1, 2) ${id('a', spread(accounts, 15))}, ${id('v', steep(videos, 16))}, 30000, 30000, false, ${at(17)} from ${series}`,
      ),
      ...many(
        videos,
        (series) => sql`insert into notifications (account_id, notification_id, kind, subject, body, created_at)
          select ${id('a', spread(accounts, 18))}, ${id('n', sql`n`)}, 'comment', n::text, '{}', ${at(19)} from ${series}`,
      ),
      ...many(
        accounts,
        (
          series,
        ) => sql`insert into playlists (account_id, playlist_id, title, description, privacy, kind, item_count, created_at, updated_at)
          select ${id('a', sql`n`)}, ${id('p', sql`n`)}, 'Walks', '', 'public', 'own', 10, ${at(20)}, ${at(20)} from ${series}`,
      ),
      ...each(
        accounts * 10,
        (series) => sql`insert into playlist_items (account_id, playlist_id, video_id, position, added_at)
          select distinct on (1, 2, 3) ${id('a', spread(accounts, 21))}, ${id('p', spread(accounts, 21))}, ${id('v', steep(videos, 22))}, n * 65536, ${at(23)} from ${series}`,
      ),
    ])
    await run(sql`drop table said, followed`)()
  })
  // Below some of the videos that most is said of, the channel has pinned a word.
  await run(
    sql`update comments set pinned = true where comment_id in (select distinct on (video_id) comment_id from comments where video_id <= 'v00000000100' and thread_id is null and state = 'shown' order by video_id, comment_id)`,
  )()
  await run(sql`vacuum analyze`)()
}

/** Does all of these, some at a time, in their order. */
async function together(work: (() => Promise<unknown>)[]): Promise<void> {
  const rest = work.values()
  const hand = async () => {
    for (const one of rest) await one()
  }
  await Promise.all(Array.from({ length: HANDS }, hand))
}

/** Takes indexes and constraints of the filled tables away, and puts them back as they were when `work` is done. */
export async function withoutIndexes(db: Db, work: () => Promise<void>): Promise<void> {
  const run = (text: string) => sql.raw(text).execute(db)
  const { rows: constraints } = await sql<{ table: string; name: string; definition: string; type: string }>`
    select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition, contype as type
    from pg_constraint where contype = 'f' or (contype in ('p', 'u') and conrelid::regclass::text = any(${FILLED}))
    order by contype = 'f'
  `.execute(db)
  const { rows: indexes } = await sql<{ name: string; definition: string }>`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
    where indrelid::regclass::text = any(${FILLED})
      and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))
  `.execute(db)
  // Foreign keys go first and come last: they lean on the others.
  const foreign = constraints.filter((it) => it.type === 'f')
  // One may lean on an index that is no constraint; that index is kept.
  const leaned = await sql<{ name: string }>`
    select distinct conindid::regclass::text as name from pg_constraint where contype = 'f'
  `.execute(db)
  const kept = new Set(leaned.rows.map((it) => it.name))
  const dropped = indexes.filter((it) => !kept.has(it.name))
  for (const it of foreign) await run(`alter table ${it.table} drop constraint "${it.name}"`)
  const keys = constraints.filter((it) => it.type !== 'f')
  for (const it of keys) await run(`alter table ${it.table} drop constraint "${it.name}"`)
  for (const it of dropped) await run(`drop index ${it.name}`)
  await work()
  await together(keys.map((it) => () => run(`alter table ${it.table} add constraint "${it.name}" ${it.definition}`)))
  await together(dropped.map((it) => () => run(it.definition)))
  for (const it of foreign) await run(`alter table ${it.table} add constraint "${it.name}" ${it.definition}`)
}
