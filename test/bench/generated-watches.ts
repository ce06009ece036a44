/**
 * A platform on which much is watched, made in SQL. Shapes are fitted to public sets: how many watches a viewer has is as on Gowalla
 * (logarithms spread by 0.74), and the watches of a video fall with its place to the power of 0.84, as the views on YouTube's
 * trending list of 2017. Viewers keep to three of two hundred subjects for four watches in five.
 */
import { type RawBuilder, sql } from 'kysely'
import type { App } from '../../src/platform/app.ts'
import { inHaste, withoutIndexes } from './generated-people.ts'

export interface Watched {
  videos: number
  watches: number
}

const SUBJECTS = 200
const CATEGORIES = ['music', 'gaming', 'news', 'sports', 'film', 'science', 'travel', 'food', 'howto', 'comedy']
const WATCHES_PER_VIEWER = 50
const VIDEOS_PER_CHANNEL = 20
/** Who keeps to few subjects meets some videos twice: what is drawn is more than what is left. */
const DRAWN = 1.75
const VIEWERS_AT_ONCE = 20_000

export const viewersOf = ({ watches }: Watched) => Math.max(10, Math.floor(watches / WATCHES_PER_VIEWER))
export const nameOfViewer = (number: number) => `a${String(number).padStart(11, '0')}`

const id = (letter: string, number: RawBuilder<unknown>) => sql`${sql.lit(letter)} || lpad((${number})::text, 11, '0')`
/** An even number between nought and one, the same every time. */
const even = (n: RawBuilder<unknown>, salt: number) =>
  sql`((hashint8extended(${n}, ${sql.lit(salt)}) & 2147483647) / 2147483648::float8)`
const whole = (n: RawBuilder<unknown>, salt: number, most: number) =>
  sql`((hashint8extended(${n}, ${sql.lit(salt)}) & 2147483647) % ${sql.lit(most)})`

/** Makes the embedded database of this data folder and fills it. */
export async function fillWithWatches(folder: string, sizes: Watched): Promise<void> {
  await inHaste(folder, (app) => fill(app, sizes))
}

async function fill(app: App, sizes: Watched): Promise<void> {
  const { videos } = sizes
  const viewers = viewersOf(sizes)
  const channels = Math.ceil(videos / VIDEOS_PER_CHANNEL)
  await app.db.connection().execute(async (db) => {
    const run = (statement: RawBuilder<unknown>) => statement.execute(db)
    // Neither triggers nor foreign keys: what is inserted here fits together.
    await run(sql`set session_replication_role = replica`)
    await run(sql`set synchronous_commit = off`)
    await run(sql`set maintenance_work_mem = '1GB'`)
    await run(sql`set work_mem = '512MB'`)
    await withoutIndexes(db, async () => {
      const accounts = Math.max(viewers, channels)
      await run(sql`insert into accounts (account_id, email, password_hash, name, role, quota_bytes, created_at)
        select ${id('a', sql`n`)}, 'p' || n || '@example.org', 'x', 'Person ' || n, 'member', 0, now() - interval '1 year'
        from generate_series(1, ${sql.lit(accounts)}) n`)
      await run(sql`insert into channels (account_id, channel_id, handle, name, description, created_at)
        select ${id('a', sql`n`)}, ${id('c', sql`n`)}, 'channel-' || n, 'Channel ' || n, 'About', now() - interval '1 year'
        from generate_series(1, ${sql.lit(channels)}) n`)
      await run(sql`insert into subscriptions (account_id, channel_id, notify, created_at)
        select distinct on (1, 2) ${id('a', sql`1 + n / 3`)}, ${id('c', sql`1 + ${whole(sql`n`, 21, channels)}`)}, 'all', now()
        from generate_series(0, ${sql.lit(3 * viewers - 1)}) n`)
      await run(sql`insert into videos (video_id, account_id, channel_id, title, description, tags, category, language, licence, privacy, state, duration_ms, width, height, views, run_id, thumbnail_key, created_at, published_at)
        select ${id('v', sql`n`)}, ${id('a', sql`1 + n / 20`)}, ${id('c', sql`1 + n / 20`)},
          'Talk' || n % ${sql.lit(SUBJECTS)} || ' episode' || ${whole(sql`n`, 5, 5000)} || ' with guest' || ${whole(sql`n`, 6, 50_000)}, 'What is to be heard of theme' || n % ${sql.lit(SUBJECTS)},
          array['subject' || n % ${sql.lit(SUBJECTS)}, 'u' || ${whole(sql`n`, 7, 5000)}, 'w' || ${whole(sql`n`, 8, 50_000)}],
          (${sql.lit(`{${CATEGORIES.join(',')}}`)}::text[])[1 + n % ${sql.lit(SUBJECTS)} % 10], case when ${even(sql`n`, 9)} < 0.6 then 'en' else 'de' end,
          'cc-by', 'public', 'ready', 60000 + ${whole(sql`n`, 10, 900_000)}, 1920, 1080, ${whole(sql`n`, 11, 10_000)}, null, 'thumbnails/' || ${id('v', sql`n`)} || '.jpg', it.at, it.at
        from (select n, date_trunc('milliseconds', now() - ${even(sql`n`, 12)} * interval '1500 days') as at from generate_series(0, ${sql.lit(videos - 1)}) n) it`)
      for (let from = 1; from <= viewers; from += VIEWERS_AT_ONCE)
        await run(watchesOf(from, Math.min(viewers, from + VIEWERS_AT_ONCE - 1), videos))
    })
    for (const name of ['session_replication_role', 'synchronous_commit', 'maintenance_work_mem', 'work_mem'])
      await run(sql`reset ${sql.raw(name)}`)
    await run(sql`vacuum analyze`)
  })
}

/** What these viewers watched over sixty days. */
function watchesOf(from: number, to: number, videos: number): RawBuilder<unknown> {
  const shelf = Math.max(1, Math.floor(videos / SUBJECTS))
  // The spread of logarithms raises the mean by half its square.
  const middle = Math.log(WATCHES_PER_VIEWER * DRAWN) - 0.74 ** 2 / 2
  const normal = sql`sqrt(-2 * ln(1 - ${even(sql`n`, 1)})) * cos(6.2831853::float8 * ${even(sql`n`, 2)})`
  const one = sql`n * 100000::bigint + w`
  const place = sql`floor(power(${even(one, 3)}, 6.25::float8) * ${sql.lit(shelf)})::bigint * 7919 % ${sql.lit(shelf)}`
  const own = whole(sql`n * 3 + ${whole(one, 5, 3)}`, 6, SUBJECTS)
  const subject = sql`case when ${even(one, 4)} < 0.8 then ${own} else ${whole(one, 7, SUBJECTS)} end`
  return sql`
    insert into watch_history (account_id, video_id, position_ms, watched_ms, completed, updated_at)
    select distinct on (1, 2) account, video, 60000, watched, watched > 400000, at from (
      select ${id('a', sql`n`)} as account, ${id('v', sql`(${place}) * ${sql.lit(SUBJECTS)} + ${subject}`)} as video,
        30000 + ${whole(one, 8, 600_000)} as watched, now() - (60 - 60::float8 * w / most) * interval '1 day' as at
      from (
        select n::bigint, least(2000, ceil(exp(${sql.lit(middle)}::float8 + 0.74::float8 * ${normal})))::int as most
        from generate_series(${sql.lit(from)}::bigint, ${sql.lit(to)}::bigint) n
      ) viewer cross join lateral generate_series(1, most) w
    ) drawn order by 1, 2`
}
