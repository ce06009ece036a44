/** SQL of what is spoken in videos. */
import { sql } from 'kysely'
import type { App } from '../../../platform/app.ts'

export interface Text {
  video_id: string
  text_id: string
}

/**
 * Texts of which nothing is known yet, one per video: in the language of the video where there is one, captions before subtitles, the
 * oldest of several. Of one video, or of any.
 */
export async function listUnread(app: App, videoId: string | undefined, limit: number): Promise<Text[]> {
  const one = videoId === undefined ? sql`` : sql`where c.video_id = ${videoId}`
  const { rows } = await sql<Text>`
    select own.video_id, own.text_id from (
      select distinct on (c.video_id) c.video_id, c.text_id
      from captions c join videos v using (video_id) ${one}
      order by c.video_id, (c.language = v.language) desc nulls last, c.kind, c.changed_at, c.text_id
    ) own left join recommend_spoken s using (video_id)
    where s.text_id is distinct from own.text_id order by own.video_id limit ${limit}`.execute(app.db)
  return rows
}

/** Keeps the words of a text that is still there. */
export async function keepWords(app: App, { video_id, text_id }: Text, words: string[]): Promise<void> {
  await sql`
    insert into recommend_spoken (video_id, text_id, words)
    select video_id, text_id, ${words} from captions where video_id = ${video_id} and text_id = ${text_id}
    on conflict (video_id) do update set text_id = excluded.text_id, words = excluded.words`.execute(app.db)
}

/** Forgets words whose text is gone: of one video, or of all. Whether there were any. */
export async function forgetGone(app: App, videoId: string | undefined): Promise<boolean> {
  const one = videoId === undefined ? sql`` : sql`and s.video_id = ${videoId}`
  const { numAffectedRows } = await sql`
    delete from recommend_spoken s where not exists (
      select from captions c where c.video_id = s.video_id and c.text_id = s.text_id) ${one}`.execute(app.db)
  return (numAffectedRows ?? 0n) > 0n
}
