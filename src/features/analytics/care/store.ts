/** SQL of what looks after the figures: audits, alarms, bytes sent and stored, archives. */
import { sql } from 'kysely'
import type { App } from '../../../platform/app.ts'
import type { Viewed } from '../playbacks/views.ts'

/** Notes bytes that were sent, for the sums; of videos that are gone, nothing. */
export async function addSent(app: App, sent: [videoId: string, bytes: number][]): Promise<void> {
  await sql`
    insert into analytics_notes (at, video_id, channel_id, measure, amount)
    select ${app.clock.now()}, videos.video_id, videos.channel_id, 'sent_bytes', r.bytes
    from unnest(${sent.map(([videoId]) => videoId)}::text[], ${sent.map(([, bytes]) => bytes)}::bigint[]) as r(video_id, bytes)
    join videos on videos.video_id = r.video_id`.execute(app.db)
}

/**
 * Looks at counted views of hours before `before`, oldest first, and takes back the `mostADay + 1`st and further ones of one
 * viewer, video and day, and all of a member's hour that holds more than `mostAnHour`. Anonymous viewers may be many behind
 * one address, so their hours are not counted together.
 */
export async function auditViews(
  app: App,
  asked: { before: Date; mostADay: number; mostAnHour: number; limit: number },
): Promise<{ looked: number; struck: number; viewed: Viewed[] }> {
  const { rows } = await sql<{ looked: number; struck: number; viewed: Viewed[] }>`
    with fresh as (
      select video_id, hour, viewer_key from counted_views
      where not audited and hour < ${asked.before} order by hour limit ${asked.limit} for update
    ), judged as (
      select f.*, (
        (select count(*) from counted_views d
          where d.video_id = f.video_id and d.viewer_key = f.viewer_key and d.hour < f.hour
            and d.hour >= date_trunc('day', f.hour at time zone 'utc') at time zone 'utc') >= ${asked.mostADay}
        or (f.viewer_key like 'm%'
          and (select count(*) from counted_views h where h.viewer_key = f.viewer_key and h.hour = f.hour) > ${asked.mostAnHour})
      ) as struck
      from fresh f
    ), marked as (
      update counted_views c set audited = true, struck = j.struck from judged j
      where c.video_id = j.video_id and c.hour = j.hour and c.viewer_key = j.viewer_key
      returning c.video_id, c.hour, c.struck
    ), taken as (
      select video_id, hour, count(*) as count from marked where struck group by video_id, hour
    ), noted as (
      insert into analytics_notes (at, video_id, channel_id, measure, amount)
      select t.hour, v.video_id, v.channel_id, 'struck', t.count from taken t join videos v on v.video_id = t.video_id
    ), lowered as (
      update videos v set views = greatest(0, v.views - t.count)
      from (select video_id, sum(count) as count from taken group by video_id) t where v.video_id = t.video_id
      returning v.video_id, v.views
    )
    select count(*) as looked, count(*) filter (where struck) as struck,
      (select coalesce(json_agg(json_build_array(video_id, views)), '[]') from lowered) as viewed
    from marked`.execute(app.db)
  return rows[0]!
}

/** The first hour of which some views have not been looked at; undefined when all have. */
export async function firstUnaudited(app: App): Promise<Date | undefined> {
  const row = await app.db
    .selectFrom('counted_views')
    .select('hour')
    .where('audited', '=', false)
    .orderBy('hour')
    .limit(1)
    .executeTakeFirst()
  return row?.hour
}

export async function ownersOf(
  app: App,
  videoIds: string[],
): Promise<{ videoId: string; title: string; accountId: string }[]> {
  const { rows } = await sql<{ videoId: string; title: string; accountId: string }>`
    select v.video_id as "videoId", v.title, c.account_id as "accountId"
    from videos v join channels c on c.channel_id = v.channel_id where v.video_id = any(${videoIds})`.execute(app.db)
  return rows
}

const MOST_ADMINISTRATORS = 50

export async function listAdministrators(app: App): Promise<string[]> {
  const rows = await app.db
    .selectFrom('accounts')
    .select('account_id')
    .where('role', '=', 'admin')
    .orderBy('account_id')
    .limit(MOST_ADMINISTRATORS)
    .execute()
  return rows.map((row) => row.account_id)
}

/** Bytes stored now: the sources and everything made of them. Of a video, a channel (`c`), or all. */
export async function storedBytes(app: App, subject: string): Promise<number> {
  const id = subject.slice(1)
  const which = { v: sql`v.video_id = ${id}`, c: sql`v.channel_id = ${id}` }[subject[0]!] ?? sql`true`
  const { rows } = await sql<{ bytes: number }>`
    select (select coalesce(sum(v.source_bytes), 0) from videos v where ${which})
      + (select coalesce(sum(f.size_bytes), 0) from video_files f join videos v on v.video_id = f.video_id where ${which}) as bytes`.execute(
    app.db,
  )
  return Number(rows[0]!.bytes)
}
