/** SQL of the ranking: what was shown, and what became of it. */
import { sql } from 'kysely'
import type { App } from '../../../platform/app.ts'

/** A page, or part of one, as it was shown. */
export interface PageRow {
  page_id: string
  account_id: string | null
  viewer_key: string | null
  surface: 'home' | 'next'
  shown_at: Date
  first_place: number
  video_ids: string[]
  features: Buffer
  features_version: number
  trial_places: number[]
  trial_chances: number[]
}

/** Keeps pages. Those of accounts that are gone meanwhile are left out. */
export async function insertPages(app: App, pages: PageRow[]): Promise<void> {
  const rows = pages.map((it) => ({ ...it, features: `\\x${it.features.toString('hex')}` }))
  await sql`
    insert into recommend_pages (page_id, account_id, viewer_key, surface, shown_at, first_place, video_ids, features,
      features_version, trial_places, trial_chances)
    select it.page_id, it.account_id, it.viewer_key, it.surface, it.shown_at, it.first_place,
      array(select jsonb_array_elements_text(it.video_ids)), it.features::bytea, it.features_version,
      array(select jsonb_array_elements_text(it.trial_places)::integer),
      array(select jsonb_array_elements_text(it.trial_chances)::double precision)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as it (page_id text, account_id text, viewer_key text,
      surface text, shown_at timestamptz, first_place integer, video_ids jsonb, features text, features_version integer,
      trial_places jsonb, trial_chances jsonb)
    where it.account_id is null or exists (select from accounts a where a.account_id = it.account_id)
    on conflict do nothing`.execute(app.db)
}

export interface PageWithOutcomes extends PageRow {
  watches: { video_id: string; watched_ms: number; share: number }[]
  liked: string[]
  dismissed: string[]
}

/** Pages from the newest back, with what their viewers did with these videos in the six hours after. */
export async function listPages(
  app: App,
  asked: {
    since: Date
    until: Date
    before: Pick<PageRow, 'shown_at' | 'page_id'> | undefined
    version: number
    limit: number
  },
): Promise<PageWithOutcomes[]> {
  const from = asked.before
    ? sql`and (p.shown_at, p.page_id) < (${asked.before.shown_at}, ${asked.before.page_id})`
    : sql``
  const { rows } = await sql<PageWithOutcomes>`
    select p.*,
      coalesce((select jsonb_agg(jsonb_build_object('video_id', o.video_id, 'watched_ms', o.watched_ms, 'share', o.share))
        from recommend_outcomes o
        where o.viewer = coalesce('account:' || p.account_id, 'viewer:' || p.viewer_key) and o.video_id = any(p.video_ids)
          and o.began_at >= p.shown_at and o.began_at < p.shown_at + interval '6 hours'), '[]') as watches,
      array(select r.video_id from reactions r
        where r.account_id = p.account_id and r.liked and r.video_id = any(p.video_ids)
          and r.created_at >= p.shown_at and r.created_at < p.shown_at + interval '6 hours') as liked,
      array(select w.subject from recommend_wishes w
        where w.account_id = p.account_id and w.kind = 'not_video' and w.subject = any(p.video_ids)
          and w.created_at >= p.shown_at and w.created_at < p.shown_at + interval '6 hours') as dismissed
    from recommend_pages p
    where p.shown_at >= ${asked.since} and p.shown_at < ${asked.until} and p.features_version = ${asked.version} ${from}
    order by p.shown_at desc, p.page_id desc limit ${asked.limit}`.execute(app.db)
  return rows
}

export interface FactsRow {
  video_id: string
  channel_id: string
  category: string
  language: string | null
  duration_ms: string | number | null
}

export async function listFacts(app: App, videoIds: string[]): Promise<FactsRow[]> {
  const { rows } = await sql<FactsRow>`
    select video_id, channel_id, category, language, duration_ms from videos where video_id = any(${videoIds})`.execute(
    app.db,
  )
  return rows
}

/**
 * Keeps how playbacks go; one that begins hours after the last one of the same video stands for itself. Rows are written in
 * the order of their keys, so that two processes never wait for each other crosswise; those of accounts and videos that are
 * gone are left out.
 */
export async function keepOutcomes(
  app: App,
  outcomes: { viewer: string; videoId: string; watchedMs: number; share: number }[],
): Promise<void> {
  if (outcomes.length === 0) return
  const most = new Map<string, (typeof outcomes)[number]>()
  for (const it of outcomes) {
    const key = `${it.viewer} ${it.videoId}`
    if ((most.get(key)?.watchedMs ?? -1) < it.watchedMs) most.set(key, it)
  }
  const rows = [...most.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, it]) => it)
  const at = app.clock.now()
  const fresh = new Date(at.getTime() - 6 * 3_600_000)
  await sql`
    insert into recommend_outcomes as o (viewer, video_id, account_id, began_at, watched_ms, share)
    select it.viewer, v.video_id, case when it.viewer like 'account:%' then substr(it.viewer, 9) end,
      ${at}::timestamptz - it.watched_ms * interval '1 millisecond', it.watched_ms, it.share
    from unnest(${rows.map((it) => it.viewer)}::text[], ${rows.map((it) => it.videoId)}::text[],
      ${rows.map((it) => Math.round(it.watchedMs))}::bigint[], ${rows.map((it) => it.share)}::double precision[])
      as it (viewer, video_id, watched_ms, share)
    join videos v on v.video_id = it.video_id
    where it.viewer not like 'account:%' or exists (select from accounts where account_id = substr(it.viewer, 9))
    on conflict (viewer, video_id) do update set
      began_at = case when o.began_at < ${fresh} then excluded.began_at else o.began_at end,
      watched_ms = case when o.began_at < ${fresh} then excluded.watched_ms else greatest(o.watched_ms, excluded.watched_ms) end,
      share = case when o.began_at < ${fresh} then excluded.share else greatest(o.share, excluded.share) end`.execute(
    app.db,
  )
}

/** Forgets pages and outcomes of before this; returns how many at most of each. */
export async function forgetPages(app: App, before: Date, limit: number): Promise<number> {
  const pages = await sql`
    delete from recommend_pages where page_id in (
      select page_id from recommend_pages where shown_at < ${before} limit ${limit})`.execute(app.db)
  const outcomes = await sql`
    delete from recommend_outcomes where ctid in (
      select ctid from recommend_outcomes where began_at < ${before} limit ${limit})`.execute(app.db)
  return Math.max(Number(pages.numAffectedRows ?? 0), Number(outcomes.numAffectedRows ?? 0))
}
