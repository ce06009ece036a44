/**
 * A million viewers of one video in one hour. Each reports twice or more, some come back within the hour, some reports come again:
 * the counter must say a million, and the sketch must be within 2.5 % of it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccount } from '../../src/features/accounts/accounts.ts'
import { hearMany, rollUp, totals } from '../../src/features/analytics/analytics.ts'
import { createDraft, loadVideo } from '../../src/features/videos/videos.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { readConfig } from '../../src/platform/config.ts'
import { openApp } from '../../src/platform/open.ts'
import { beacon } from '../support/watching.ts'
import type { BenchResult } from './figures.ts'

const AT_ONCE = 2000
const LENGTH_MS = 600_000
const HOUR_MS = 3_600_000

export async function run(args: string[]): Promise<BenchResult> {
  const viewers = Number(args[0] ?? 1_000_000)
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-million-'))
  const beganMs = Date.parse('2026-05-04T18:00:00Z')
  const clock = fakeClock(beganMs)
  const app = await openApp(readConfig({ 'data.folder': folder, 'log.level': 'silent' }, {}), { clock })
  try {
    const { accountId } = await createAccount(app, {
      email: 'ana@example.org',
      password: 'correct horse ana',
      name: 'Ana',
    })
    const draft = {
      title: 'The final',
      description: '',
      tags: [],
      category: 'other',
      licence: 'all_rights_reserved',
      privacy: 'public',
    }
    const { video_id: videoId } = await createDraft(app, accountId, draft as never)
    const visitor = { country: '', device: 'phone', doNotTrack: false } as const
    const startMs = performance.now()
    let reports = 0
    for (let from = 0; from < viewers; from += AT_ONCE) {
      const issuedMs = clock.nowMs()
      clock.advance(Math.floor((HOUR_MS - 120_000) / (viewers / AT_ONCE)))
      const crowd = Array.from({ length: Math.min(AT_ONCE, viewers - from) }, (_, number) => from + number)
      const tell = (number: number, session: string, sequence: number, watchedMs: number) => ({
        beacon: beacon('', `${session}${number}`, sequence, { watchedMs }),
        proved: { videoId, viewer: `viewer:${number}`, issuedMs: issuedMs - 60_000, durationMs: LENGTH_MS },
      })
      const told = crowd.flatMap((number) => [
        tell(number, 'first', 0, 20_000),
        tell(number, 'first', 1, 40_000),
        // A tenth reports again what it has reported, a tenth begins a second playback.
        ...(number % 10 === 0 ? [tell(number, 'first', 1, 40_000)] : []),
        ...(number % 10 === 5 ? [tell(number, 'second', 0, 35_000)] : []),
      ])
      reports += told.length
      await hearMany(app, told, visitor)
      if (from % (AT_ONCE * 10) === 0) await rollUp(app)
    }
    await rollUp(app)
    const tookMs = performance.now() - startMs
    const period = { from: new Date(beganMs).toISOString(), to: new Date(beganMs + HOUR_MS).toISOString() }
    const { sums, viewers: counted } = await totals(app, `v${videoId}`, period)
    const shown = Number((await loadVideo(app, videoId))!.views)
    const figures = {
      viewers,
      reports,
      reports_per_s: (reports * 1000) / tookMs,
      views_on_the_card: shown,
      wrong_views: Math.abs(shown - viewers) + Math.abs(sums.views - viewers),
      playbacks: sums.playbacks,
      unique_viewers: counted,
      unique_error_percent: (Math.abs(counted - viewers) / viewers) * 100,
    }
    const summary = `${viewers} viewers, ${shown} views, ${counted} unique (${figures.unique_error_percent.toFixed(2)} % off), ${Math.round(figures.reports_per_s)} reports/s into log and sums`
    return { figures, summary }
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}
