/** Decisions of moderation: who decides about whom, and what goes over the wire to whom. Pure. */
import type { Report, ReportWords } from '../../contract/moderation.ts'
import { channelRef, type Role } from '../../contract/shapes.ts'
import type { Viewer } from '../../platform/http/http.ts'
import type { ReportRow } from './store.ts'

/** More reports that nobody has looked at yet one account cannot have. */
export const MOST_OPEN_REPORTS = 50

export function isStaff(viewer: Pick<Viewer, 'role'>): boolean {
  return viewer.role === 'moderator' || viewer.role === 'admin'
}

/** Moderators decide about members, administrators about everybody else; nobody about oneself. */
export function mayDecideAbout(viewer: Viewer, account: { account_id: string; role: Role }): boolean {
  if (viewer.accountId === account.account_id) return false
  return viewer.role === 'admin' || (viewer.role === 'moderator' && account.role === 'member')
}

/** Who it concerns and who reported is for staff; a reporter is never told of to others. */
export function toReport(row: ReportRow, forStaff: boolean): Report {
  return {
    id: row.report_id,
    kind: row.kind as Report['kind'],
    subjectId: row.subject_id,
    ...(row.video_id === null ? {} : { videoId: row.video_id }),
    title: row.title,
    reason: row.reason as Report['reason'],
    words: row.words,
    state: row.state as Report['state'],
    created: row.created_at.toISOString(),
    ...(row.handled_at === null ? {} : { handled: row.handled_at.toISOString() }),
    ...(forStaff && row.owner_account_id !== null
      ? { owner: { id: row.owner_account_id, name: row.owner_name ?? '' } }
      : {}),
    ...(forStaff && row.account_id !== null ? { reporter: { id: row.account_id, name: row.reporter_name ?? '' } } : {}),
  }
}

export function toWords(row: {
  words_id: string
  words: string
  by_staff: boolean
  internal: boolean
  created_at: Date
}): (typeof ReportWords)['_output'] {
  return {
    id: row.words_id,
    words: row.words,
    byStaff: row.by_staff,
    internal: row.internal,
    created: row.created_at.toISOString(),
  }
}

export function toWaiting(row: {
  account_id: string
  name: string
  email: string
  applied_with: string | null
  email_verified_at: Date | null
  created_at: Date
}) {
  return {
    id: row.account_id,
    name: row.name,
    email: row.email,
    about: row.applied_with ?? '',
    emailVerified: row.email_verified_at !== null,
    created: row.created_at.toISOString(),
  }
}

export function toBlock(row: Parameters<typeof channelRef>[0] & { kind: 'mute' | 'block'; created_at: Date }) {
  return { channel: channelRef(row), kind: row.kind, created: row.created_at.toISOString() }
}
