/**
 * Lists and counts. In the database: every list page and count at a million videos, ten million comments and a million
 * subscriptions, made in SQL, each asked many times about things drawn at random, first pages and deep ones; the plans of
 * all of them must use indexes. Through HTTP: home, a video, its comments, at ten thousand videos, from a fresh process's
 * point of view: with the embedded database and the one who asks on the same machine. Beside each stands what a whole core of
 * the server's thread gives, which does not go by what else the machine does.
 *
 *   npm run bench -- lists [VIDEOS] [VIDEOS_BEHIND_HTTP] [FOLDER]
 *
 * A smaller first number measures the same at that scale; with a folder the databases stay there, filled, for the next run.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { sql } from 'kysely'
import * as administration from '../../src/features/administration/administration.ts'
import * as channels from '../../src/features/channels/channels.ts'
import * as comments from '../../src/features/comments/comments.ts'
import * as history from '../../src/features/history/history.ts'
import * as notifications from '../../src/features/notifications/notifications.ts'
import * as playlists from '../../src/features/playlists/playlists.ts'
import * as reactions from '../../src/features/reactions/reactions.ts'
import * as subscriptions from '../../src/features/subscriptions/subscriptions.ts'
import * as videos from '../../src/features/videos/videos.ts'
import { writePlace } from '../../src/kit/places.ts'
import type { App } from '../../src/platform/app.ts'
import { readConfig } from '../../src/platform/config.ts'
import type { Viewer } from '../../src/platform/http/http.ts'
import { serveHttp } from '../../src/platform/http/serve.ts'
import { openApp } from '../../src/platform/open.ts'
import { apiRoutes, knowViewer } from '../../src/roles/api.ts'
import { type BenchResult, quantile } from './figures.ts'
import { fillFolder, type Sizes } from './generated-people.ts'
import { seeded } from './search-quality.ts'

const ASKED = 300
const HTTP_MS = 6000
const CONNECTIONS = 32

export async function run([videosText = '1000000', behindText = '10000', kept]: string[]): Promise<BenchResult> {
  const { figures, slow } = await inDatabase(Number(videosText), kept)
  const http = await throughHttp(Number(behindText), kept)
  const worst = Math.max(
    ...Object.entries(figures).flatMap(([name, value]) => (name.endsWith('_p99_ms') ? [value] : [])),
  )
  return {
    figures: { videos: Number(videosText), ...figures, worst_p99_ms: worst, behind_http: Number(behindText), ...http },
    ok: slow.length === 0,
    summary: `slowest list at ${videosText} videos ${worst.toFixed(1)} ms p99${slow.length ? `, without an index: ${slow.join(', ')}` : ''}; through HTTP home ${Math.round(http.home_per_s)}, video ${Math.round(http.video_per_s)}, comments ${Math.round(http.comments_per_s)} answers/s (best open platform: 118, 260, 249)`,
  }
}

async function withApp<T>(sizes: Sizes, kept: string | undefined, work: (app: App) => Promise<T>): Promise<T> {
  const folder = kept ? join(kept, String(sizes.videos)) : await mkdtemp(join(tmpdir(), 'vitascope-bench-'))
  const filled = join(folder, 'filled')
  if (!existsSync(filled)) {
    const startMs = performance.now()
    await fillFolder(folder, sizes)
    await writeFile(filled, '')
    console.log(
      `filled with ${sizes.videos} videos and ${sizes.comments} comments in ${Math.round((performance.now() - startMs) / 1000)} s`,
    )
  }
  const app = await openApp(readConfig({ 'data.folder': folder, 'log.level': 'silent' }, {}))
  try {
    return await work(app)
  } finally {
    await app.close()
    if (!kept) await rm(folder, { recursive: true, force: true })
  }
}

const sizesFor = (count: number): Sizes => ({
  videos: count,
  comments: count * 10,
  subscriptions: count,
  accounts: Math.max(100, Math.floor(count / 10)),
})

async function inDatabase(count: number, kept: string | undefined) {
  const sizes = sizesFor(count)
  return withApp(sizes, kept, async (app) => {
    const random = seeded(11)
    const nth = (most: number) => 1 + Math.floor(random() * most)
    // Some videos have most of the comments, as they do.
    const aVideo = () => id('v', 1 + Math.floor(random() ** 3 * (sizes.videos - 1)))
    const aChannel = () => `channel-${nth(sizes.accounts)}`
    const someone = (): Viewer => ({
      accountId: id('a', nth(sizes.accounts)),
      role: 'member',
      addressPrefix: '',
      viewerKey: '',
    })
    const stranger: Viewer = { accountId: undefined, role: 'anonymous', addressPrefix: '', viewerKey: '' }
    const staff: Viewer = { ...someone(), role: 'admin' }
    const page = { limit: 24 }
    // A place somewhere in the middle of whatever list it is put into.
    const deep = (...before: number[]) => ({
      limit: 24,
      after: writePlace([...before, Date.now() - nth(300) * 86_400_000, id('v', nth(sizes.videos))]),
    })
    const questions: Record<string, () => Promise<unknown>> = {
      // What a question costs that asks nothing: how far the machine itself is from being quiet.
      nothing: () => sql`select 1`.execute(app.db),
      home: () => videos.listPublished(app, page),
      home_deep: () => videos.listPublished(app, deep()),
      video: () => videos.showVideo(app, stranger, aVideo()),
      channel: () => channels.getChannel(app, aChannel(), stranger),
      channel_videos: () => channels.listChannelVideos(app, aChannel(), page),
      comments_top: () => comments.listComments(app, stranger, aVideo(), { ...page, sort: 'top' }),
      comments_newest: () => comments.listComments(app, stranger, aVideo(), { ...page, sort: 'newest' }),
      comments_deep: () => comments.listComments(app, someone(), id('v', 1), { ...deep(3), sort: 'top' }),
      comments_held: () => comments.listHeld(app, someone(), page),
      reactions: () => reactions.getReactions(app, someone(), aVideo()),
      liked: () => reactions.listLiked(app, someone(), page),
      feed: () => subscriptions.listFeed(app, someone(), page),
      feed_deep: () => subscriptions.listFeed(app, someone(), deep()),
      followed: () => subscriptions.listSubscriptions(app, someone(), page),
      history: () => history.listHistory(app, someone(), page),
      history_search: () => history.listHistory(app, someone(), { ...page, search: 'walk 7' }),
      playlists: () => playlists.listMine(app, someone(), page),
      playlist_items: () => playlists.listItems(app, stranger, id('p', nth(sizes.accounts)), page),
      channel_playlists: () => playlists.listOfChannel(app, stranger, aChannel(), page),
      studio: () => videos.listMine(app, someone(), page),
      staff_videos: () => administration.listVideos(app, staff, page),
      staff_videos_deep: () => administration.listVideos(app, staff, deep()),
      staff_videos_failed: () => administration.listVideos(app, staff, { ...page, state: 'failed' }),
      staff_videos_private: () => administration.listVideos(app, staff, { ...page, privacy: 'private' }),
      staff_accounts_suspended: () => administration.listAccounts(app, { ...page, state: 'suspended' }),
      staff_accounts_moderators: () => administration.listAccounts(app, { ...page, role: 'moderator' }),
      accounts_search: () => administration.listAccounts(app, { ...page, query: `person ${nth(sizes.accounts)}` }),
      notifications: () => notifications.listNotifications(app, someone().accountId!, page),
    }
    const slow = await scansOf(app, questions)
    const figures: Record<string, number> = {}
    for (const [name, ask] of Object.entries(questions)) {
      for (let n = 0; n < 20; n++) await ask()
      const times: number[] = []
      for (let n = 0; n < ASKED; n++) {
        const startMs = performance.now()
        await ask()
        times.push(performance.now() - startMs)
      }
      figures[`${name}_p50_ms`] = quantile(times, 0.5)
      figures[`${name}_p99_ms`] = quantile(times, 0.99)
    }
    return { figures, slow }
  })
}

/** Names of the questions during which the database read a large table from its beginning to its end. */
async function scansOf(app: App, questions: Record<string, () => Promise<unknown>>): Promise<string[]> {
  const large = sql`select coalesce(sum(seq_scan), 0)::int as scans from pg_stat_user_tables where n_live_tup > 5000`
  const scans = async () => {
    // Each connection tells its figures a moment after it has become idle.
    await new Promise((resolve) => setTimeout(resolve, 1200))
    const { rows } = await (large as ReturnType<typeof sql<{ scans: number }>>).execute(app.db)
    return rows[0]!.scans
  }
  const found: string[] = []
  let before = await scans()
  for (const [name, ask] of Object.entries(questions)) {
    await ask()
    const after = await scans()
    if (after > before) found.push(name)
    before = after
  }
  return found
}

async function throughHttp(count: number, kept: string | undefined) {
  return withApp(sizesFor(count), kept, async (app) => {
    const served = await serveHttp(app, { routes: apiRoutes, knowViewer, host: '127.0.0.1', port: 0 })
    try {
      const random = seeded(5)
      const ids = Array.from({ length: 2000 }, () => id('v', 1 + Math.floor(random() ** 3 * (count - 1))))
      const ask = async (paths: string[]) => {
        await load(served.port, paths, 1000)
        const before = process.threadCpuUsage()
        const measured = await load(served.port, paths, HTTP_MS)
        const { user, system } = process.threadCpuUsage(before)
        return { ...measured, perCore: (measured.times.length * 1_000_000) / (user + system) }
      }
      const home = await ask(['/api/videos?limit=24'])
      // One video, as the best open platform was asked; then many, each of which somebody else may just have opened or not.
      const video = await ask([`/api/videos/${id('v', 1)}`])
      const below = await ask([`/api/videos/${id('v', 1)}/comments?limit=50`])
      const videosSpread = await ask(ids.map((it) => `/api/videos/${it}`))
      const commentsSpread = await ask(ids.map((it) => `/api/videos/${it}/comments?limit=50`))
      return {
        home_per_s: home.perSecond,
        home_per_core_s: home.perCore,
        home_p99_ms_http: quantile(home.times, 0.99),
        video_per_s: video.perSecond,
        video_per_core_s: video.perCore,
        video_p99_ms_http: quantile(video.times, 0.99),
        comments_per_s: below.perSecond,
        comments_per_core_s: below.perCore,
        comments_p99_ms_http: quantile(below.times, 0.99),
        videos_spread_per_s: videosSpread.perSecond,
        videos_spread_per_core_s: videosSpread.perCore,
        comments_spread_per_s: commentsSpread.perSecond,
        comments_spread_per_core_s: commentsSpread.perCore,
        failed: videosSpread.failed + commentsSpread.failed + home.failed + video.failed + below.failed,
      }
    } finally {
      await served.close()
    }
  })
}

async function load(
  port: number,
  paths: string[],
  forMs: number,
): Promise<{ times: number[]; failed: number; perSecond: number }> {
  const workerData = { port, paths, connections: CONNECTIONS, forMs, most: 10_000_000 }
  const worker = new Worker(join(import.meta.dirname, 'search-load.ts'), { workerData })
  const { times, failed } = await new Promise<{ times: number[]; failed: number }>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  await worker.terminate()
  return { times, failed, perSecond: (times.length * 1000) / forMs }
}

/** The ids that the tables were filled with: a letter and eleven digits. */
function id(letter: string, number: number): string {
  return letter + String(number).padStart(11, '0')
}
