/** SQL of captions. */
import type { Selectable } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { CaptionsTable } from '../../schema/tables.ts'

export type CaptionRow = Selectable<CaptionsTable>

export async function listOf(app: App, videoId: string): Promise<CaptionRow[]> {
  return app.db
    .selectFrom('captions')
    .selectAll()
    .where('video_id', '=', videoId)
    .orderBy('language')
    .orderBy('kind')
    .execute()
}

export async function countOf(app: App, videoId: string): Promise<number> {
  const { count } = await app.db
    .selectFrom('captions')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('video_id', '=', videoId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Keeps a text, instead of the one in this language and kind where there was one; returns the id of that one. */
export async function keep(app: App, row: CaptionRow): Promise<string | undefined> {
  const { video_id, language, kind, ...fresh } = row
  const before = await app.db
    .selectFrom('captions')
    .select('text_id')
    .where('video_id', '=', video_id)
    .where('language', '=', language)
    .where('kind', '=', kind)
    .forUpdate()
    .executeTakeFirst()
  await app.db
    .insertInto('captions')
    .values(row)
    .onConflict((it) => it.columns(['video_id', 'language', 'kind']).doUpdateSet(fresh))
    .execute()
  return before?.text_id
}

/** The id of the text that was taken away; undefined when there was none. */
export async function remove(
  app: App,
  videoId: string,
  language: string,
  kind: CaptionRow['kind'],
): Promise<string | undefined> {
  const row = await app.db
    .deleteFrom('captions')
    .where('video_id', '=', videoId)
    .where('language', '=', language)
    .where('kind', '=', kind)
    .returning('text_id')
    .executeTakeFirst()
  return row?.text_id
}

/** The source of a video's present run, and its plan. */
export async function loadRun(app: App, videoId: string, runId: string) {
  return app.db
    .selectFrom('runs')
    .select(['plan', 'source_key'])
    .where('video_id', '=', videoId)
    .where('run_id', '=', runId)
    .executeTakeFirst()
}
