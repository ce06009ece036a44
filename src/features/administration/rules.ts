/** What administration shows of accounts and jobs, and what deserves a warning. Pure. */
import type { AccountRow, Job } from '../../contract/administration.ts'
import type { AccountFacts, JobFacts } from './store.ts'

export function toAccount(row: AccountFacts): AccountRow {
  return {
    id: row.account_id,
    email: row.email,
    emailVerified: row.email_verified_at !== null,
    name: row.name,
    ...(row.handle === null ? {} : { handle: row.handle }),
    role: row.role,
    state: row.state,
    ...(row.state_reason === null ? {} : { stateReason: row.state_reason }),
    secondFactor: row.totp_since !== null,
    quotaBytes: Number(row.quota_bytes),
    usedBytes: Number(row.used_bytes),
    videos: Number(row.videos),
    created: row.created_at.toISOString(),
    ...(row.delete_after === null ? {} : { deleteAfter: row.delete_after.toISOString() }),
  }
}

/** Keys of an input that hold what is nobody's business but the job's. */
const PRIVATE_KEYS = new Set(['email', 'key', 'secret', 'body'])

export function toJob(row: JobFacts): Job {
  const input = row.input as Record<string, unknown>
  return {
    id: String(row.job_id),
    name: row.name,
    ...(row.key === null ? {} : { key: row.key }),
    lane: row.lane,
    state: row.state,
    priority: row.priority,
    attempts: row.attempts,
    crashes: row.crashes,
    ...(row.worker === null ? {} : { worker: row.worker }),
    ...(row.reason === null ? {} : { reason: row.reason.slice(0, 4000) }),
    input: Object.fromEntries(Object.entries(input).filter(([name]) => !PRIVATE_KEYS.has(name))),
    runAfter: row.run_after.toISOString(),
    created: row.created_at.toISOString(),
  }
}

const SLOW_QUEUE_MS = 10 * 60_000
const LITTLE_ROOM_BYTES = 5 * 2 ** 30

type Warning = 'mail_to_files' | 'no_public_address' | 'jobs_parked' | 'queue_slow' | 'disk_nearly_full'

/** What whoever runs the platform should look at. */
export function warningsOf(it: {
  mail: 'files' | 'smtp'
  publicAddress: string
  parked: number
  oldestMs: number
  freeBytes: number | undefined
  reserveBytes: number
}): Warning[] {
  const all: [Warning, boolean][] = [
    ['mail_to_files', it.mail === 'files'],
    ['no_public_address', it.publicAddress === ''],
    ['jobs_parked', it.parked > 0],
    ['queue_slow', it.oldestMs > SLOW_QUEUE_MS],
    ['disk_nearly_full', it.freeBytes !== undefined && it.freeBytes - it.reserveBytes < LITTLE_ROOM_BYTES],
  ]
  return all.filter(([, holds]) => holds).map(([warning]) => warning)
}
