/**
 * Fifty rounds of `kill -9` of server, worker and database under the reports of forty players, and what was acknowledged
 * held against what was counted.
 */
import { stormOfKills } from '../support/kill-storm.ts'
import type { BenchResult } from './figures.ts'

export async function run(args: string[]): Promise<BenchResult> {
  const { kills, acknowledged, repeated, promised, counted } = await stormOfKills(Number(args[0] ?? 50))
  const lost = promised.watchedMs - counted.watchedMs
  const figures = {
    kills_server: kills.server,
    kills_worker: kills.worker,
    kills_database: kills.database,
    kills: kills.server + kills.worker + kills.database,
    acknowledged,
    repeated,
    lost_ms: Math.max(0, lost),
    counted_twice_ms: Math.max(0, -lost),
    wrong_sums: Object.keys(promised).filter((it) => promised[it as 'views'] !== counted[it as 'views']).length,
  }
  const summary = `${figures.kills} kills, ${acknowledged} reports acknowledged and ${repeated} repeated, ${figures.lost_ms} ms lost, ${figures.counted_twice_ms} ms counted twice`
  return { figures, summary }
}
