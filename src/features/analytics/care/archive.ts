/**
 * The archive of reports: an hour of the log that is too old to be kept as it came becomes Parquet files in the blob store, for
 * questions that nobody has thought of yet. Nothing in them tells viewers apart: they hold no key of a viewer, and playbacks are
 * numbered anew in every file; so what an account has watched need not be looked for in them when it is deleted.
 */
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { App } from '../../../platform/app.ts'
import { metric } from '../../../platform/meter.ts'
import { unpack } from '../intake.ts'
import { DAY_MS, HOUR_MS, type Report } from '../rules.ts'
import { listLog } from '../store.ts'

const FOLDER = 'analytics/reports/'
/** Rows of the log read at a time; each holds up to some thousand reports. */
const ROWS_AT_ONCE = 20
/** Reports in one file: some ten megabytes of memory while it is written. */
const MOST_IN_FILE = 100_000

const reportsArchived = metric({
  kind: 'counter',
  name: 'beacons_archived_total',
  says: 'Reports of players written to the archive of Parquet files.',
  labels: [],
})

/** Writes the reports of one hour. May run twice: what is written already stays as it is. */
export async function archiveHour(app: App, hourMs: number): Promise<void> {
  if (app.config['analytics.archive_days'] === 0) return
  const day = new Date(hourMs).toISOString().slice(0, 10)
  const hour = new Date(hourMs).toISOString().slice(11, 13)
  let files = 0
  let waiting: Report[] = []
  const write = async () => {
    await app.blobs.put(`${FOLDER}${day}/${hour}-${files++}.parquet`, parquetOf(waiting))
    app.meter.count(reportsArchived, {}, waiting.length)
    waiting = []
  }
  for (let after = { at: new Date(hourMs), batchId: -1 }; ; ) {
    const rows = await listLog(app, after, ROWS_AT_ONCE)
    const here = rows.filter((row) => row.at.getTime() < hourMs + HOUR_MS)
    for (const row of here) {
      waiting.push(...(await unpack(row.body)).reports)
      if (waiting.length >= MOST_IN_FILE) await write()
    }
    const last = here.at(-1)
    if (!last || here.length < ROWS_AT_ONCE) break
    after = { at: last.at, batchId: last.batch_id }
  }
  if (waiting.length > 0) await write()
}

/** Deletes archives of days beyond their time. */
export async function forgetArchives(app: App): Promise<void> {
  const days = app.config['analytics.archive_days']
  const oldest = new Date(app.clock.nowMs() - days * DAY_MS).toISOString().slice(0, 10)
  const old = new Set<string>()
  for await (const key of app.blobs.list(FOLDER)) {
    const day = key.slice(FOLDER.length).split('/', 1)[0]!
    if (day < oldest) old.add(day)
  }
  for (const day of old) await app.blobs.removeAll(`${FOLDER}${day}/`)
}

/** Reports as a Parquet file. Columns are named as in the documentation; absent numbers are null. */
export function parquetOf(reports: readonly Report[]): Uint8Array {
  const playbacks = new Map<string, number>()
  const playbackOf = ({ videoId, session }: Report) => {
    const key = `${videoId} ${session}`
    const known = playbacks.get(key) ?? playbacks.size
    playbacks.set(key, known)
    return known
  }
  const text = (name: string, of: (it: Report) => string) => ({ name, type: 'STRING' as const, data: reports.map(of) })
  const whole = (name: string, of: (it: Report) => number | undefined) => ({
    name,
    type: 'INT32' as const,
    data: reports.map((it) => of(it) ?? null),
  })
  const file = parquetWriteBuffer({
    columnData: [
      { name: 'at', type: 'TIMESTAMP', data: reports.map((it) => new Date(it.atMs)) },
      text('video', (it) => it.videoId),
      whole('playback', playbackOf),
      whole('sequence', (it) => (it.sequence < 0 ? undefined : it.sequence)),
      whole('age_ms', (it) => it.atMs - it.issuedMs),
      whole('duration_ms', (it) => it.durationMs),
      whole('watched_ms', (it) => it.watchedMs),
      { name: 'ended', type: 'BOOLEAN', data: reports.map((it) => it.ended) },
      text('sections', (it) => JSON.stringify(it.sections)),
      text('country', (it) => it.country),
      text('device', (it) => it.device),
      text('source', (it) => it.source),
      text('detail', (it) => it.detail),
      whole('startup_ms', (it) => it.quality?.startupMs && Math.round(it.quality.startupMs)),
      whole('stalls', (it) => it.quality?.stalls),
      whole('stalled_ms', (it) => it.quality?.stalledMs),
      whole('switches', (it) => it.quality?.switches),
      whole('errors', (it) => it.quality?.errors),
      whole('bits_per_second', (it) => it.quality?.bitsPerSecond),
      whole('height', (it) => it.quality?.height),
      text('network', (it) => it.quality?.network ?? ''),
    ],
    createdBy: 'vitascope',
  })
  return new Uint8Array(file)
}
