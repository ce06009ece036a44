/** The opinions of uploads, as pure functions: what fits, where bytes go, which parts make a whole, what a draft is called. */
import { refuse } from '../../contract/refusals.ts'
import { wholeNumber } from './tus.ts'

/** Unfinished uploads (parts counted) one account may have at a time. */
export const MAX_UNFINISHED = 500
/** Creations a minute for one account; a file in four parts takes five. */
export const CREATIONS_PER_MINUTE = 240

/** Where a part belongs in the whole, as its client hinted. */
export interface PartHint {
  group: string
  offset: number
  totalBytes: number
}

/** Reads the hints of a part; undefined when there are none. Refuses upload_metadata_invalid when they cannot be true. */
export function readHint(metadata: Readonly<Record<string, string>>, lengthBytes: number): PartHint | undefined {
  const group = metadata['part-of']
  if (group === undefined) return undefined
  if (!/^[0-9A-Za-z_-]{8,64}$/.test(group))
    refuse('upload_metadata_invalid', 'part-of takes 8 to 64 letters and digits')
  const offset = wholeNumber(metadata['part-offset'])
  const totalBytes = wholeNumber(metadata.total)
  if (offset === undefined || totalBytes === undefined || lengthBytes === 0 || offset + lengthBytes > totalBytes) {
    refuse('upload_metadata_invalid', 'part-offset and total do not hold this part')
  }
  return { group, offset, totalBytes }
}

/** Where the bytes of an upload wait. Below the account, so that a group word of one can never name a file of another. */
export function stagingKeyOf(accountId: string, uploadId: string, hint: PartHint | undefined): string {
  return hint ? `${accountId}/group-${hint.group}` : `${accountId}/${uploadId}`
}

export function sourceKeyOf(videoId: string, uploadId: string): string {
  return `sources/${videoId}/${uploadId}`
}

/** Refuses what no amount of free space would help: an empty file, one above the limit. */
export function checkSize(totalBytes: number, maxBytes: number): void {
  if (totalBytes === 0) refuse('source_empty')
  if (totalBytes > maxBytes) refuse('file_too_large', `at most ${maxBytes} bytes`)
}

export interface Room {
  quotaBytes: number
  /** Sources the account has. */
  usedBytes: number
  /** Declared lengths of its other unfinished uploads: promised, so as good as used. */
  promisedBytes: number
  /** Free on the disk; undefined where the store has no end. */
  freeBytes: number | undefined
  reserveBytes: number
  /** What all other unfinished uploads, of everybody, may still bring. */
  comingBytes: number
}

/** Whether `totalBytes`, of which `arrivedBytes` are here, will fit. Asked before a byte flows. */
export function checkRoom(totalBytes: number, arrivedBytes: number, room: Room): void {
  const leftBytes = room.quotaBytes - room.usedBytes - room.promisedBytes
  if (totalBytes > leftBytes) refuse('quota_exceeded', `${Math.max(0, leftBytes)} bytes are left`)
  if (room.freeBytes === undefined) return
  if (totalBytes - arrivedBytes > room.freeBytes - room.reserveBytes - room.comingBytes) refuse('disk_full')
}

/** A row of `uploads`, as far as the rules look. */
export interface PartRow {
  upload_id: string
  staging_key: string
  base_offset: number
  length_bytes: number
  offset_bytes: number
}

/** Whether two stretches of one file overlap. */
export function overlaps(
  one: { base_offset: number; length_bytes: number },
  offset: number,
  lengthBytes: number,
): boolean {
  return one.base_offset < offset + lengthBytes && offset < one.base_offset + one.length_bytes
}

/**
 * How finished parts, in the order the client named them, become one file. `in place`: all lie in one staged file already, side by
 * side from its first byte. `join`: each lies in a file of its own. Refuses upload_not_complete and upload_concat_invalid.
 */
export function concatenation(parts: readonly PartRow[]): { how: 'in place' | 'join'; totalBytes: number } {
  const totalBytes = parts.reduce((sum, part) => sum + part.length_bytes, 0)
  if (parts.some((part) => part.offset_bytes < part.length_bytes)) refuse('upload_not_complete')
  const keys = new Set(parts.map((part) => part.staging_key))
  if (keys.size === parts.length && parts.every((part) => part.base_offset === 0)) {
    return { how: parts.length === 1 ? 'in place' : 'join', totalBytes }
  }
  if (keys.size > 1) refuse('upload_concat_invalid', 'these parts belong to different files')
  let next = 0
  for (const part of parts) {
    if (part.base_offset !== next)
      refuse('upload_concat_invalid', 'the parts leave a gap, overlap, or stand in another order')
    next += part.length_bytes
  }
  return { how: 'in place', totalBytes }
}

/** The title of a video that begins as a file: what its uploader called it, else the file's name without its ending. */
export function titleOf(metadata: Readonly<Record<string, string>>): string {
  const given = metadata.title?.trim()
  if (given) {
    if (given.length > 200) refuse('upload_metadata_invalid', 'a title takes at most 200 characters')
    return given
  }
  const bare = fileNameOf(metadata)
    .replace(/\.[A-Za-z0-9]{1,8}$/, '')
    .replace(/[_\s]+/g, ' ')
    .trim()
  return clip(bare, 200) || 'Untitled'
}

/** The file's own name: the last word of whatever path a client gave, at most 255 characters. */
export function fileNameOf(metadata: Readonly<Record<string, string>>): string {
  const name = (metadata.filename ?? metadata.name ?? '').split(/[/\\]/).at(-1)!.trim()
  return clip(name, 255)
}

/** Cuts by UTF-16 units, yet never in the middle of a character. */
function clip(text: string, length: number): string {
  if (text.length <= length) return text
  const cut = text.slice(0, length)
  return cut.isWellFormed() ? cut : cut.slice(0, -1)
}
