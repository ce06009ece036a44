/**
 * Playbacks under way. A player reports every half minute, so a row that is read and written for each report would be most of
 * what a report costs. The worker that rolls up a shard keeps its playbacks in memory instead, and writes what a batch changed
 * as one packed row, in the transaction of the batch. A playback of which nothing has been heard for a while gets a row
 * of its own and is forgotten here.
 *
 * What is known of a playback is its last change, or its row where no change of it is left. Only who holds a shard reads and
 * writes either, so whoever is next brings his memory up to date from the changes since he held it.
 */
import type { App } from '../../../platform/app.ts'
import { type Report, shardOf } from '../rules.ts'
import { packPlaybacks, unpackPlaybacks } from './packed.ts'
import { keyOf, type Playback } from './playback.ts'
import * as store from './store.ts'

/** Heard of within this time, a playback is expected to be heard of again: players report every 20 to 25 seconds. */
const UNDER_WAY_MS = 90_000
/** So many of a shard rest in one batch, that none takes long; those beyond what memory is meant for rest at once. */
const REST_AT_ONCE = 2_000
/** Playbacks kept in memory for each shard: half a kilobyte each. */
const MOST_UNDER_WAY = 150_000
/** Rows of changes read at a time. */
const ROWS_AT_ONCE = 10

interface Kept {
  playback: Playback
  /** The batch that changed it last. */
  turn: number
}

/** What is under way in a shard. Those that were heard of longest ago come first. */
interface Shard {
  shard: number
  /** The last batch that is in it. */
  turn: number
  kept: Map<string, Kept>
}

/** Shards as they were after the last transaction here that held them. */
const memories = new WeakMap<object, Map<number, Shard>>()

function memoryOf(app: App): Map<number, Shard> {
  const known = memories.get(app.blobs)
  if (known) return known
  const fresh = new Map<number, Shard>()
  memories.set(app.blobs, fresh)
  return fresh
}

/**
 * Takes shards out of memory, as they are now; this transaction must hold them. To be put back with `putBack` when it has been
 * committed; where it was not, they are read anew.
 */
export async function takeUnderWay(app: App, shards: number[]): Promise<Shard[]> {
  if (shards.length === 0) return []
  const memory = memoryOf(app)
  const turns = new Map((await store.listTurns(app, shards)).map((it) => [it.shard, it]))
  const taken: Shard[] = []
  for (const shard of shards) {
    const { first, last } = turns.get(shard) ?? { first: 1, last: 0 }
    const known = memory.get(shard)
    memory.delete(shard)
    // What was deleted rests in rows, of which this memory may know an earlier state.
    const isWhole = known !== undefined && known.turn <= last && known.turn >= first - 1
    const here = isWhole ? known : { shard, turn: first - 1, kept: new Map() }
    await catchUp(app, here, last)
    taken.push(here)
  }
  return taken
}

async function catchUp(app: App, here: Shard, last: number): Promise<void> {
  while (here.turn < last) {
    const rows = await store.listChanges(app, here.shard, here.turn, ROWS_AT_ONCE)
    if (rows.length === 0) throw new Error(`changes of playbacks of shard ${here.shard} are missing`)
    for (const { turn, body } of rows) {
      for (const playback of await unpackPlaybacks(body)) keep(here, playback, turn)
      here.turn = turn
    }
  }
}

/** Puts it last: it is the one that was heard of just now. */
function keep({ kept }: Shard, playback: Playback, turn: number): void {
  const key = keyOf(playback)
  kept.delete(key)
  kept.set(key, { playback, turn })
}

/** Keeps shards for the next transaction that holds them: this one has been committed. */
export function putBack(app: App, shards: Shard[]): void {
  const memory = memoryOf(app)
  for (const it of shards) memory.set(it.shard, it)
}

const shardIn = (shards: Shard[], session: string) => {
  const number = shardOf(session)
  return shards.find(({ shard }) => shard === number) ?? shards[0]!
}

/** What is known of the playbacks of these reports. Changing it is for whoever saves it with `saveUnderWay`. */
export async function knownOf(app: App, shards: Shard[], reports: Report[]): Promise<Map<string, Playback>> {
  const known = new Map<string, Playback>()
  const resting = new Map<string, Report>()
  for (const report of reports) {
    const key = keyOf(report)
    if (known.has(key)) continue
    const kept = shardIn(shards, report.session).kept.get(key)
    if (kept) known.set(key, kept.playback)
    else resting.set(key, report)
  }
  for (const playback of await store.loadPlaybacks(app, [...resting.values()])) known.set(keyOf(playback), playback)
  return known
}

/** Writes what a batch has changed, and lays to rest what has not been heard of for a while. */
export async function saveUnderWay(app: App, shards: Shard[], changed: Playback[]): Promise<void> {
  if (changed.length === 0) return
  const byShard = Map.groupBy(changed, ({ session }) => shardIn(shards, session))
  const rows = [...byShard].map(async ([here, playbacks]) => {
    here.turn++
    for (const playback of playbacks) keep(here, playback, here.turn)
    return { shard: here.shard, turn: here.turn, body: await packPlaybacks(playbacks) }
  })
  await store.saveChanges(app, await Promise.all(rows))
  const nowMs = app.clock.nowMs()
  const resting = [...byShard.keys()].flatMap((it) => takeResting(it, nowMs))
  if (resting.length === 0) return
  await store.savePlaybacks(app, resting)
  await store.forgetChanges(
    app,
    [...byShard.keys()].map((it) => ({ shard: it.shard, turn: oldestTurn(it) })),
  )
}

function takeResting({ kept }: Shard, nowMs: number): Playback[] {
  const resting: Playback[] = []
  for (const [key, { playback }] of kept) {
    const isOld = playback.heardMs <= nowMs - UNDER_WAY_MS && resting.length < REST_AT_ONCE
    if (!isOld && kept.size <= MOST_UNDER_WAY) break
    kept.delete(key)
    resting.push(playback)
  }
  return resting
}

/** Turns before this one say nothing that is not in a row, or was not said again. The last one stays: it tells where we are. */
function oldestTurn({ kept, turn }: Shard): number {
  for (const it of kept.values()) return it.turn
  return turn
}
