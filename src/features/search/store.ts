/** SQL of search: what is shown of results, what is kept of searches, and trending. */
import { sql } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { Heats } from './rules.ts'

/** Descriptions of these videos, for passages. */
export async function listDescriptions(app: App, videoIds: string[]) {
  if (videoIds.length === 0) return []
  return app.db
    .selectFrom('videos')
    .select(['video_id', 'description', 'language'])
    .where('video_id', 'in', videoIds)
    .execute()
}

// Own searches.

export const MOST_HISTORY = 500

export async function keepSearch(
  app: App,
  row: { accountId: string; searchId: string; key: string; query: string; at: Date },
): Promise<void> {
  await app.db
    .insertInto('search_history')
    .values({
      account_id: row.accountId,
      search_id: row.searchId,
      query_key: row.key,
      query: row.query,
      searched_at: row.at,
    })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'query_key']).doUpdateSet({ searched_at: row.at, query: row.query }),
    )
    .execute()
  await sql`
    delete from search_history where account_id = ${row.accountId} and search_id in (
      select search_id from search_history where account_id = ${row.accountId}
      order by searched_at desc offset ${MOST_HISTORY})
  `.execute(app.db)
}

export async function listSearches(app: App, accountId: string, limit: number) {
  return app.db
    .selectFrom('search_history')
    .select(['search_id', 'query', 'query_key', 'searched_at'])
    .where('account_id', '=', accountId)
    .orderBy('searched_at', 'desc')
    .limit(limit)
    .execute()
}

export async function forgetSearch(app: App, accountId: string, searchId: string): Promise<void> {
  await app.db
    .deleteFrom('search_history')
    .where('account_id', '=', accountId)
    .where('search_id', '=', searchId)
    .execute()
}

export async function forgetSearches(app: App, accountId: string): Promise<void> {
  await app.db.deleteFrom('search_history').where('account_id', '=', accountId).execute()
}

/** Saves unless the account has `most` already; false then. */
export async function saveSearch(
  app: App,
  row: { accountId: string; savedId: string; name: string; query: string; narrowed: unknown; at: Date },
  most: number,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into saved_searches (account_id, saved_id, name, query, narrowed, created_at)
    select ${row.accountId}, ${row.savedId}, ${row.name}, ${row.query}, ${JSON.stringify(row.narrowed)}::jsonb, ${row.at}
    where (select count(*) from saved_searches where account_id = ${row.accountId}) < ${most}
  `.execute(app.db)
  return numAffectedRows === 1n
}

export async function listSaved(app: App, accountId: string) {
  return app.db
    .selectFrom('saved_searches')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('created_at', 'desc')
    .execute()
}

export async function removeSaved(app: App, accountId: string, savedId: string): Promise<void> {
  await app.db
    .deleteFrom('saved_searches')
    .where('account_id', '=', accountId)
    .where('saved_id', '=', savedId)
    .execute()
}

// What was chosen after a query, and what came of it.

/** Keeps a click until it is settled; the first of a viewer for a query and video counts. A video that is gone is no error. */
export async function keepClick(
  app: App,
  row: { videoId: string; key: string; viewer: string; place: number; at: Date },
): Promise<void> {
  await sql`
    insert into search_clicks (video_id, query_key, viewer_key, place, clicked_at)
    select video_id, ${row.key}, ${row.viewer}, ${row.place}, ${row.at} from videos
    where video_id = ${row.videoId} and privacy = 'public' and state = 'ready'
    on conflict do nothing
  `.execute(app.db)
}

export interface Settled {
  video_id: string
  query_key: string
  viewer_key: string
  place: number
  watched: boolean
  /** How much of the video this viewer watched, 0 to 1; null where nobody wrote it down. */
  share: number | null
}

/**
 * Takes out the clicks that are settled: those a counted view of the same viewer followed, once it has not been watched
 * further since `idle`, and those older than `before`, which none will follow any more.
 */
export async function takeSettled(app: App, before: Date, idle: Date, limit: number): Promise<Settled[]> {
  const { rows } = await sql<Settled>`
    with settled as (
      select it.video_id, it.query_key, it.viewer_key, followed.watched, seen.share from search_clicks it
      cross join lateral (select exists (
        select from counted_views v
        where v.video_id = it.video_id and v.viewer_key = it.viewer_key and v.hour >= date_trunc('hour', it.clicked_at)
      ) as watched) followed
      left join lateral (
        select least(1, h.watched_ms / nullif(v.duration_ms, 0)::float8) as share, h.updated_at as at
        from watch_history h join videos v using (video_id)
        where h.video_id = it.video_id and it.viewer_key like 'account:%'
          and h.account_id = substr(it.viewer_key, length('account:') + 1)
        union all
        select w.share::float8, w.watched_at from recommend_watches w
        where w.video_id = it.video_id and it.viewer_key like 'viewer:%'
          and w.viewer_key = substr(it.viewer_key, length('viewer:') + 1)
      ) seen on true
      where it.clicked_at < ${before} or (followed.watched and coalesce(seen.at < ${idle}, true))
      order by it.clicked_at limit ${limit}
    )
    delete from search_clicks it using settled
    where it.video_id = settled.video_id and it.query_key = settled.query_key and it.viewer_key = settled.viewer_key
    returning it.video_id, it.query_key, it.viewer_key, it.place, settled.watched, settled.share
  `.execute(app.db)
  return rows
}

export async function addOutcome(
  app: App,
  row: { videoId: string; key: string; clicks: number; watches: number; at: Date },
): Promise<void> {
  await sql`
    insert into search_outcomes (video_id, query_key, clicks, watches, updated_at)
    select video_id, ${row.key}, ${row.clicks}, ${row.watches}, ${row.at} from videos where video_id = ${row.videoId}
    on conflict (video_id, query_key) do update set
      clicks = search_outcomes.clicks + excluded.clicks,
      watches = search_outcomes.watches + excluded.watches,
      updated_at = excluded.updated_at
  `.execute(app.db)
}

export async function findQuery(app: App, key: string) {
  return app.db.selectFrom('search_queries').selectAll().where('query_key', '=', key).forUpdate().executeTakeFirst()
}

export async function keepQuery(
  app: App,
  row: { key: string; viewers: number; heat: number; at: Date },
): Promise<void> {
  const values = { viewers: row.viewers, heat: row.heat, updated_at: row.at }
  await app.db
    .insertInto('search_queries')
    .values({ query_key: row.key, ...values })
    .onConflict((conflict) => conflict.column('query_key').doUpdateSet(values))
    .execute()
}

/** The hottest queries that enough people watched something after. */
export async function listQueries(app: App, minViewers: number, limit: number) {
  return app.db
    .selectFrom('search_queries')
    .select(['query_key', 'heat'])
    .where('viewers', '>=', minViewers)
    .orderBy('heat', 'desc')
    .limit(limit)
    .execute()
}

export async function listOutcomes(app: App, limit: number) {
  return app.db
    .selectFrom('search_outcomes')
    .select(['video_id', 'query_key', 'clicks', 'watches'])
    .where('watches', '>', 0)
    .orderBy('updated_at', 'desc')
    .limit(limit)
    .execute()
}

// Trending.

export interface Moved extends Heats {
  video_id: string
  views: number
  likes: number
  dislikes: number
  comments: number
}

/** Takes the videos whose counters moved, with how far since they were counted last, and their heats so far. */
export async function takeMoved(app: App, limit: number, cold: number): Promise<Moved[]> {
  const { rows } = await sql<Moved>`
    with moved as (
      delete from trending_moved where video_id in (select video_id from trending_moved limit ${limit}) returning video_id
    )
    select v.video_id,
      (v.views - coalesce(t.views_seen, 0))::int8 as views,
      (v.likes - coalesce(t.likes_seen, 0))::int8 as likes,
      (v.dislikes - coalesce(t.dislikes_seen, 0))::int8 as dislikes,
      (v.comment_count - coalesce(t.comments_seen, 0))::int8 as comments,
      coalesce(t.heat_1h, ${cold}::float8) as heat_1h, coalesce(t.heat_6h, ${cold}::float8) as heat_6h,
      coalesce(t.heat_24h, ${cold}::float8) as heat_24h, coalesce(t.heat_14d, ${cold}::float8) as heat_14d
    from moved join videos v using (video_id) left join trending t using (video_id)
  `.execute(app.db)
  return rows
}

/** Adds what moved to what was seen, with the new heats. */
export async function keepHeats(app: App, rows: readonly Moved[], at: Date): Promise<void> {
  const column = <K extends keyof Moved>(name: K) => rows.map((row) => row[name])
  await sql`
    insert into trending (video_id, views_seen, likes_seen, dislikes_seen, comments_seen, heat_1h, heat_6h, heat_24h, heat_14d, updated_at)
    select *, ${at}::timestamptz from unnest(${column('video_id')}::text[], ${column('views')}::int8[], ${column('likes')}::int8[], ${column('dislikes')}::int8[],
      ${column('comments')}::int8[], ${column('heat_1h')}::float8[], ${column('heat_6h')}::float8[], ${column('heat_24h')}::float8[], ${column('heat_14d')}::float8[])
    on conflict (video_id) do update set
      views_seen = trending.views_seen + excluded.views_seen,
      likes_seen = trending.likes_seen + excluded.likes_seen,
      dislikes_seen = trending.dislikes_seen + excluded.dislikes_seen,
      comments_seen = trending.comments_seen + excluded.comments_seen,
      heat_1h = excluded.heat_1h, heat_6h = excluded.heat_6h, heat_24h = excluded.heat_24h, heat_14d = excluded.heat_14d,
      updated_at = excluded.updated_at
  `.execute(app.db)
}

/** Rows of videos that are gone. */
export async function sweepHeats(app: App): Promise<void> {
  await sql`delete from trending t where not exists (select from videos v where v.video_id = t.video_id)`.execute(
    app.db,
  )
}

export interface Candidate extends Heats {
  video_id: string
  likes: number
  dislikes: number
  published_at: Date
}

/** Public videos that may be on a board: the hottest, and the newest, so that a board of a quiet place is not empty. */
export async function listCandidates(
  app: App,
  board: { category?: string | undefined; language?: string | undefined },
  cold: number,
): Promise<Candidate[]> {
  const from = (order: 'heat' | 'age', limit: number) => {
    let query = app.db
      .selectFrom('videos')
      .leftJoin('trending', 'trending.video_id', 'videos.video_id')
      .where('privacy', '=', 'public')
      .where('state', '=', 'ready')
      .where('published_at', 'is not', null)
      .select(['videos.video_id', 'likes', 'dislikes'])
      .select([
        sql<Date>`published_at`.as('published_at'),
        sql<number>`coalesce(heat_1h, ${cold}::float8)`.as('heat_1h'),
        sql<number>`coalesce(heat_6h, ${cold}::float8)`.as('heat_6h'),
        sql<number>`coalesce(heat_24h, ${cold}::float8)`.as('heat_24h'),
        sql<number>`coalesce(heat_14d, ${cold}::float8)`.as('heat_14d'),
      ])
    if (board.category !== undefined) query = query.where('category', '=', board.category)
    if (board.language !== undefined)
      query = query.where(sql<boolean>`split_part(language, '-', 1) = ${board.language}`)
    if (order === 'heat')
      return query.where('heat_6h', 'is not', null).orderBy('heat_6h', 'desc').limit(limit).execute()
    return query.orderBy('published_at', 'desc').orderBy('videos.video_id', 'desc').limit(limit).execute()
  }
  const [hot, fresh] = await Promise.all([from('heat', 500), from('age', 60)])
  return [...new Map([...hot, ...fresh].map((row) => [row.video_id, row])).values()]
}

/** What became hotter since, for the priors of the index. */
export async function listHeatsSince(app: App, since: Date, limit: number) {
  return app.db
    .selectFrom('trending')
    .innerJoin('videos', 'videos.video_id', 'trending.video_id')
    .select(['trending.video_id', 'heat_14d', 'views', 'duration_ms', 'trending.updated_at'])
    .where('trending.updated_at', '>', since)
    .orderBy('trending.updated_at')
    .limit(limit)
    .execute()
}

/** The commonest tags of public videos. */
export async function countTags(app: App, limit: number): Promise<{ value: string; count: number }[]> {
  const { rows } = await sql<{ value: string; count: number }>`
    select min(tag) as value, count(distinct video_id)::int8 as count from (
      select video_id, unnest(tags) as tag from videos where privacy = 'public' and state = 'ready'
      order by published_at desc limit 200000) it
    group by lower(tag) order by 2 desc, 1 limit ${limit}
  `.execute(app.db)
  return rows.map((row) => ({ value: row.value, count: Number(row.count) }))
}
