/** Administration in the browser: accounts, videos, the queue, space, and the book of what staff does. */
import { z } from 'zod'
import { Id, Time } from './shapes.ts'

export const StaffAct = z.object({
  id: Id,
  at: Time,
  by: z.object({ id: Id, name: z.string() }),
  /** Such as `account.suspend`. */
  act: z.string(),
  subject: z.object({
    kind: z.enum(['site', 'account', 'video', 'comment', 'channel', 'report', 'job', 'words']),
    id: z.string(),
  }),
  detail: z.record(z.string(), z.unknown()),
})
export type StaffAct = z.infer<typeof StaffAct>
