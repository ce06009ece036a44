/** SQL of uploads. The lease of a writer goes by the clock of the database, the one clock all processes share. */
import { type Selectable, sql } from 'kysely'
import type { App } from '../../platform/app.ts'
import type { Tables } from '../../schema/tables.ts'

export type UploadRow = Selectable<Tables['uploads']>
export type UploadKind = UploadRow['kind']

/** What is kept beside the bytes: names for the video, and how the parts of a final upload lie. */
export interface UploadFacts {
  filename: string
  /** The value of Upload-Metadata: HEAD gives it back (creation extension). */
  sent: string
  /** Length of the whole file of which this is a hinted part. */
  totalBytes?: number
  /** The video was made for this upload and goes when nothing comes of it. */
  draft?: boolean
  /** The file is to take the place of the one the video has. */
  replace?: boolean
  /** Ids of the parts of a final upload, in order. */
  parts?: string[]
  /** Where those parts lie that are still to be joined. */
  join?: { key: string; sizeBytes: number }[]
}

export function factsOf(row: UploadRow): UploadFacts {
  return row.metadata as unknown as UploadFacts
}

/** The account's quota, with its row locked: creations of one account go one after another, so none slips past the quota. */
export async function lockQuota(app: App, accountId: string): Promise<number | undefined> {
  const row = await app.db
    .selectFrom('accounts')
    .select('quota_bytes')
    .where('account_id', '=', accountId)
    .forUpdate()
    .executeTakeFirst()
  return row?.quota_bytes
}

/** Unfinished uploads of an account outside one staged file: how many, and the lengths they declared. */
export async function promised(
  app: App,
  accountId: string,
  exceptStagingKey: string,
): Promise<{ count: number; sizeBytes: number }> {
  return app.db
    .selectFrom('uploads')
    .select([sql<number>`count(*)`.as('count'), sql<number>`coalesce(sum(length_bytes), 0)::bigint`.as('sizeBytes')])
    .where('account_id', '=', accountId)
    .where('finished_at', 'is', null)
    .where('staging_key', '<>', exceptStagingKey)
    .executeTakeFirstOrThrow()
}

/** What all unfinished uploads outside one staged file may still bring. */
export async function coming(app: App, exceptStagingKey: string): Promise<number> {
  const row = await app.db
    .selectFrom('uploads')
    .select(sql<number>`coalesce(sum(length_bytes - offset_bytes), 0)::bigint`.as('sizeBytes'))
    .where('finished_at', 'is', null)
    .where('staging_key', '<>', exceptStagingKey)
    .executeTakeFirstOrThrow()
  return row.sizeBytes
}

export async function insertUpload(
  app: App,
  row: Omit<UploadRow, 'finished_at' | 'writer' | 'writer_until' | 'metadata'> & { metadata: UploadFacts },
): Promise<UploadRow> {
  return app.db
    .insertInto('uploads')
    .values({ ...row, metadata: JSON.stringify(row.metadata) })
    .returningAll()
    .executeTakeFirstOrThrow()
}

export async function findUpload(app: App, accountId: string, uploadId: string): Promise<UploadRow | undefined> {
  return app.db
    .selectFrom('uploads')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('upload_id', '=', uploadId)
    .executeTakeFirst()
}

/** The same, locked until the transaction ends. */
export async function lockUpload(app: App, row: UploadRow): Promise<UploadRow | undefined> {
  return app.db
    .selectFrom('uploads')
    .selectAll()
    .where('account_id', '=', row.account_id)
    .where('upload_id', '=', row.upload_id)
    .forUpdate()
    .executeTakeFirst()
}

/** All uploads that share a staged file, by their place in it. */
export async function listStaged(app: App, accountId: string, stagingKey: string): Promise<UploadRow[]> {
  return app.db
    .selectFrom('uploads')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('staging_key', '=', stagingKey)
    .orderBy('base_offset')
    .execute()
}

export async function findMany(app: App, accountId: string, uploadIds: string[]): Promise<UploadRow[]> {
  return app.db
    .selectFrom('uploads')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('upload_id', 'in', uploadIds)
    .forUpdate()
    .execute()
}

/** The final upload that was made of exactly these parts, if there is one. */
export async function findFinal(app: App, accountId: string, parts: string[]): Promise<UploadRow | undefined> {
  return app.db
    .selectFrom('uploads')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('kind', '=', 'final')
    .where(sql<boolean>`metadata->'parts' = ${JSON.stringify(parts)}::jsonb`)
    .executeTakeFirst()
}

/** Unfinished uploads of one video that do not lie in this staged file. */
export async function listOthersOfVideo(app: App, videoId: string, stagingKey: string): Promise<UploadRow[]> {
  return app.db
    .selectFrom('uploads')
    .selectAll()
    .where('video_id', '=', videoId)
    .where('finished_at', 'is', null)
    .where('staging_key', '<>', stagingKey)
    .execute()
}

export async function listUnfinished(app: App, accountId: string, now: Date): Promise<UploadRow[]> {
  return app.db
    .selectFrom('uploads')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('finished_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .orderBy('upload_id')
    .limit(1000)
    .execute()
}

/** Takes the writer's lease if nobody holds it, or whoever did has let it run out. */
export async function takeLease(
  app: App,
  row: UploadRow,
  writer: string,
  leaseMs: number,
): Promise<UploadRow | undefined> {
  return app.db
    .updateTable('uploads')
    .set({ writer, writer_until: sql<Date>`clock_timestamp() + ${leaseMs} * interval '1 millisecond'` })
    .where('account_id', '=', row.account_id)
    .where('upload_id', '=', row.upload_id)
    .where((q) => q.or([q('writer', 'is', null), q('writer_until', '<', sql<Date>`clock_timestamp()`)]))
    .returningAll()
    .executeTakeFirst()
}

/** Prolongs the lease; false when another has taken it, or the upload is gone. */
export async function renewLease(app: App, row: UploadRow, writer: string, leaseMs: number): Promise<boolean> {
  const done = await app.db
    .updateTable('uploads')
    .set({ writer_until: sql<Date>`clock_timestamp() + ${leaseMs} * interval '1 millisecond'` })
    .where('account_id', '=', row.account_id)
    .where('upload_id', '=', row.upload_id)
    .where('writer', '=', writer)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

export async function dropLease(app: App, row: UploadRow, writer: string): Promise<void> {
  await app.db
    .updateTable('uploads')
    .set({ writer: null, writer_until: null })
    .where('account_id', '=', row.account_id)
    .where('upload_id', '=', row.upload_id)
    .where('writer', '=', writer)
    .execute()
}

/** Writes down that bytes are stored for good. Never goes back; false when the lease is another's by now. */
export async function advanceOffset(
  app: App,
  row: UploadRow,
  writer: string,
  offsetBytes: number,
  expiresAt: Date,
): Promise<boolean> {
  const done = await app.db
    .updateTable('uploads')
    .set({ offset_bytes: sql<number>`greatest(offset_bytes, ${offsetBytes}::bigint)`, expires_at: expiresAt })
    .where('account_id', '=', row.account_id)
    .where('upload_id', '=', row.upload_id)
    .where('writer', '=', writer)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Parts of one file live and die together: a byte for one keeps the others. */
export async function prolongStaged(app: App, row: UploadRow, expiresAt: Date): Promise<void> {
  await app.db
    .updateTable('uploads')
    .set({ expires_at: expiresAt })
    .where('account_id', '=', row.account_id)
    .where('staging_key', '=', row.staging_key)
    .where('finished_at', 'is', null)
    .execute()
}

export async function markFinished(app: App, row: UploadRow, now: Date): Promise<void> {
  await app.db
    .updateTable('uploads')
    .set({ finished_at: now })
    .where('account_id', '=', row.account_id)
    .where('upload_id', '=', row.upload_id)
    .execute()
}

export async function removeUploads(app: App, accountId: string, uploadIds: string[]): Promise<void> {
  if (uploadIds.length === 0) return
  await app.db.deleteFrom('uploads').where('account_id', '=', accountId).where('upload_id', 'in', uploadIds).execute()
}

/** Whether any unfinished upload still needs this staged file, be it as its own or as a part to join. */
export async function stagedIsNeeded(app: App, stagingKey: string): Promise<boolean> {
  const row = await app.db
    .selectFrom('uploads')
    .select('upload_id')
    .where('finished_at', 'is', null)
    .where((q) =>
      q.or([
        q('staging_key', '=', stagingKey),
        q.and([
          q('kind', '=', 'final'),
          sql<boolean>`metadata->'join' @> ${JSON.stringify([{ key: stagingKey }])}::jsonb`,
        ]),
      ]),
    )
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Whether anything still leads to this video's file. */
export async function hasUploads(app: App, videoId: string): Promise<boolean> {
  const row = await app.db
    .selectFrom('uploads')
    .select('upload_id')
    .where('video_id', '=', videoId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export async function listExpired(app: App, now: Date, limit: number): Promise<UploadRow[]> {
  return app.db
    .selectFrom('uploads')
    .selectAll()
    .where('expires_at', '<=', now)
    .orderBy('expires_at')
    .limit(limit)
    .execute()
}

/** Uploads whose bytes are all here while their video does not know it: a process died between the two. */
export async function listStuck(app: App, limit: number): Promise<UploadRow[]> {
  return app.db
    .selectFrom('uploads')
    .selectAll()
    .where('finished_at', 'is', null)
    .where('kind', 'in', ['whole', 'final'])
    .where('video_id', 'is not', null)
    .whereRef('offset_bytes', '=', 'length_bytes')
    .where((q) => q.or([q('writer', 'is', null), q('writer_until', '<', sql<Date>`clock_timestamp()`)]))
    .limit(limit)
    .execute()
}
