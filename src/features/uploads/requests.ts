/** Requests of tus 1.0: from headers to the functions of uploads.ts, and from what they return to headers. */
import { Refusal, refuse } from '../../contract/refusals.ts'
import { concatFinal, TUS_VERSION } from '../../contract/tus.ts'
import { looksLikeId } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import type { RawAnswer, RawAsked } from '../../platform/http/http.ts'
import { CREATIONS_PER_MINUTE } from './rules.ts'
import { factsOf } from './store.ts'
import * as tus from './tus.ts'
import { appendBytes, createUpload, joinParts, removeUpload, seeUpload, type UploadRow } from './uploads.ts'

/** `/api/uploads`: what is spoken here, and new uploads. */
export function answerCollection(app: App, asked: RawAsked): Promise<RawAnswer> {
  return answer(asked, async (method) => {
    if (method === 'OPTIONS') return { status: 204, headers: tus.capabilities(app.config['uploads.max_bytes']) }
    tus.checkVersion(asked.headers)
    if (method === 'POST') return create(app, asked)
    return refuse('method_not_allowed', undefined, { Allow: 'POST, OPTIONS' })
  })
}

/** `/api/uploads/:uploadId`: one upload. */
export function answerOne(app: App, asked: RawAsked): Promise<RawAnswer> {
  return answer(asked, async (method) => {
    if (method === 'OPTIONS') return { status: 204, headers: tus.capabilities(app.config['uploads.max_bytes']) }
    tus.checkVersion(asked.headers)
    const uploadId = asked.params.uploadId ?? ''
    if (!looksLikeId(uploadId)) refuse('upload_not_found')
    if (method === 'HEAD') return head(app, asked, uploadId)
    if (method === 'PATCH') return patch(app, asked, uploadId)
    if (method === 'DELETE') {
      await removeUpload(app, asked.viewer, uploadId)
      return { status: 204 }
    }
    return refuse('method_not_allowed', undefined, { Allow: 'HEAD, PATCH, DELETE, OPTIONS' })
  })
}

/** Every answer, a refusal too, names the version (core protocol, Tus-Resumable). */
async function answer(asked: RawAsked, work: (method: string) => Promise<RawAnswer>): Promise<RawAnswer> {
  try {
    const given = await work(tus.methodOf(asked.method, asked.headers))
    return { ...given, headers: { 'Tus-Resumable': TUS_VERSION, 'Cache-Control': 'no-store', ...given.headers } }
  } catch (error) {
    if (error instanceof Refusal) error.headers['Tus-Resumable'] = TUS_VERSION
    throw error
  }
}

async function create(app: App, asked: RawAsked): Promise<RawAnswer> {
  const { headers, viewer } = asked
  if (viewer.accountId === undefined) refuse('sign_in_needed')
  const turn = await app.cache.take(`uploads.create:${viewer.accountId}`, CREATIONS_PER_MINUTE, 60_000)
  if (!turn.ok) refuse('too_many', undefined, { 'Retry-After': String(Math.ceil(turn.waitMs / 1000)) })
  const metadata = tus.readMetadata(headers)
  const concat = tus.readConcat(headers)
  if (concat.kind === 'final') {
    if (headers['upload-length'] !== undefined)
      refuse('upload_length_invalid', 'the length of a final upload is that of its parts')
    return created(await joinParts(app, viewer, concat.parts, metadata))
  }
  const lengthBytes = tus.readLength(headers)
  // Read before anything is made, so that a bad one leaves nothing behind.
  const checksum = tus.readChecksum(headers)
  const brings = headers['content-type'] !== undefined && (tus.bodyLength(headers) ?? 1) > 0
  if (brings) tus.checkContentType(headers)
  const row = await createUpload(app, viewer, { kind: concat.kind, lengthBytes, metadata })
  if (!brings) return created(row)
  try {
    return created(
      await appendBytes(app, viewer, row.upload_id, { offset: 0, checksum, body: asked.body, signal: asked.signal }),
    )
  } catch (error) {
    // The upload exists all the same: say where, so that the client can go on with it.
    if (error instanceof Refusal) error.headers.Location = tus.addressOf(row.upload_id)
    throw error
  }
}

async function head(app: App, asked: RawAsked, uploadId: string): Promise<RawAnswer> {
  const row = await seeUpload(app, asked.viewer, uploadId)
  return {
    status: 200,
    headers: {
      ...standing(row),
      'Upload-Length': String(row.length_bytes),
      ...metadataOf(row),
      ...concatOf(row),
      ...videoOf(row),
    },
  }
}

async function patch(app: App, asked: RawAsked, uploadId: string): Promise<RawAnswer> {
  tus.checkContentType(asked.headers)
  const offset = tus.readOffset(asked.headers)
  const checksum = tus.readChecksum(asked.headers)
  const row = await appendBytes(app, asked.viewer, uploadId, {
    offset,
    checksum,
    body: asked.body,
    signal: asked.signal,
  })
  return { status: 204, headers: standing(row) }
}

function created(row: UploadRow): RawAnswer {
  return { status: 201, headers: { Location: tus.addressOf(row.upload_id), ...standing(row), ...videoOf(row) } }
}

/** Where an upload stands and how long it is kept (expiration extension; the date as RFC 9110 writes it). */
function standing(row: UploadRow): Record<string, string> {
  return {
    'Upload-Offset': String(row.offset_bytes),
    ...(row.finished_at === null ? { 'Upload-Expires': row.expires_at.toUTCString() } : {}),
  }
}

/** Which video the bytes are for: a word of our own, for clients that let the server make it. */
function videoOf(row: UploadRow): Record<string, string> {
  return row.video_id === null ? {} : { 'Vitascope-Video': row.video_id }
}

/** The metadata, as the client gave it (creation extension: HEAD must give it back). */
function metadataOf(row: UploadRow): Record<string, string> {
  const { sent } = factsOf(row)
  return sent === '' ? {} : { 'Upload-Metadata': sent }
}

function concatOf(row: UploadRow): Record<string, string> {
  if (row.kind === 'partial') return { 'Upload-Concat': 'partial' }
  if (row.kind === 'final') return { 'Upload-Concat': concatFinal((factsOf(row).parts ?? []).map(tus.addressOf)) }
  return {}
}
