/**
 * Uploads: files that arrive in pieces, over hours, over links that break. An upload is a row that says how many bytes are
 * stored for good, and a staged file that holds them; when all are there, the file becomes the source of a video.
 *
 * Parts of one file (concatenation) that say where they belong are written straight to their place in one staged file, so
 * joining them is a check and a rename. Parts without hints lie in files of their own and are joined at the end.
 */
import type { Readable } from 'node:stream'
import { refuse } from '../../contract/refusals.ts'
import { encodeMetadata, PARALLEL_FROM_BYTES, PARALLEL_PARTS } from '../../contract/tus.ts'
import type { Upload, UploadLimits } from '../../contract/uploads.ts'
import { VideoDraft } from '../../contract/videos.ts'
import { newId } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { quotaOf } from '../accounts/accounts.ts'
import { createDraft, mayEdit, seeVideo, usedBytes } from '../videos/videos.ts'
import { expiryFrom, receive } from './arrive.ts'
import { dropUpload, forget, handOver, isWaiting } from './finish.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'
import type { Checksum } from './tus.ts'
import { letSettle, takeWriter } from './writers.ts'

export { UPLOAD_CHANNEL, type UploadProgress } from './arrive.ts'
export { expireUploads } from './finish.ts'
export type { UploadRow } from './store.ts'

export interface UploadWish {
  kind: 'whole' | 'partial'
  lengthBytes: number
  metadata: Readonly<Record<string, string>>
}

/**
 * Begins an upload, after asking whether all of it will fit. A part that was made already (its answer was lost on the way)
 * is given again rather than made twice.
 */
export async function createUpload(app: App, viewer: Viewer, wish: UploadWish): Promise<store.UploadRow> {
  const accountId = member(viewer)
  const { kind, lengthBytes, metadata } = wish
  const hint = kind === 'partial' ? rules.readHint(metadata, lengthBytes) : undefined
  const totalBytes = hint?.totalBytes ?? lengthBytes
  // A foreign client that cuts a tiny file into parts may make empty ones; the whole is looked at when they are joined.
  if (kind === 'whole' || totalBytes > 0) rules.checkSize(totalBytes, app.config['uploads.max_bytes'])
  const uploadId = newId(20)
  const stagingKey = rules.stagingKeyOf(accountId, uploadId, hint)
  const freeBytes = await app.blobs.freeBytes()

  const { row, replaced } = await app.together(async (app) => {
    const quotaBytes = (await store.lockQuota(app, accountId)) ?? refuse('sign_in_needed')
    const siblings = hint ? await store.listStaged(app, accountId, stagingKey) : []
    const again = siblings.find(
      (it) => it.kind === 'partial' && it.base_offset === hint!.offset && it.length_bytes === lengthBytes,
    )
    if (again) return { row: again, replaced: [] }
    if (hint) checkSiblings(siblings, hint, lengthBytes, metadata.video)

    const video = await videoFor(app, viewer, kind, metadata)
    const replaced = video.id === undefined ? [] : await store.listOthersOfVideo(app, video.id, stagingKey)
    await store.removeUploads(
      app,
      accountId,
      replaced.map((it) => it.upload_id),
    )

    const promised = await store.promised(app, accountId, stagingKey)
    const count = promised.count + siblings.length
    if (count >= rules.MAX_UNFINISHED) refuse('too_many', 'finish or remove some unfinished uploads first')
    const arrivedBytes = siblings.reduce((sum, it) => sum + it.offset_bytes, 0)
    rules.checkRoom(totalBytes, arrivedBytes, {
      quotaBytes,
      usedBytes: await usedBytes(app, accountId),
      promisedBytes: promised.sizeBytes,
      freeBytes,
      reserveBytes: app.config['uploads.reserve_bytes'],
      comingBytes: freeBytes === undefined ? 0 : await store.coming(app, stagingKey),
    })

    const row = await store.insertUpload(app, {
      account_id: accountId,
      upload_id: uploadId,
      video_id: video.id ?? null,
      kind,
      staging_key: stagingKey,
      base_offset: hint?.offset ?? 0,
      length_bytes: lengthBytes,
      offset_bytes: 0,
      metadata: {
        filename: rules.fileNameOf(metadata),
        sent: encodeMetadata(metadata),
        ...(hint ? { totalBytes: hint.totalBytes } : {}),
        ...(video.draft ? { draft: true } : {}),
        ...(video.replace ? { replace: true } : {}),
      },
      created_at: app.clock.now(),
      expires_at: expiryFrom(app),
    })
    return { row, replaced }
  })

  for (const old of replaced) await forget(app, old)
  return row
}

/**
 * Appends the body at `offset`, which must be where the upload stands, and returns how it stands then; with the last byte the
 * video gets its source. Only one connection writes at a time (see writers.ts).
 */
export async function appendBytes(
  app: App,
  viewer: Viewer,
  uploadId: string,
  piece: { offset: number; checksum: Checksum | undefined; body: Readable; signal: AbortSignal },
): Promise<store.UploadRow> {
  const row = await ownUpload(app, viewer, uploadId)
  if (row.kind === 'final') refuse('not_allowed', 'an upload made of parts takes no bytes of its own')
  if (piece.offset === row.length_bytes && row.offset_bytes === row.length_bytes) return settle(app, row)

  const writer = await takeWriter(app, row, piece.signal)
  let offset = writer.row.offset_bytes
  try {
    if (piece.offset !== offset)
      refuse('upload_offset_mismatch', `it goes on at byte ${offset}`, { 'Upload-Offset': String(offset) })
    await store.prolongStaged(app, row, expiryFrom(app))
    offset = await receive(app, writer, piece.body, piece.checksum)
  } finally {
    await writer.release()
  }
  const now = (await store.findUpload(app, row.account_id, uploadId)) ?? refuse('upload_gone')
  return settle(app, now)
}

/** How an upload stands. A connection that broke or went quiet comes to its end first, so that what it brought is counted. */
export async function seeUpload(app: App, viewer: Viewer, uploadId: string): Promise<store.UploadRow> {
  await ownUpload(app, viewer, uploadId)
  await letSettle(uploadId)
  return settle(app, await ownUpload(app, viewer, uploadId))
}

/**
 * Makes one upload of finished parts, given in order, and hands it over to its video. Joining the same parts again gives the
 * same upload, for the answer may have been lost.
 */
export async function joinParts(
  app: App,
  viewer: Viewer,
  partIds: string[],
  metadata: Readonly<Record<string, string>>,
): Promise<store.UploadRow> {
  const accountId = member(viewer)
  const row = await app.together(async (app) => {
    const found = await store.findMany(app, accountId, partIds)
    const made = await store.findFinal(app, accountId, partIds)
    if (made) return made
    const parts = partIds.map(
      (id) =>
        found.find((it) => it.upload_id === id) ??
        refuse('upload_concat_invalid', 'a part does not exist or is not yours'),
    )
    if (parts.some((it) => it.expires_at.getTime() <= app.clock.nowMs())) refuse('upload_gone')
    if (parts.some((it) => it.kind !== 'partial')) refuse('upload_concat_invalid', 'only partial uploads can be joined')
    const { how, totalBytes } = rules.concatenation(parts)
    rules.checkSize(totalBytes, app.config['uploads.max_bytes'])
    if (parts.some((it) => (store.factsOf(it).totalBytes ?? totalBytes) !== totalBytes))
      refuse('upload_concat_invalid', 'parts of the file are missing')

    const hinted = parts.find((it) => it.video_id !== null)?.video_id ?? undefined
    const video = await videoFor(app, viewer, 'final', {
      ...metadata,
      ...(hinted ? { video: metadata.video ?? hinted } : {}),
    })
    const uploadId = newId(20)
    const row = await store.insertUpload(app, {
      account_id: accountId,
      upload_id: uploadId,
      video_id: video.id!,
      kind: 'final',
      staging_key: how === 'in place' ? parts[0]!.staging_key : rules.stagingKeyOf(accountId, uploadId, undefined),
      base_offset: 0,
      length_bytes: totalBytes,
      offset_bytes: totalBytes,
      metadata: {
        filename: rules.fileNameOf(metadata) || store.factsOf(parts[0]!).filename,
        sent: encodeMetadata(metadata),
        parts: partIds,
        ...(video.draft || parts.some((it) => store.factsOf(it).draft) ? { draft: true } : {}),
        ...(video.replace ? { replace: true } : {}),
        ...(how === 'join' ? { join: parts.map((it) => ({ key: it.staging_key, sizeBytes: it.length_bytes })) } : {}),
      },
      created_at: app.clock.now(),
      expires_at: expiryFrom(app),
    })
    await store.removeUploads(app, accountId, partIds)
    return row
  })
  return settle(app, row)
}

/** Ends an upload and forgets its bytes. A finished one is only forgotten: its source belongs to the video by then. */
export async function removeUpload(app: App, viewer: Viewer, uploadId: string): Promise<void> {
  const row = await ownUpload(app, viewer, uploadId)
  await dropUpload(app, row, 'only a video made for it')
}

/** What the account may still upload. */
export async function uploadLimits(app: App, viewer: Viewer): Promise<UploadLimits> {
  const accountId = member(viewer)
  const promised = await store.promised(app, accountId, '')
  return {
    maxSizeBytes: app.config['uploads.max_bytes'],
    quotaBytes: await quotaOf(app, accountId),
    usedBytes: (await usedBytes(app, accountId)) + promised.sizeBytes,
    parallel: PARALLEL_PARTS,
    parallelFromBytes: PARALLEL_FROM_BYTES,
  }
}

/** The unfinished uploads of the account, newest first; the parts of one file are told as one. */
export async function listUploads(app: App, viewer: Viewer): Promise<{ items: Upload[] }> {
  const accountId = member(viewer)
  const byFile = new Map<string, Upload>()
  for (const row of await store.listUnfinished(app, accountId, app.clock.now())) {
    if (row.video_id === null) continue
    const facts = store.factsOf(row)
    const seen = byFile.get(row.staging_key)
    byFile.set(row.staging_key, {
      id: row.upload_id,
      videoId: row.video_id,
      fileName: facts.filename,
      lengthBytes: facts.totalBytes ?? row.length_bytes,
      offsetBytes: row.offset_bytes + (seen?.offsetBytes ?? 0),
      expires: row.expires_at.toISOString(),
    })
  }
  return { items: [...byFile.values()] }
}

function member(viewer: Viewer): string {
  return viewer.accountId ?? refuse('sign_in_needed')
}

/** The upload, if it is the viewer's own and still alive. Ids of others are answered like ids of nobody. */
async function ownUpload(app: App, viewer: Viewer, uploadId: string): Promise<store.UploadRow> {
  const row = (await store.findUpload(app, member(viewer), uploadId)) ?? refuse('upload_not_found')
  if (row.finished_at === null && row.expires_at.getTime() <= app.clock.nowMs()) refuse('upload_gone')
  return row
}

/** Hands a complete upload over, in case that is still to be done, and tells how it stands. */
async function settle(app: App, row: store.UploadRow): Promise<store.UploadRow> {
  if (!isWaiting(row)) return row
  await handOver(app, row)
  return (await store.findUpload(app, row.account_id, row.upload_id)) ?? refuse('upload_gone')
}

/**
 * The video an upload is for: the one named, if it is the account's and waits for a file, or if the account may edit it and says that the
 * file is to take the place of another; else a draft made from the file's name.
 */
async function videoFor(
  app: App,
  viewer: Viewer,
  kind: store.UploadKind,
  metadata: Readonly<Record<string, string>>,
): Promise<{ id: string | undefined; draft: boolean; replace?: boolean }> {
  if (metadata.video !== undefined) {
    const video = await seeVideo(app, viewer, metadata.video)
    const replace = metadata.replace === '1' && (video.state === 'ready' || video.state === 'failed')
    if (video.account_id !== viewer.accountId && !(replace && mayEdit(viewer, video))) refuse('video_not_found')
    if (video.state !== 'uploading' && !replace) refuse('not_allowed', 'this video has its file already')
    return { id: video.video_id, draft: false, replace }
  }
  if (kind === 'partial') return { id: undefined, draft: false }
  const video = await createDraft(app, member(viewer), VideoDraft.parse({ title: rules.titleOf(metadata) }))
  return { id: video.video_id, draft: true }
}

function checkSiblings(
  siblings: store.UploadRow[],
  hint: rules.PartHint,
  lengthBytes: number,
  videoId: string | undefined,
): void {
  for (const it of siblings) {
    if (it.kind === 'final') refuse('upload_concat_invalid', 'the file of this part is complete')
    if (store.factsOf(it).totalBytes !== hint.totalBytes)
      refuse('upload_concat_invalid', 'the parts disagree on the size of the file')
    if ((it.video_id ?? undefined) !== videoId) refuse('upload_concat_invalid', 'the parts disagree on the video')
    if (rules.overlaps(it, hint.offset, lengthBytes)) refuse('upload_concat_invalid', 'this part overlaps another')
  }
}
