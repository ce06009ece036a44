/** Administration: accounts, videos, jobs, space and health, for those who answer for the platform. */
import type { AccountRow, Job } from '../../contract/administration.ts'
import { refuse } from '../../contract/refusals.ts'
import type { Role } from '../../contract/shapes.ts'
import { cutPage } from '../../kit/places.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { askedPlace, nextOf, type PageAsked } from '../../platform/http/paging.ts'
import * as accounts from '../accounts/accounts.ts'
import { noteAct } from '../audit/audit.ts'
import { removeAccount } from '../farewell/farewell.ts'
import { toCard } from '../videos/videos.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

export { listActs } from '../audit/audit.ts'

/** Accounts, newest first, of some state or role, or whose name or address holds some letters. */
export async function listAccounts(app: App, asked: PageAsked & store.AccountsWanted) {
  const rows = await store.listAccounts(app, asked, askedPlace(asked, 'number', 'id'), asked.limit + 1)
  const cut = cutPage(rows, asked.limit, (row) => [row.created_at.getTime(), row.account_id])
  return { items: cut.rows.map(rules.toAccount), ...nextOf(cut) }
}

/** Refuses account_not_found. */
export async function getAccount(app: App, accountId: string): Promise<AccountRow> {
  return rules.toAccount((await store.loadAccount(app, accountId)) ?? refuse('account_not_found'))
}

/** Changes role or quota. The last administrator stays one. Refuses account_not_found, last_admin. */
export async function changeAccount(
  app: App,
  viewer: Viewer,
  accountId: string,
  given: { role?: Role | undefined; quotaBytes?: number | undefined },
): Promise<AccountRow> {
  await app.together(async (app) => {
    const account = await accounts.lockAccount(app, accountId)
    if (account.role === 'admin' && given.role !== undefined && given.role !== 'admin')
      await accounts.refuseLastAdmin(app, accountId)
    await accounts.changeAccount(app, accountId, {
      ...(given.role === undefined ? {} : { role: given.role }),
      ...(given.quotaBytes === undefined ? {} : { quota_bytes: given.quotaBytes }),
    })
    await noteAct(app, viewer, 'account.change', { kind: 'account', id: accountId }, { ...given, was: account.role })
    if (given.role !== undefined && given.role !== account.role)
      await accounts.tellByLetter(app, account, `notice.role_${given.role}`)
  })
  return getAccount(app, accountId)
}

/** Signs an account out everywhere, scripts included. */
export async function signOut(app: App, viewer: Viewer, accountId: string): Promise<void> {
  await app.together(async (app) => {
    await accounts.lockAccount(app, accountId)
    await accounts.signOutEverywhere(app, accountId)
    await noteAct(app, viewer, 'account.sign_out', { kind: 'account', id: accountId })
  })
}

/** For somebody who has lost their authenticator and their recovery codes. */
export async function resetSecondFactor(app: App, viewer: Viewer, accountId: string): Promise<void> {
  await app.together(async (app) => {
    await accounts.lockAccount(app, accountId)
    await accounts.dropSecondFactor(app, accountId)
    await noteAct(app, viewer, 'account.reset_second_factor', { kind: 'account', id: accountId })
  })
}

/** Deletes an account now. Nobody deletes oneself here: that has a time of grace. Refuses account_not_found, not_allowed. */
export async function remove(app: App, viewer: Viewer, accountId: string): Promise<void> {
  if (accountId === viewer.accountId) return refuse('not_allowed', 'delete your own account in its settings')
  await app.together(async (app) => {
    const account = await accounts.lockAccount(app, accountId)
    await accounts.changeAccount(app, accountId, { state: 'suspended', state_reason: 'Deleted by the staff' })
    await noteAct(app, viewer, 'account.delete', { kind: 'account', id: accountId }, { name: account.name })
  })
  await removeAccount(app, accountId)
}

/** Every video, newest first. */
export async function listVideos(app: App, viewer: Viewer, asked: PageAsked & store.VideosWanted) {
  const rows = await store.listVideos(app, asked, askedPlace(asked, 'number', 'id'), asked.limit + 1)
  const cut = cutPage(rows, asked.limit, (row) => [row.created_at.getTime(), row.video_id])
  const items = cut.rows.map((row) => ({
    ...toCard(app, row, viewer),
    ...(row.source_bytes === null ? {} : { sourceBytes: Number(row.source_bytes) }),
    ...(row.hidden_reason === null ? {} : { hidden: row.hidden_reason }),
  }))
  return { items, ...nextOf(cut) }
}

/** Jobs of one state, newest first, with the counts of all. */
export async function listJobs(app: App, asked: PageAsked & { state: Job['state']; name?: string | undefined }) {
  const rows = await store.listJobs(app, asked, askedPlace(asked, 'number')?.[0], asked.limit + 1)
  const cut = cutPage(rows, asked.limit, (row) => [Number(row.job_id)])
  return { items: cut.rows.map(rules.toJob), ...nextOf(cut), counts: await app.queue.counts() }
}

/** Lets a parked job try again, or changes how urgent a waiting one is. Refuses not_found for any other. */
export async function changeJob(
  app: App,
  viewer: Viewer,
  jobId: string,
  given: { retry?: true | undefined; priority?: number | undefined },
): Promise<void> {
  await app.together(async (app) => {
    const { priority } = given
    if (given.retry && !(await store.retryJob(app, jobId))) return refuse('not_found')
    if (priority !== undefined && !(await store.setPriority(app, jobId, priority))) return refuse('not_found')
    await noteAct(app, viewer, 'job.change', { kind: 'job', id: jobId }, given)
  })
}

/** Takes a job away. Whoever runs it notices at the next heartbeat and stops. Refuses not_found. */
export async function cancelJob(app: App, viewer: Viewer, jobId: string): Promise<void> {
  await app.together(async (app) => {
    const job = await store.deleteJob(app, jobId)
    if (!job) return refuse('not_found')
    await noteAct(app, viewer, 'job.cancel', { kind: 'job', id: jobId }, { name: job.name, key: job.key ?? '' })
  })
}

const SPACE_LIFE_MS = 60_000

type Space = Awaited<ReturnType<typeof countSpace>>

/** What takes how much room. Counting reads whole tables, so it is kept for a minute. */
export async function getSpace(app: App): Promise<Space> {
  const known = await app.cache.get<Space>('administration:space')
  if (known) return known
  const counted = await countSpace(app)
  await app.cache.set('administration:space', counted, SPACE_LIFE_MS)
  return counted
}

async function countSpace(app: App) {
  const [freeBytes, sourceBytes, byRendition, databaseBytes] = await Promise.all([
    app.blobs.freeBytes(),
    store.sumSources(app),
    store.sumRenditions(app),
    store.databaseBytes(app),
  ])
  return {
    ...(freeBytes === undefined ? {} : { freeBytes }),
    sourceBytes,
    renditionBytes: byRendition.reduce((sum, it) => sum + it.sizeBytes, 0),
    databaseBytes,
    byRendition,
  }
}

/** How the platform fares, as this process sees it. */
export async function getHealth(app: App) {
  const askedMs = performance.now()
  const database = await store.aboutDatabase(app)
  const databaseMs = Math.round((performance.now() - askedMs) * 10) / 10
  const queue = await store.aboutQueue(app, app.clock.now())
  const freeBytes = await app.blobs.freeBytes()
  return {
    databaseMs,
    databaseVersion: database.version,
    nodeVersion: process.version,
    upMs: Math.round(process.uptime() * 1000),
    memoryBytes: process.memoryUsage.rss(),
    mail: app.mail.kind,
    jail: app.config['transcode.jail'],
    accounts: database.accounts,
    videos: database.videos,
    jobsParked: queue.parked,
    oldestWaitingMs: queue.oldestMs,
    warnings: rules.warningsOf({
      mail: app.mail.kind,
      publicAddress: app.config['http.public_address'],
      ...queue,
      freeBytes,
      reserveBytes: app.config['uploads.reserve_bytes'],
    }),
  }
}
