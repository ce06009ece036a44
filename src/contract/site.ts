/** The site: its name, its terms, who may join, what staff has decided in the browser, and what it announces. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { MediaPolicy } from './renditions.ts'
import { Id, personName, Time, text } from './shapes.ts'

export const SiteSettings = z.object({
  name: personName(1, 60),
  /** One sentence for search engines and shared links. */
  summary: text(0, 300),
  about: text(0, 20_000),
  terms: text(0, 50_000),
  /** `approval`: staff lets each new account in. */
  signUp: z.enum(['open', 'approval', 'closed']),
  /** Who has not proved an e-mail address may watch, and nothing else. */
  verifiedOnly: z.boolean(),
  /** New videos of members wait for staff before they become public. */
  review: z.boolean(),
  /** For so many days an account is new: its links are held, and it may do less at a time. */
  newDays: z.number().int().min(0).max(365),
  /** Videos a new account may begin in a day. */
  newVideosPerDay: z.number().int().min(0).max(10_000),
  /** Comments a new account may write in an hour. */
  newCommentsPerHour: z.number().int().min(0).max(10_000),
  /** Space for the sources of accounts made from now on. */
  quotaBytes: z
    .number()
    .int()
    .min(0)
    .max(2 ** 52),
  ...MediaPolicy.shape,
  /** A rendition nobody has watched for so many days is taken away, and made again on request; 0 keeps all. */
  evictAfterDays: z.number().int().min(0).max(3650),
})
export type SiteSettings = z.infer<typeof SiteSettings>

export const Announcement = z.object({
  id: Id,
  words: z.string(),
  kind: z.enum(['note', 'warning']),
  from: Time,
  until: Time.optional(),
})
export type Announcement = z.infer<typeof Announcement>

export const getSite = endpoint({
  says: 'What everybody may know of the site, and what it announces now.',
  method: 'GET',
  path: '/site',
  who: 'anyone',
  reply: SiteSettings.pick({ name: true, summary: true, about: true, terms: true, signUp: true }).extend({
    announcements: z.array(Announcement),
    /** Days until an account that its owner wants deleted is gone. */
    graceDays: z.number(),
    /** The name of the other place one can sign in by, where there is one. */
    elsewhere: z.string().optional(),
  }),
  refuses: [],
})

export const getSiteSettings = endpoint({
  says: 'Everything that staff can decide in the browser, as it is now.',
  method: 'GET',
  path: '/admin/site',
  who: 'admin',
  reply: SiteSettings,
  refuses: [],
})

export const setSiteSettings = endpoint({
  says: 'Changes what is given; the rest stays.',
  method: 'PATCH',
  path: '/admin/site',
  who: 'admin',
  body: SiteSettings.partial(),
  reply: SiteSettings,
  refuses: [],
})

export const listAnnouncements = endpoint({
  says: 'Every announcement, newest first.',
  method: 'GET',
  path: '/admin/announcements',
  who: 'admin',
  reply: z.object({ items: z.array(Announcement) }),
  refuses: [],
})

export const announce = endpoint({
  says: 'Announces something to everybody, from now or later on.',
  method: 'POST',
  path: '/admin/announcements',
  who: 'admin',
  body: z.object({
    words: text(1, 500),
    kind: z.enum(['note', 'warning']).default('note'),
    from: Time.optional(),
    until: Time.optional(),
  }),
  reply: Announcement,
  refuses: ['too_many'],
})

export const withdrawAnnouncement = endpoint({
  says: 'Takes an announcement away.',
  method: 'DELETE',
  path: '/admin/announcements/:announcementId',
  who: 'admin',
  params: z.object({ announcementId: Id }),
  refuses: ['not_found'],
})
