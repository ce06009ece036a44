/** SQL of vectors: which are wanted, and those that were made. */
import { sql } from 'kysely'
import type { App } from '../../../platform/app.ts'

export interface Wanted {
  video_id: string
  wanted_at: string
  /** Null for what is gone or hidden meanwhile: nothing is made of it. */
  title: string | null
  description: string | null
  tags: string[] | null
}

/** Some that are wanted, longest waiting first, with their words. */
export async function listWanted(app: App, limit: number): Promise<Wanted[]> {
  const { rows } = await sql<Wanted>`
    select it.video_id, it.wanted_at::text as wanted_at, title, description, tags
    from (select * from video_vectors_wanted order by wanted_at limit ${limit}) it
    left join videos on videos.video_id = it.video_id and privacy = 'public' and state = 'ready'
  `.execute(app.db)
  return rows
}

export async function isAnyWanted(app: App): Promise<boolean> {
  const { rows } = await sql`select from video_vectors_wanted limit 1`.execute(app.db)
  return rows.length > 0
}

/** Wants anew what another encoder made, some at a time. */
export async function wantOthers(app: App, encoder: string, limit: number): Promise<void> {
  await sql`
    insert into video_vectors_wanted (video_id)
    select video_id from video_vectors where encoder < ${encoder} or encoder > ${encoder} limit ${limit}
    on conflict do nothing
  `.execute(app.db)
}

/** Keeps what was made, and takes from the wanted what was not wanted again meanwhile. Call inside a transaction. */
export async function keepVectors(
  app: App,
  encoder: string,
  made: readonly { videoId: string; vector: Buffer }[],
  done: readonly Wanted[],
  at: Date,
): Promise<void> {
  await sql`
    insert into video_vectors (video_id, encoder, vector, made_at)
    select it.video_id, ${encoder}, it.vector, ${at}::timestamptz
    from unnest(${made.map((it) => it.videoId)}::text[], ${made.map((it) => it.vector)}::bytea[]) as it (video_id, vector)
    where exists (select from videos v where v.video_id = it.video_id)
    on conflict (video_id) do update set encoder = excluded.encoder, vector = excluded.vector, made_at = excluded.made_at
  `.execute(app.db)
  await sql`
    delete from video_vectors_wanted it using unnest(${done.map((row) => row.video_id)}::text[], ${done.map((row) => row.wanted_at)}::timestamptz[]) as done (video_id, wanted_at)
    where it.video_id = done.video_id and it.wanted_at = done.wanted_at
  `.execute(app.db)
}

export interface VectorRow {
  video_id: string
  vector: Buffer
}

export async function pageOfVectors(app: App, encoder: string, after: string, limit: number): Promise<VectorRow[]> {
  return app.db
    .selectFrom('video_vectors')
    .select(['video_id', 'vector'])
    .where('encoder', '=', encoder)
    .where('video_id', '>', after)
    .orderBy('video_id')
    .limit(limit)
    .execute()
}

export async function listVectors(app: App, encoder: string, videoIds: string[]): Promise<VectorRow[]> {
  if (videoIds.length === 0) return []
  return app.db
    .selectFrom('video_vectors')
    .select(['video_id', 'vector'])
    .where('encoder', '=', encoder)
    .where('video_id', 'in', videoIds)
    .execute()
}
