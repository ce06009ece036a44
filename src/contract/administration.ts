/** Administration in the browser: accounts, videos, the queue, space, health, and the book of what staff does. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Id, PageQuery, Privacy, pageOf, Role, Time, VideoState } from './shapes.ts'
import { VideoCard } from './videos.ts'

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

export const AccountRow = z.object({
  id: Id,
  email: z.string(),
  emailVerified: z.boolean(),
  name: z.string(),
  handle: z.string().optional(),
  role: Role,
  state: z.enum(['active', 'waiting', 'suspended']),
  stateReason: z.string().optional(),
  secondFactor: z.boolean(),
  quotaBytes: z.number(),
  usedBytes: z.number(),
  videos: z.number(),
  created: Time,
  deleteAfter: Time.optional(),
})
export type AccountRow = z.infer<typeof AccountRow>

const OneAccount = z.object({ accountId: Id })

export const listAccounts = endpoint({
  says: 'Accounts, newest first: all, or those whose name or address holds some letters.',
  method: 'GET',
  path: '/admin/accounts',
  who: 'admin',
  query: PageQuery.extend({
    query: z.string().max(100).optional(),
    state: z.enum(['active', 'waiting', 'suspended']).optional(),
    role: Role.optional(),
  }),
  reply: pageOf(AccountRow),
  refuses: [],
})

export const getAccount = endpoint({
  says: 'One account.',
  method: 'GET',
  path: '/admin/accounts/:accountId',
  who: 'admin',
  params: OneAccount,
  reply: AccountRow,
  refuses: ['account_not_found'],
})

export const changeAccount = endpoint({
  says: 'Changes the role or the quota of an account.',
  method: 'PATCH',
  path: '/admin/accounts/:accountId',
  who: 'admin',
  params: OneAccount,
  body: z.object({
    role: Role.optional(),
    quotaBytes: z
      .number()
      .int()
      .min(0)
      .max(2 ** 52)
      .optional(),
  }),
  reply: AccountRow,
  refuses: ['account_not_found', 'last_admin'],
})

export const signOutAccount = endpoint({
  says: 'Signs an account out everywhere and makes its API tokens useless.',
  method: 'DELETE',
  path: '/admin/accounts/:accountId/devices',
  who: 'admin',
  params: OneAccount,
  refuses: ['account_not_found'],
})

export const resetSecondFactor = endpoint({
  says: 'Takes the second factor of somebody away who has lost it; the account hears of it by letter.',
  method: 'DELETE',
  path: '/admin/accounts/:accountId/second-factor',
  who: 'admin',
  params: OneAccount,
  refuses: ['account_not_found'],
})

export const removeAccount = endpoint({
  says: 'Deletes an account with its videos and all it wrote, now and for good.',
  method: 'DELETE',
  path: '/admin/accounts/:accountId',
  who: 'admin',
  params: OneAccount,
  refuses: ['account_not_found'],
})

export const listEveryVideo = endpoint({
  says: 'Every video in whatever state, newest first.',
  method: 'GET',
  path: '/admin/videos',
  who: 'admin',
  query: PageQuery.extend({ state: VideoState.optional(), privacy: Privacy.optional() }),
  reply: pageOf(VideoCard.extend({ sourceBytes: z.number().optional(), hidden: z.string().optional() })),
  refuses: [],
})

export const Job = z.object({
  id: z.string(),
  name: z.string(),
  key: z.string().optional(),
  lane: z.enum(['now', 'quick', 'bulk']),
  state: z.enum(['waiting', 'running', 'parked']),
  priority: z.number(),
  attempts: z.number(),
  crashes: z.number(),
  worker: z.string().optional(),
  /** Why it failed last. */
  reason: z.string().optional(),
  input: z.unknown(),
  runAfter: Time,
  created: Time,
})
export type Job = z.infer<typeof Job>

export const listJobs = endpoint({
  says: 'Jobs of one state, newest first, and how many there are of each.',
  method: 'GET',
  path: '/admin/jobs',
  who: 'admin',
  query: PageQuery.extend({
    state: z.enum(['waiting', 'running', 'parked']).default('parked'),
    name: z.string().max(100).optional(),
  }),
  reply: pageOf(Job).extend({
    counts: z.array(z.object({ lane: z.string(), state: z.string(), count: z.number() })),
  }),
  refuses: [],
})

const OneJob = z.object({ jobId: z.string().regex(/^[1-9]\d{0,17}$/) })

export const changeJob = endpoint({
  says: 'Lets a parked job try again, or changes how urgent a waiting one is.',
  method: 'PATCH',
  path: '/admin/jobs/:jobId',
  who: 'admin',
  params: OneJob,
  body: z.object({ retry: z.literal(true).optional(), priority: z.number().int().min(-1000).max(1000).optional() }),
  refuses: ['not_found'],
})

export const cancelJob = endpoint({
  says: 'Takes a job away; one that runs is told to stop.',
  method: 'DELETE',
  path: '/admin/jobs/:jobId',
  who: 'admin',
  params: OneJob,
  refuses: ['not_found'],
})

export const getSpace = endpoint({
  says: 'What takes how much room; counted at most once a minute.',
  method: 'GET',
  path: '/admin/space',
  who: 'admin',
  reply: z.object({
    freeBytes: z.number().optional(),
    sourceBytes: z.number(),
    renditionBytes: z.number(),
    databaseBytes: z.number(),
    byRendition: z.array(z.object({ rendition: z.string(), files: z.number(), sizeBytes: z.number() })),
  }),
  refuses: [],
})

export const getHealth = endpoint({
  says: 'How the platform fares, as the process that answers sees it.',
  method: 'GET',
  path: '/admin/health',
  who: 'admin',
  reply: z.object({
    databaseMs: z.number(),
    databaseVersion: z.string(),
    nodeVersion: z.string(),
    upMs: z.number(),
    memoryBytes: z.number(),
    mail: z.enum(['files', 'smtp']),
    jail: z.string(),
    accounts: z.number(),
    videos: z.number(),
    jobsParked: z.number(),
    /** How long the oldest job that could run has been waiting. */
    oldestWaitingMs: z.number(),
    warnings: z.array(z.enum(['mail_to_files', 'no_public_address', 'jobs_parked', 'queue_slow', 'disk_nearly_full'])),
  }),
  refuses: [],
})

export const listStaffActs = endpoint({
  says: 'What staff has done, newest first: everything, or about one subject.',
  method: 'GET',
  path: '/admin/acts',
  who: 'admin',
  query: PageQuery.extend({ subjectId: z.string().max(60).optional() }),
  reply: pageOf(StaffAct),
  refuses: [],
})
