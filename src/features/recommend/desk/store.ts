/** SQL of what staff see, how suggestions fell on the catalogue day by day and experiments; of letters, and of what accounts do not want. */
import { sql } from 'kysely'
import type { App } from '../../../platform/app.ts'
import { GLANCE_MS } from '../rules.ts'
import type { WishRow } from '../store.ts'

/** Pages of a day that are looked at, at most: shares of so many are as good as those of all. */
const PAGES_OF_DAY = 5000
/** A video with fewer views than this is cold. */
const COLD_VIEWS = 50

export interface DayRow {
  day: string
  shown: string
  watched: string
  coverage: number
  gini: number
  cold_share: number
  skip_rate: number
}

/**
 * By day: suggestions shown and watched, the share of open videos among them, the Gini coefficient of how they fell on open videos
 * (0 all alike, 1 all on one), the share of suggestions of cold videos, and the share of watches given up within ten seconds: what is so short that half of it was watched by then is not.
 */
export async function listDays(app: App, since: Date): Promise<DayRow[]> {
  const { rows } = await sql<DayRow>`
    with open_videos as (
      select greatest(1, count(*))::double precision as count from videos
      where privacy = 'public' and state = 'ready' and published_at is not null
    ), days as (
      select generate_series(${since}::timestamptz, ${app.clock.now()}::timestamptz, interval '1 day') as day
    ), shows as (
      select days.day, page.viewer, page.shown_at, unnest(page.video_ids) as video_id
      from days cross join lateral (
        select coalesce('account:' || account_id, 'viewer:' || viewer_key) as viewer, shown_at, video_ids
        from recommend_pages where shown_at >= days.day and shown_at < days.day + interval '1 day'
        order by shown_at desc limit ${PAGES_OF_DAY}
      ) page
    ), by_video as (
      select day, video_id, count(*) as times from shows group by day, video_id
    ), ranked as (
      select day, times, row_number() over (partition by day order by times, video_id) as place,
        count(*) over (partition by day) as of_day from by_video
    ), spread as (
      -- Videos that were never shown are the lowest places, with nothing.
      select day, max(of_day) / max(o.count) as coverage,
        sum((2 * (place + greatest(o.count, of_day) - of_day) - greatest(o.count, of_day) - 1) * times)
          / (max(greatest(o.count, of_day)) * sum(times)) as gini
      from ranked cross join open_videos o group by day
    ), outcomes as (
      select s.day, count(*) as shown, count(o.viewer) as watched,
        avg((v.views < ${COLD_VIEWS})::integer) as cold_share,
        coalesce(avg((o.watched_ms < ${GLANCE_MS} and o.share < 0.5)::integer) filter (where o.viewer is not null), 0) as skip_rate
      from shows s
      left join videos v on v.video_id = s.video_id
      left join recommend_outcomes o on o.viewer = s.viewer and o.video_id = s.video_id
        and o.began_at >= s.shown_at and o.began_at < s.shown_at + interval '6 hours'
      group by s.day
    )
    select to_char(day at time zone 'UTC', 'YYYY-MM-DD') as day, shown, watched,
      least(1, coverage)::double precision as coverage, gini::double precision as gini,
      coalesce(cold_share, 0)::double precision as cold_share, skip_rate::double precision as skip_rate
    from outcomes join spread using (day) order by day`.execute(app.db)
  return rows
}

export async function listExperiments(app: App, limit: number) {
  const { rows } = await sql<{ name: string; arms: string[]; began_at: Date; ended_at: Date | null }>`
    select name, arms, began_at, ended_at from recommend_experiments
    order by began_at desc, name limit ${limit}`.execute(app.db)
  return rows
}

/** Accounts that want letters of suggestions and had none since `before`, with the videos that the last ones named. */
export async function listDigestsDue(
  app: App,
  before: Date,
  limit: number,
): Promise<{ accountId: string; named: string[] }[]> {
  const { rows } = await sql<{ accountId: string; named: string[] }>`
    select s.account_id as "accountId", coalesce(d.video_ids, '{}') as named from notification_settings s
    join accounts a on a.account_id = s.account_id and a.email_verified_at is not null
    left join recommend_digests d on d.account_id = s.account_id
    where s.kind = 'digest' and s.by_email and (d.sent_at is null or d.sent_at < ${before})
    order by s.account_id limit ${limit}`.execute(app.db)
  return rows
}

export async function noteDigest(app: App, accountId: string, named: string[]): Promise<void> {
  await sql`
    insert into recommend_digests (account_id, sent_at, video_ids) values (${accountId}, ${app.clock.now()}, ${named})
    on conflict (account_id) do update set sent_at = excluded.sent_at, video_ids = excluded.video_ids`.execute(app.db)
}

/** Newest first, with what everybody may know of the name; null where that is nothing. */
export async function listWishes(
  app: App,
  accountId: string,
  limit: number,
): Promise<(WishRow & { title: string | null })[]> {
  const { rows } = await sql<WishRow & { title: string | null }>`
    select w.kind, w.subject, coalesce(v.title, c.name) as title from recommend_wishes w
    left join videos v on w.kind = 'not_video' and v.video_id = w.subject and v.privacy = 'public' and v.state = 'ready'
    left join channels c on w.kind = 'not_channel' and c.channel_id = w.subject
    where w.account_id = ${accountId}
    order by w.created_at desc, w.subject limit ${limit}`.execute(app.db)
  return rows
}

/** Of what an account wants and does not want, the latter. */
export async function deleteUnwanted(app: App, accountId: string): Promise<void> {
  await sql`
    delete from recommend_wishes where account_id = ${accountId} and kind in ('not_video', 'not_channel')`.execute(
    app.db,
  )
}
