/**
 * Tables of the warehouse in ClickHouse. Each row carries the name of the batch it came with, as the last part of its key, and
 * ReplacingMergeTree keeps one of equal keys: a batch that is written twice, because its writer died before it could say that it
 * was written, counts once. Partitions are days, so that a day is put together, and minutes are forgotten, by swapping files.
 */
import type { ClickHouse } from '../../../platform/clickhouse.ts'
import { MEASURES } from './warehouse.ts'

const measures = MEASURES.map((it) => `${it} Int64`).join(', ')

const sumsAs = (name: string) => `
  create table if not exists ${name} (
    subject String, dimension String, grain String, at DateTime('UTC'), member String, batch String, ${measures}
  ) engine = ReplacingMergeTree() partition by (grain, toDate(at)) order by (subject, dimension, at, member, batch)`

const TABLES = [
  sumsAs('analytics_sums'),
  // Where a day is put together before it takes the place of the old one.
  sumsAs('analytics_sums_next'),
  `create table if not exists analytics_viewers (subject String, day Date, viewers AggregateFunction(uniqCombined, UInt64))
    engine = AggregatingMergeTree() partition by toYYYYMM(day) order by (subject, day)`,
  // Nothing is kept here: what comes is drawn into sketches on its way, and a sketch takes no notice of what comes twice.
  `create table if not exists analytics_viewers_in (subject String, day Date, hash UInt64) engine = Null`,
  `create materialized view if not exists analytics_viewers_way to analytics_viewers as
    select subject, day, uniqCombinedState(hash) as viewers from analytics_viewers_in group by subject, day`,
  `create table if not exists analytics_retention (video_id String, day Date, batch String, first Array(Int64), again Array(Int64))
    engine = ReplacingMergeTree() partition by toYYYYMM(day) order by (video_id, day, batch)`,
  `create table if not exists analytics_spreads (
    subject String, quantity String, dimension String, day Date, member String, step Int32, batch String, count Int64)
    engine = ReplacingMergeTree() partition by toYYYYMM(day) order by (subject, quantity, dimension, day, member, step, batch)`,
]

/** Makes what is not there. May run twice. */
export async function makeTables(server: ClickHouse): Promise<void> {
  for (const table of TABLES) await server.run(table)
}
