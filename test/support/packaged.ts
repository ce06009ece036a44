/**
 * What every test that packages something checks besides its own story: when its house closes, each title of which all is made is fetched
 * as a player would, and held against every rule of packaging. A rule that must hold and does not fails the test.
 */
import { mediaPath } from '../../src/features/delivery/delivery.ts'
import { check, collect, type Fetched } from '../../src/media/check.ts'
import type { OpenApp } from '../../src/platform/app.ts'

/** Titles of one house that are looked at, and the longest of them: enough for every clip of ours. */
const MOST_TITLES = 4
const LONGEST_MS = 60_000

/**
 * Throws with the findings. Titles that are still being made, or of which parts were taken away again, are left alone: those that
 * wait for their stills too, where stills are made.
 */
export async function checkPackaged(
  app: OpenApp,
  address: string,
  { isPictured }: { isPictured: boolean },
): Promise<void> {
  const titles = await app.db
    .selectFrom('videos as v')
    .select(['v.video_id', 'v.run_id', 'v.privacy'])
    .where('v.state', '=', 'ready')
    .where('v.run_id', 'is not', null)
    .where('v.duration_ms', '<=', LONGEST_MS)
    .where((it) =>
      it.exists(
        it
          .selectFrom('video_files as f')
          .select('f.rendition')
          .whereRef('f.video_id', '=', 'v.video_id')
          .whereRef('f.run_id', '=', 'v.run_id'),
      ),
    )
    .where((it) =>
      it.not(
        it.exists(
          it
            .selectFrom('video_files as f')
            .select('f.rendition')
            .whereRef('f.video_id', '=', 'v.video_id')
            .whereRef('f.run_id', '=', 'v.run_id')
            .where('f.state', '!=', 'made'),
        ),
      ),
    )
    .orderBy('v.video_id')
    .limit(MOST_TITLES)
    .execute()
  // What the server says is still to come counts only where stills are.
  const fetchAs = (url: string) =>
    fetchSoon(url).then(({ unmade = [], ...fetched }) => (isPictured ? fetched : { ...fetched, unmade }))
  for (const title of titles) {
    const folder = `videos/${title.video_id}/${title.run_id}`
    // Without its stills a title is not finished: they are made last.
    if (isPictured && !(await app.blobs.head(`${folder}/storyboard/index.json`))) continue
    const at = (name: string) => address + mediaPath(app, title, `/${folder}/${name}`)
    const found = await collect({ hls: at('main.m3u8'), dash: at('main.mpd') }, fetchAs, true)
    const broken = check(found).filter(({ level }) => level === 'M')
    if (broken.length > 0)
      throw new Error(
        `what was packaged breaks rules:\n${broken
          .slice(0, 10)
          .map(({ id, message, url }) => `${id} ${message} ${url ?? ''}`)
          .join('\n')}`,
      )
  }
}

/** As a player fetches, but without waiting for what would have to be made. */
async function fetchSoon(url: string): Promise<Fetched> {
  const answer = await fetch(url, { headers: { 'accept-encoding': 'gzip' }, signal: AbortSignal.timeout(10_000) })
  const encoding = answer.headers.get('content-encoding')
  const unmade = answer.headers.get('vitascope-unmade')
  return {
    url,
    status: answer.status,
    type: (answer.headers.get('content-type') ?? '').split(';')[0]!.trim(),
    ...(encoding === null ? {} : { encoding }),
    redirected: answer.redirected,
    ...(unmade === null ? {} : { unmade: unmade.split(', ') }),
    bytes: new Uint8Array(await answer.arrayBuffer()),
  }
}
