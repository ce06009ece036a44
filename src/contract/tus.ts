/**
 * The words of tus 1.0 (https://tus.io/protocols/resumable-upload) that server, web page and command line share: header
 * names, metadata, and how a large file is cut into parts that travel side by side. Pure, and free of Node and DOM types.
 */

export const TUS_VERSION = '1.0.0'
export const TUS_EXTENSIONS = 'creation,creation-with-upload,termination,expiration,checksum,concatenation'
/** Where uploads are made, on every server. */
export const UPLOADS_PATH = '/api/uploads'
/** Content-Type of every body that carries bytes of an upload. */
export const OFFSET_CONTENT_TYPE = 'application/offset+octet-stream'

/** Parts a client sends side by side, and the size from which that pays. */
export const PARALLEL_PARTS = 4
export const PARALLEL_FROM_BYTES = 64 * 1024 * 1024

/** One part of a file: where it lies and how long it is. */
export interface Part {
  offset: number
  sizeBytes: number
}

/**
 * Cuts `sizeBytes` into at most `count` parts of nearly equal size, none smaller than `minBytes` (so a small file stays
 * in one piece). The cuts lie on MiB borders, where pages of the file on both sides do.
 */
export function splitParts(sizeBytes: number, count: number, minBytes: number): Part[] {
  const parts = Math.max(1, Math.min(Math.floor(count), Math.floor(sizeBytes / Math.max(1, minBytes))))
  const border = sizeBytes >= parts * 2 ** 21 ? 2 ** 20 : 1
  const cuts = Array.from({ length: parts }, (_, index) => Math.floor((sizeBytes * index) / parts / border) * border)
  return cuts.map((offset, index) => ({ offset, sizeBytes: (cuts[index + 1] ?? sizeBytes) - offset }))
}

/**
 * The hints by which this server knows, while the parts of one file still arrive, where each belongs: it writes them
 * straight to their place, so joining them is a check and a rename. `group` is a random word of the client, the same for all
 * parts of one file. A server that does not know the hints ignores them, and joins by concatenation.
 */
export function partMetadata(group: string, part: Part, totalBytes: number): Record<string, string> {
  return { 'part-of': group, 'part-offset': String(part.offset), total: String(totalBytes) }
}

/** The value of `Upload-Metadata`: `key base64,key base64`. Values may be any text; keys are ours and plain. */
export function encodeMetadata(metadata: Record<string, string | undefined>): string {
  return Object.entries(metadata)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([key, value]) => (value === '' ? key : `${key} ${base64(value)}`))
    .join(',')
}

/** The value of `Upload-Concat` that joins finished parts, given by their addresses in order. */
export function concatFinal(addresses: readonly string[]): string {
  return `final;${addresses.join(' ')}`
}

/** UTF-8 as base64, by means that browsers and Node both have. */
function base64(text: string): string {
  let bytes = ''
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte)
  return btoa(bytes)
}
