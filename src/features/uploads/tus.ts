/**
 * The wire of tus 1.0: reads its headers and writes them, and knows nothing of videos or disks. Sections named here are
 * those of https://tus.io/protocols/resumable-upload.
 */
import { createHash, type Hash } from 'node:crypto'
import { refuse } from '../../contract/refusals.ts'
import { OFFSET_CONTENT_TYPE, TUS_EXTENSIONS, TUS_VERSION, UPLOADS_PATH } from '../../contract/tus.ts'

export type Headers = Readonly<Record<string, string | undefined>>

export const CHECKSUM_ALGORITHMS = ['sha1', 'sha256', 'md5'] as const
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number]

export interface Checksum {
  algorithm: ChecksumAlgorithm
  digest: Buffer
}

/** What `Upload-Concat` says: an upload of its own, one part, or the joining of parts given by their ids in order. */
export type Concat = { kind: 'whole' } | { kind: 'partial' } | { kind: 'final'; parts: string[] }

/** More parts than this in one upload are refused: each costs a row and a look. */
export const MAX_PARTS = 256
const MAX_METADATA_PAIRS = 32

/** The method that is meant: some networks let only GET and POST through (core protocol, X-HTTP-Method-Override). */
export function methodOf(method: string, headers: Headers): string {
  const override = headers['x-http-method-override']
  return method === 'POST' && override ? override.trim().toUpperCase() : method
}

/** Every request but OPTIONS must name the version, and it must be ours; otherwise nothing may be done (412). */
export function checkVersion(headers: Headers): void {
  if (headers['tus-resumable'] !== TUS_VERSION) {
    refuse('tus_version_unsupported', undefined, { 'Tus-Version': TUS_VERSION })
  }
}

export function checkContentType(headers: Headers): void {
  const [type] = (headers['content-type'] ?? '').split(';')
  if (type?.trim().toLowerCase() !== OFFSET_CONTENT_TYPE) {
    refuse('content_type_unsupported', `send bytes as ${OFFSET_CONTENT_TYPE}`)
  }
}

/** Upload-Length: plain decimal digits below 2^53. Deferring the length is not offered. Refuses upload_length_invalid. */
export function readLength(headers: Headers): number {
  const text = headers['upload-length']
  if (text === undefined && headers['upload-defer-length'] !== undefined) {
    refuse('upload_length_invalid', 'Upload-Defer-Length is not offered')
  }
  return wholeNumber(text) ?? refuse('upload_length_invalid')
}

/** Upload-Offset of a PATCH. Refuses bad_request. */
export function readOffset(headers: Headers): number {
  return wholeNumber(headers['upload-offset']) ?? refuse('bad_request', 'Upload-Offset must be a number of bytes')
}

/** Content-Length, where the client knows it; undefined for a chunked body. */
export function bodyLength(headers: Headers): number | undefined {
  return wholeNumber(headers['content-length'])
}

/** Digits only, and small enough that arithmetic stays exact. */
export function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

/**
 * Upload-Metadata: `key base64` pairs joined by commas; a key may stand alone (empty value). Values must be UTF-8 without
 * control characters: they become file names and titles. Refuses upload_metadata_invalid with what is wrong.
 */
export function readMetadata(headers: Headers): Record<string, string> {
  const header = headers['upload-metadata']
  const metadata: Record<string, string> = Object.create(null)
  if (header === undefined || header.trim() === '') return metadata
  const pairs = header.split(',')
  if (pairs.length > MAX_METADATA_PAIRS) refuse('upload_metadata_invalid', `more than ${MAX_METADATA_PAIRS} keys`)
  for (const pair of pairs) {
    const [key = '', encoded = '', ...more] = pair.trim().split(' ')
    if (!/^[!-~]{1,64}$/.test(key) || more.length > 0)
      refuse('upload_metadata_invalid', 'expected key and base64 value')
    if (key in metadata) refuse('upload_metadata_invalid', `${key} is given twice`)
    metadata[key] = decodeValue(key, encoded)
  }
  return metadata
}

function decodeValue(key: string, encoded: string): string {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) {
    refuse('upload_metadata_invalid', `${key} is not base64`)
  }
  let value: string
  try {
    value = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, 'base64'))
  } catch {
    refuse('upload_metadata_invalid', `${key} is not UTF-8`)
  }
  if (/[\u0000-\u001f\u007f-\u009f]/.test(value)) refuse('upload_metadata_invalid', `${key} holds control characters`)
  return value
}

/** Upload-Checksum (checksum extension): algorithm and base64 digest. Refuses checksum_unsupported and bad_request. */
export function readChecksum(headers: Headers): Checksum | undefined {
  const header = headers['upload-checksum']
  if (header === undefined) return undefined
  const [name = '', encoded = ''] = header.trim().split(' ')
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name.toLowerCase())
  if (!algorithm) refuse('checksum_unsupported', `known are ${CHECKSUM_ALGORITHMS.join(', ')}`)
  const digest = Buffer.from(encoded, 'base64')
  if (digest.byteLength !== createHash(algorithm).digest().byteLength) {
    refuse('bad_request', `Upload-Checksum holds no ${algorithm} digest`)
  }
  return { algorithm, digest }
}

export function startHash(checksum: Checksum): Hash {
  return createHash(checksum.algorithm)
}

/** Upload-Concat (concatenation extension). Addresses of parts may be absolute or just paths. Refuses upload_concat_invalid. */
export function readConcat(headers: Headers): Concat {
  const header = headers['upload-concat']?.trim()
  if (header === undefined) return { kind: 'whole' }
  if (header === 'partial') return { kind: 'partial' }
  const [word, ...rest] = header.split(';')
  if (word !== 'final') refuse('upload_concat_invalid', 'Upload-Concat is neither partial nor final')
  const addresses = rest.join(';').trim().split(/\s+/).filter(Boolean)
  if (addresses.length === 0) refuse('upload_concat_invalid', 'it names no parts')
  if (addresses.length > MAX_PARTS) refuse('upload_concat_invalid', `more than ${MAX_PARTS} parts`)
  const parts = addresses.map(idOfAddress)
  if (new Set(parts).size !== parts.length) refuse('upload_concat_invalid', 'a part is named twice')
  return { kind: 'final', parts }
}

/** The id in `https://host/api/uploads/{id}` or `/api/uploads/{id}`; the host is not looked at, the owner is. */
function idOfAddress(address: string): string {
  const match = /^(?:https?:\/\/[^/]+)?(\/.*)\/([0-9A-Za-z]{8,32})$/.exec(address)
  if (!match || match[1] !== UPLOADS_PATH) refuse('upload_concat_invalid', 'a part has no address of this server')
  return match[2]!
}

export function addressOf(uploadId: string): string {
  return `${UPLOADS_PATH}/${uploadId}`
}

/** The answer to OPTIONS: what this server speaks. */
export function capabilities(maxSizeBytes: number): Record<string, string> {
  return {
    'Tus-Resumable': TUS_VERSION,
    'Tus-Version': TUS_VERSION,
    'Tus-Extension': TUS_EXTENSIONS,
    'Tus-Max-Size': String(maxSizeBytes),
    'Tus-Checksum-Algorithm': CHECKSUM_ALGORITHMS.join(','),
  }
}
