/** People who watch, for tests: a video that could be watched, and players that report as ours does. */
import type { Beacon } from '../../src/contract/watch.ts'
import { unpack } from '../../src/features/analytics/intake.ts'
import { signProof, viewerName } from '../../src/features/watch/rules.ts'
import type { App } from '../../src/platform/app.ts'
import type { Caller, Member } from './house.ts'

/** A public video of this length on the owner's channel, without a file: nothing of it is fetched here. */
export async function watchable(app: App, owner: Member, durationMs: number, title = 'A walk'): Promise<string> {
  const { id } = await owner.call('createVideo', { body: { title, privacy: 'public' } })
  await app.db
    .updateTable('videos')
    .set({ state: 'ready', duration_ms: durationMs, published_at: app.clock.now() })
    .where('video_id', '=', id)
    .execute()
  return id
}

/** What a playback that begins now is given; a name makes an anonymous viewer, a member is itself. */
export function tokenFor(app: App, videoId: string, durationMs: number, who: { id: string } | string): string {
  const accountId = typeof who === 'string' ? undefined : who.id
  const viewer = viewerName({ accountId, viewerKey: typeof who === 'string' ? who : '' })
  return signProof({ videoId, viewer, issuedMs: app.clock.nowMs(), durationMs }, app.secrets.of('playback'))
}

/** A beacon as our player sends it. */
export function beacon(token: string, session: string, sequence: number, more: Partial<Beacon>): Beacon {
  return {
    token,
    session: session.padEnd(8, '0'),
    sequence,
    positionMs: 0,
    watchedMs: 0,
    ended: false,
    sections: [],
    ...more,
  }
}

export async function send(who: Caller, it: Beacon, headers: Record<string, string> = {}): Promise<number> {
  const asJson = { 'content-type': 'application/json', ...headers }
  const answer = await who.fetch('/api/beacons', { method: 'POST', headers: asJson, body: JSON.stringify(it) })
  await answer.arrayBuffer()
  return answer.status
}

/** Keys of the viewers of all reports in the log. */
export async function viewersInLog(app: App): Promise<string[]> {
  const rows = await app.db.selectFrom('beacon_log').select('body').orderBy('batch_id').execute()
  const unpacked = await Promise.all(rows.map(({ body }) => unpack(body)))
  return unpacked.flatMap(({ reports }) => reports.map(({ viewer }) => viewer))
}
