/** The shapes that go over the wire and recur in several features. */
import { z } from 'zod'
import { CATEGORIES, LICENCES, PRIVACIES } from './choices.ts'

/** Text from people: well-formed Unicode without control characters (tab and line feed may stay), trimmed. */
export function text(min: number, max: number) {
  return z
    .string()
    .refine((value) => value.isWellFormed(), 'is not well-formed Unicode')
    .refine((value) => !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(value), 'holds control characters')
    .transform((value) => value.trim())
    .pipe(characters(min, max))
}

/** As people count them, by code points: what shows as one sign may take two units of UTF-16. */
function characters(min: number, max: number) {
  return z
    .string()
    .check(({ value, issues }) => {
      // A text with fewer units has no more code points: the long way is only for what may be too long.
      const count = value.length <= max && value.length > min * 2 ? value.length : [...value].length
      const about = { origin: 'string', inclusive: true, input: value } as const
      if (count > max) issues.push({ ...about, code: 'too_big', maximum: max })
      else if (count < min) issues.push({ ...about, code: 'too_small', minimum: min })
    })
    .meta({ minLength: min, maxLength: max })
}

/** Marks that turn the direction of text, or show nothing: in a name they only serve to look like another (UTS #39). */
const HIDDEN_MARKS =
  /\u034f|[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]|\p{M}{5,}/u

/** A name: one line in one normal form (NFC), without marks that hide or turn, or pile up. */
export function personName(min: number, max: number) {
  return text(min, max)
    .refine((value) => !/[\n\t]/.test(value), 'is more than one line')
    .refine((value) => !HIDDEN_MARKS.test(value), 'holds marks that cannot be seen')
    .transform((value) => value.normalize('NFC').replace(/\s+/gu, ' '))
}

/** An address on the web that may become a link: http or https, without a user name in it. */
export const WebAddress = z
  .string()
  .max(500)
  .refine((value) => {
    const address = URL.parse(value)
    return address !== null && /^https?:$/.test(address.protocol) && address.username === '' && address.password === ''
  }, 'is not an address on the web')

export const ID_FORM = /^[0-9A-Za-z]{8,32}$/
export const Id = z.string().regex(ID_FORM, 'is not an id')
export const Handle = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9_-]{1,28})[a-z0-9]$/, 'takes 3 to 30 small letters, digits, - and _')
export const Time = z.iso.datetime()
/** A BCP 47 language tag, in the short forms people use: `en`, `pt-BR`, `zh-Hant`. */
export const Language = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/, 'is not a language tag')

/** One page of a list and the cursor of the next; absent when this was the last. Cursors are opaque. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().optional() })
}

export const PageQuery = z.object({
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(60).default(24),
})

export const Role = z.enum(['member', 'moderator', 'admin'])
export type Role = z.infer<typeof Role>

export const Privacy = z.enum(PRIVACIES)
export type Privacy = z.infer<typeof Privacy>

export const VideoState = z.enum(['uploading', 'processing', 'ready', 'failed'])
export type VideoState = z.infer<typeof VideoState>

export const Category = z.enum(CATEGORIES)

export const Licence = z.enum(LICENCES)

export const ChannelRef = z.object({
  id: Id,
  handle: Handle,
  name: z.string(),
  /** Address of its picture, where it has one. */
  avatar: z.string().optional(),
})
export type ChannelRef = z.infer<typeof ChannelRef>

/** What a row knows of a channel, as it goes over the wire. */
export function channelRef(row: {
  channel_id: string
  handle: string
  name: string
  avatar_key: string | null
}): ChannelRef {
  const { channel_id: id, handle, name, avatar_key: key } = row
  return { id, handle, name, ...(key === null ? {} : { avatar: `/${key}` }) }
}
