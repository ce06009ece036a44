/** SQL of recommending: what was watched, what is not wanted, and the models. */
import { sql } from 'kysely'
import type { App } from '../../platform/app.ts'

/** What is said of all videos anybody may see, in the order of their names. */
export async function listSaid(app: App, after: string, limit: number) {
  const { rows } = await sql<{
    video_id: string
    title: string
    description: string
    tags: string[]
    channel_id: string
    category: string
    language: string | null
    spoken: string[]
  }>`
    select v.video_id, v.title, left(v.description, 400) as description, v.tags, v.channel_id, v.category, v.language,
      coalesce((select words from recommend_spoken s where s.video_id = v.video_id), '{}') as spoken
    from videos v
    where v.privacy = 'public' and v.state = 'ready' and v.published_at is not null and v.video_id > ${after}
    order by v.video_id limit ${limit}`.execute(app.db)
  return rows
}

/** Tags and age of these videos, in no promised order. */
export async function listTags(app: App, videoIds: string[]) {
  const { rows } = await sql<{ video_id: string; tags: string[]; published_at: Date | null }>`
    select video_id, tags, published_at from videos where video_id = any(${videoIds})`.execute(app.db)
  return rows
}

export interface WatchRow {
  viewer: string
  video_id: string
  share: number
  at: Date
}

/** A watch as the models take it; `video_id` is null in the one row of somebody who watched nothing that says anything. */
export interface KeptWatch {
  viewer: string
  video_id: string | null
  share: number
  at_ms: number
}

/**
 * What members watched since `since`, member by member and in order of time, the newest `most` of each: of so many members after
 * this one. A member's rows are never torn apart. Goes from one member to the next by the index, so that a page costs what is
 * in it, however long the table is.
 */
export async function listMemberWatches(
  app: App,
  since: Date,
  after: string,
  { members, most }: { members: number; most: number },
): Promise<KeptWatch[]> {
  const { rows } = await sql<KeptWatch>`
    with recursive page (viewer, n) as (
      (select account_id, 1 from watch_history where account_id > ${after} order by account_id limit 1)
      union all
      select (select account_id from watch_history where account_id > page.viewer order by account_id limit 1), n + 1
      from page where page.viewer is not null and n < ${members}
    )
    select page.viewer, it.video_id, extract(epoch from it.at)::float8 * 1000 as at_ms,
      greatest(least(1, it.watched_ms::real / greatest(1, it.duration_ms)), least(1, it.watched_ms / 600000.0))::real as share
    from page left join lateral (
      select h.video_id, h.watched_ms, v.duration_ms, h.updated_at as at
      from (
        select * from watch_history where account_id = page.viewer and updated_at >= greatest(
          ${since}::timestamptz, (select r.since from recommend_resets r where r.account_id = page.viewer))
        order by updated_at desc limit ${most}
      ) h join videos v using (video_id)
      where h.watched_ms >= 30000 or h.watched_ms * 2 >= v.duration_ms
    ) it on true
    where page.viewer is not null order by page.viewer, it.at, it.video_id`.execute(app.db)
  return rows
}

/** The same of viewers without an account, visit by visit. */
export async function listVisitWatches(
  app: App,
  since: Date,
  after: string,
  { members, most }: { members: number; most: number },
): Promise<KeptWatch[]> {
  const { rows } = await sql<KeptWatch>`
    with recursive page (viewer, n) as (
      (select viewer_key, 1 from recommend_watches where viewer_key > ${after} order by viewer_key limit 1)
      union all
      select (select viewer_key from recommend_watches where viewer_key > page.viewer order by viewer_key limit 1), n + 1
      from page where page.viewer is not null and n < ${members}
    )
    select page.viewer, it.video_id, extract(epoch from it.watched_at)::float8 * 1000 as at_ms, it.share
    from page left join lateral (
      select video_id, share, watched_at from recommend_watches
      where viewer_key = page.viewer and watched_at >= ${since}
      order by watched_at desc limit ${most}
    ) it on true
    where page.viewer is not null order by page.viewer, it.watched_at, it.video_id`.execute(app.db)
  return rows
}

/** The last watches of many viewers together, oldest first, at most `limit`: what the models do not know yet. */
export async function listLatest(app: App, since: Date, limit: number): Promise<WatchRow[]> {
  const { rows } = await sql<WatchRow>`
    select * from (
      (select 'account:' || h.account_id as viewer, h.video_id, least(1, h.watched_ms / 600000.0)::real as share, h.updated_at as at
       from watch_history h where h.updated_at >= ${since} and h.watched_ms >= 30000 order by h.updated_at desc limit ${limit})
      union all
      (select 'viewer:' || w.viewer_key, w.video_id, w.share, w.watched_at
       from recommend_watches w where w.watched_at >= ${since} order by w.watched_at desc limit ${limit})
    ) both_kinds order by at desc limit ${limit}`.execute(app.db)
  return rows.reverse()
}

/** A watch of a member: how far it went, and where it stopped. */
export interface AccountWatch {
  video_id: string
  position_ms: number
  watched_ms: number
  completed: boolean
}

/** Watches as one text, for rows of four values each would be most of what asking for them costs. No id has a blank or a comma in it. */
const historyOf = (accountId: string, limit: number) => sql<string | null>`(
  select string_agg(it.video_id || ' ' || it.position_ms || ' ' || it.watched_ms || ' ' || it.completed::integer, ','
    order by it.updated_at desc, it.video_id desc)
  from (
    select h.video_id, h.position_ms, h.watched_ms, h.completed, h.updated_at
    from watch_history h left join recommend_resets r on r.account_id = h.account_id
    where h.account_id = ${accountId} and h.updated_at > coalesce(r.since, '-infinity')
    order by h.updated_at desc, h.video_id desc limit ${limit}) it)`

function watchesIn(text: string | null): AccountWatch[] {
  if (text === null) return []
  return text.split(',').map((watch) => {
    const [video_id, position, watched, completed] = watch.split(' ')
    return {
      video_id: video_id!,
      position_ms: Number(position),
      watched_ms: Number(watched),
      completed: completed === '1',
    }
  })
}

/** What one member watched, last first, since they began anew. */
export async function listOfAccount(app: App, accountId: string, limit: number): Promise<AccountWatch[]> {
  const { rows } = await sql<{ history: string | null }>`select ${historyOf(accountId, limit)} as history`.execute(
    app.db,
  )
  return watchesIn(rows[0]!.history)
}

/** Which of these a member has watched to the end, ever. */
export async function completedAmong(app: App, accountId: string, videoIds: string[]): Promise<Set<string>> {
  if (videoIds.length === 0) return new Set()
  const found = await app.db
    .selectFrom('watch_history')
    .select('video_id')
    .where('account_id', '=', accountId)
    .where('video_id', 'in', videoIds)
    .where('completed', '=', true)
    .execute()
  return new Set(found.map((row) => row.video_id))
}

/** What a viewer without an account watched within the visit, last first. */
export async function listOfVisit(app: App, viewerKey: string, limit: number) {
  const { rows } = await sql<{ video_id: string; share: number; at: Date }>`
    select video_id, share, watched_at as at from recommend_watches
    where viewer_key = ${viewerKey} order by watched_at desc limit ${limit}`.execute(app.db)
  return rows
}

/** Keeps what visits watched; of one visit and video the most that was said. */
export async function keepVisits(
  app: App,
  visits: { viewerKey: string; videoId: string; share: number }[],
): Promise<void> {
  if (visits.length === 0) return
  const rows = [visits.map((it) => it.viewerKey), visits.map((it) => it.videoId), visits.map((it) => it.share)] as const
  await sql`
    insert into recommend_watches (viewer_key, video_id, share, watched_at)
    select it.viewer_key, v.video_id, max(it.share), ${app.clock.now()}
    from unnest(${rows[0]}::text[], ${rows[1]}::text[], ${rows[2]}::double precision[]) as it (viewer_key, video_id, share)
    join videos v on v.video_id = it.video_id
    group by it.viewer_key, v.video_id order by it.viewer_key, v.video_id
    on conflict (viewer_key, video_id) do update set
      share = greatest(recommend_watches.share, excluded.share), watched_at = excluded.watched_at`.execute(app.db)
}

/** Which of these accounts keep no history at the moment. */
export async function whoPaused(app: App, accountIds: string[]): Promise<Set<string>> {
  const { rows } = await sql<{ account_id: string }>`
    select account_id from history_pauses where account_id = any(${accountIds})`.execute(app.db)
  return new Set(rows.map((row) => row.account_id))
}

/** Whether the viewer, `account:…`, keeps no history at the moment. */
export async function isPaused(app: App, viewer: string): Promise<boolean> {
  if (!viewer.startsWith('account:')) return false
  const { rows } = await sql`
    select from history_pauses where account_id = ${viewer.slice('account:'.length)}`.execute(app.db)
  return rows.length > 0
}

/** Forgets watches of visits before this; returns how many. */
export async function forgetVisits(app: App, before: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from recommend_watches where ctid in (
      select ctid from recommend_watches where watched_at < ${before} limit ${limit})`.execute(app.db)
  return Number(numAffectedRows ?? 0)
}

export interface WishRow {
  kind: 'not_video' | 'not_channel' | 'topic'
  subject: string
}

/** What an account wants and does not want: wishes, channels of those it has muted or blocked, and those it follows. */
export interface StandingRow {
  is_paused: boolean
  wishes: [WishRow['kind'], string][]
  blocked: string[]
  subscribed: string[]
  /** Something has changed that this process has not heard of yet. */
  is_behind: boolean
}

interface StandingLimits {
  wishes: number
  channels: number
}

const standingOf = (accountId: string, most: StandingLimits) => sql`
  exists (select from history_pauses where account_id = ${accountId}) as is_paused,
  array(select c.channel_id from account_blocks b join channels c on c.account_id = b.other_account_id
    where b.account_id = ${accountId} limit ${most.channels}) as blocked,
  array(select channel_id from subscriptions where account_id = ${accountId}
    order by created_at desc limit ${most.channels}) as subscribed,
  (select coalesce(jsonb_agg(jsonb_build_array(w.kind, w.subject)), '[]') from (
    select kind, subject from recommend_wishes where account_id = ${accountId}
    order by created_at desc, subject limit ${most.wishes}) w) as wishes`

/** By one question. */
export async function loadStanding(app: App, accountId: string, most: StandingLimits): Promise<StandingRow> {
  const { rows } = await sql<StandingRow>`
    select ${standingOf(accountId, most)}, ${app.bus.unheard()} as is_behind`.execute(app.db)
  return rows[0]!
}

/** The same with what `listOfAccount` tells, by one question for both. */
export async function loadMember(
  app: App,
  accountId: string,
  most: StandingLimits & { watches: number },
): Promise<{ standing: StandingRow; watched: AccountWatch[] }> {
  const { rows } = await sql<StandingRow & { history: string | null }>`
    select ${standingOf(accountId, most)}, ${app.bus.unheard()} as is_behind,
      ${historyOf(accountId, most.watches)} as history`.execute(app.db)
  return { standing: rows[0]!, watched: watchesIn(rows[0]!.history) }
}

/** Whether something has changed that this process has not heard of yet. */
export async function isBehind(app: App): Promise<boolean> {
  const { rows } = await sql<{ is_behind: boolean }>`select ${app.bus.unheard()} as is_behind`.execute(app.db)
  return rows[0]!.is_behind
}

export async function countWishes(app: App, accountId: string): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) from recommend_wishes where account_id = ${accountId}`.execute(app.db)
  return Number(rows[0]!.count)
}

export async function insertWish(app: App, accountId: string, { kind, subject }: WishRow): Promise<void> {
  await sql`
    insert into recommend_wishes (account_id, kind, subject, created_at)
    values (${accountId}, ${kind}, ${subject}, ${app.clock.now()}) on conflict do nothing`.execute(app.db)
}

export async function deleteWish(app: App, accountId: string, { kind, subject }: WishRow): Promise<void> {
  await sql`
    delete from recommend_wishes where account_id = ${accountId} and kind = ${kind} and subject = ${subject}`.execute(
    app.db,
  )
}

export async function replaceTopics(app: App, accountId: string, topics: string[]): Promise<void> {
  await sql`delete from recommend_wishes where account_id = ${accountId} and kind = 'topic'`.execute(app.db)
  for (const subject of topics) await insertWish(app, accountId, { kind: 'topic', subject })
}

export async function reset(app: App, accountId: string): Promise<void> {
  await sql`delete from recommend_pages where account_id = ${accountId}`.execute(app.db)
  await sql`delete from recommend_outcomes where account_id = ${accountId}`.execute(app.db)
  await sql`delete from recommend_wishes where account_id = ${accountId}`.execute(app.db)
  await sql`
    insert into recommend_resets (account_id, since) values (${accountId}, ${app.clock.now()})
    on conflict (account_id) do update set since = excluded.since`.execute(app.db)
}

export async function findPin(app: App, videoId: string): Promise<string | undefined> {
  const { rows } = await sql<{ next_video_id: string }>`
    select next_video_id from recommend_pins where video_id = ${videoId}`.execute(app.db)
  return rows[0]?.next_video_id
}

export async function setPin(app: App, videoId: string, next: string | null): Promise<void> {
  if (next === null) await sql`delete from recommend_pins where video_id = ${videoId}`.execute(app.db)
  else
    await sql`
      insert into recommend_pins (video_id, next_video_id) values (${videoId}, ${next})
      on conflict (video_id) do update set next_video_id = excluded.next_video_id`.execute(app.db)
}

/** Adds what pages of this process showed and viewers took, of new uploads on trial. Videos that are gone are left out. */
export async function addTrials(app: App, rows: { videoId: string; shown: number; taken: number }[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    insert into recommend_trials (video_id, shown, taken, updated_at)
    select it.video_id, it.shown, it.taken, ${app.clock.now()}
    from jsonb_to_recordset(${JSON.stringify(rows.map((it) => ({ video_id: it.videoId, shown: it.shown, taken: it.taken })))}::jsonb)
      as it (video_id text, shown bigint, taken bigint)
    join videos using (video_id)
    on conflict (video_id) do update set shown = recommend_trials.shown + excluded.shown,
      taken = recommend_trials.taken + excluded.taken, updated_at = excluded.updated_at`.execute(app.db)
}

export async function listTrials(app: App, since: Date): Promise<{ videoId: string; shown: number; taken: number }[]> {
  const { rows } = await sql<{ video_id: string; shown: string; taken: string }>`
    select video_id, shown, taken from recommend_trials join videos using (video_id)
    where published_at >= ${since}`.execute(app.db)
  return rows.map((row) => ({ videoId: row.video_id, shown: Number(row.shown), taken: Number(row.taken) }))
}

export interface ModelRow {
  version: string
  kind: 'items' | 'ranker'
  made_at: Date
  blob_key: string
  figures: Record<string, number>
  served: boolean
  /** Somebody went back to it: newer ones are not served by themselves. */
  held: boolean
}

/** Models, newest first. */
export async function listModels(app: App, limit: number): Promise<ModelRow[]> {
  const { rows } = await sql<ModelRow>`
    select version, kind, made_at, blob_key, figures, served, held from recommend_models
    order by made_at desc, version desc limit ${limit}`.execute(app.db)
  return rows
}

export async function servedModel(app: App, kind: ModelRow['kind']): Promise<ModelRow | undefined> {
  const { rows } = await sql<ModelRow>`select * from recommend_models where served and kind = ${kind}`.execute(app.db)
  return rows[0]
}

export async function insertModel(app: App, row: Omit<ModelRow, 'served' | 'held'>): Promise<void> {
  await sql`
    insert into recommend_models (version, kind, made_at, blob_key, figures, served)
    values (${row.version}, ${row.kind}, ${row.made_at}, ${row.blob_key}, ${JSON.stringify(row.figures)}, false)
    on conflict do nothing`.execute(app.db)
}

/** Serves this version from now on; false when there is no such one. By hand, one that is not the newest is held to. */
export async function serveModel(app: App, version: string, by: 'training' | 'hand'): Promise<boolean> {
  // Taken away first: two may never be served at once.
  await sql`
    update recommend_models set served = false, held = false where served and version <> ${version}
      and kind = (select kind from recommend_models where version = ${version})`.execute(app.db)
  const { numAffectedRows } = await sql`
    update recommend_models it set served = true, held = ${by === 'hand'} and exists (
      select from recommend_models other where other.kind = it.kind and (other.made_at, other.version) > (it.made_at, it.version))
    where version = ${version}`.execute(app.db)
  return numAffectedRows === 1n
}

export async function deleteModel(app: App, version: string): Promise<void> {
  await sql`delete from recommend_models where version = ${version} and not served`.execute(app.db)
}

export interface ExperimentRow {
  name: string
  arms: string[]
}

export async function runningExperiments(app: App): Promise<ExperimentRow[]> {
  const { rows } = await sql<ExperimentRow>`
    select name, arms from recommend_experiments where ended_at is null order by began_at, name limit 5`.execute(app.db)
  return rows
}

/** False when there is one of this name. */
export async function insertExperiment(app: App, { name, arms }: ExperimentRow): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into recommend_experiments (name, arms, began_at) values (${name}, ${arms}, ${app.clock.now()})
    on conflict do nothing`.execute(app.db)
  return numAffectedRows === 1n
}

export async function endExperiment(app: App, name: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update recommend_experiments set ended_at = ${app.clock.now()} where name = ${name} and ended_at is null`.execute(
    app.db,
  )
  return numAffectedRows === 1n
}

export async function findExperiment(app: App, name: string): Promise<ExperimentRow | undefined> {
  const { rows } = await sql<ExperimentRow>`
    select name, arms from recommend_experiments where name = ${name}`.execute(app.db)
  return rows[0]
}

/** A page of this surface was shown to a viewer in this arm. */
export async function addExposure(
  app: App,
  shown: { experiment: string; viewer: string; arm: string; surface: string },
): Promise<void> {
  await sql`
    insert into recommend_exposures (experiment, viewer, arm, surface, hour, pages)
    values (${shown.experiment}, ${shown.viewer}, ${shown.arm}, ${shown.surface}, date_trunc('hour', ${app.clock.now()}::timestamptz), 1)
    on conflict (experiment, viewer, hour, surface) do update set pages = recommend_exposures.pages + 1`.execute(app.db)
}

/** Adds a watch to the viewer's last exposure of the past day, in each experiment that runs. */
export async function addOutcome(app: App, viewer: string, watches: number, watchedMs: number): Promise<void> {
  await sql`
    update recommend_exposures it set watches = it.watches + ${watches}, watched_ms = it.watched_ms + ${Math.round(watchedMs)}
    from (
      select distinct on (e.experiment) e.experiment, e.hour, e.surface from recommend_exposures e
      join recommend_experiments x on x.name = e.experiment and x.ended_at is null
      where e.viewer = ${viewer} and e.hour > ${new Date(app.clock.nowMs() - 24 * 3_600_000)}
      order by e.experiment, e.hour desc, e.surface
    ) last
    where it.experiment = last.experiment and it.viewer = ${viewer} and it.hour = last.hour and it.surface = last.surface`.execute(
    app.db,
  )
}

export async function listArmViewers(app: App, experiment: string, limit: number) {
  const { rows } = await sql<{ arm: string; pages: string; watches: string; watched_ms: string }>`
    select arm, sum(pages) as pages, sum(watches) as watches, sum(watched_ms) as watched_ms
    from recommend_exposures where experiment = ${experiment} group by viewer, arm limit ${limit}`.execute(app.db)
  return rows.map((row) => ({
    arm: row.arm,
    pages: Number(row.pages),
    watches: Number(row.watches),
    watchedMs: Number(row.watched_ms),
  }))
}
