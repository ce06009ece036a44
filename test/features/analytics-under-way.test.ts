/** Playbacks under way are kept in the memory of whoever rolls them up: each report counts once, wherever its playback is just then. */
import { connect } from 'node:net'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { rollUp } from '../../src/features/analytics/analytics.ts'
import { SHARDS } from '../../src/features/analytics/rules.ts'
import { sleep } from '../../src/kit/retry.ts'
import type { App } from '../../src/platform/app.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { openApp } from '../../src/platform/open.ts'
import { openHouse } from '../support/house.ts'
import { beacon, send, tokenFor, watchable } from '../support/watching.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const LENGTH = 1000 * SECOND
const STEP = 20 * SECOND
const period = { from: '2026-05-04T00:00:00Z', to: '2026-05-05T00:00:00Z' }

/** A video, and players that watch it, each the next twenty seconds with every report. */
async function openCinema(players: number) {
  const clock = fakeClock(Date.parse('2026-05-04T12:00:10Z'))
  const house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const videoId = await watchable(house.app, ana, LENGTH)
  const watching = Array.from({ length: players }, (_, number) => ({
    token: tokenFor(house.app, videoId, LENGTH, `stranger ${number}`),
    session: `player${number}`,
  }))
  const reportAll = async (sequence: number) => {
    const sections: [number, number, number][] = [[sequence * STEP, (sequence + 1) * STEP, 1]]
    const told = { watchedMs: (sequence + 1) * STEP, sections }
    await Promise.all(watching.map((it) => send(house.anyone, beacon(it.token, it.session, sequence, told))))
  }
  /** Goes on for so long that what was under way rests, once there are reports of others. */
  const rest = async () => {
    clock.advance(2 * MINUTE)
    const others = Array.from({ length: 20 }, (_, number) =>
      send(
        house.anyone,
        beacon(tokenFor(house.app, videoId, LENGTH, 'other'), `other${number}x${clock.nowMs()}`, 0, {}),
      ),
    )
    await Promise.all(others)
    await rollUp(house.app)
  }
  const resting = async () => (await house.app.db.selectFrom('playbacks').select('session').execute()).length
  const sums = async () => {
    const params = { videoId }
    const curve = await ana.call('videoRetention', { params, query: period })
    const watched = (await ana.call('videoTotals', { params, query: period })).sums.watchedMs
    const [first, again] = [curve.first, curve.again].map((it) => it.reduce((sum, count) => sum + count, 0))
    return { watchedMs: watched, first, again }
  }
  /** After so many reports of each, however often they were sent. */
  const right = (reports: number) => ({
    watchedMs: players * reports * STEP,
    first: (players * reports * STEP * 100) / LENGTH,
    again: 0,
  })
  return { house, clock, reportAll, rest, resting, sums, right }
}

/** Sends a report with its body in pieces, a moment apart; resolves with the status line. */
function sendInPieces(address: string, body: string, pieces: number): Promise<string> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    socket.setNoDelay(true)
    socket.on('error', reject)
    socket.once('data', (data) => {
      resolve(data.toString().split('\r\n')[0]!)
      socket.destroy()
    })
    const head = `POST /api/beacons HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    const size = Math.ceil(body.length / pieces)
    void (async () => {
      socket.write(head)
      for (let from = 0; from < body.length; from += size) {
        await sleep(30)
        socket.write(body.slice(from, from + size))
      }
    })()
  })
}

const turnsOf = async (app: App) =>
  (await app.db.selectFrom('playback_changes').select(['shard', 'turn']).execute()).length

test('a playback that rested goes on where it was, and what it repeats adds nothing', async () => {
  const { house, clock, reportAll, rest, resting, sums, right } = await openCinema(30)
  await using _ = house
  clock.advance(MINUTE)
  for (const sequence of [0, 1, 2]) {
    await reportAll(sequence)
    await rollUp(house.app)
    clock.advance(STEP)
  }
  expect(await resting()).toBe(0)
  await rest()
  expect(await resting()).toBe(30)
  // What the changes said of them is in rows now, so one turn of each shard is left.
  expect(await turnsOf(house.app)).toBe(SHARDS)

  await reportAll(2)
  await reportAll(3)
  await rollUp(house.app)
  expect(await sums()).toEqual(right(4))
  await rest()
  await reportAll(3)
  await rollUp(house.app)
  expect(await sums()).toEqual(right(4))
})

test('a report that comes in pieces is heard like any other', async () => {
  const { house, clock, sums } = await openCinema(0)
  await using _ = house
  const { video_id: videoId } = await house.app.db.selectFrom('videos').select('video_id').executeTakeFirstOrThrow()
  const token = tokenFor(house.app, videoId, LENGTH, 'slow stranger')
  clock.advance(MINUTE)
  for (const [sequence, pieces] of [1, 2, 5].entries()) {
    const told = beacon(token, 'slow', sequence, { watchedMs: (sequence + 1) * STEP })
    expect(await sendInPieces(house.address, JSON.stringify(told), pieces)).toBe('HTTP/1.1 204 No Content')
  }
  await rollUp(house.app)
  expect((await sums()).watchedMs).toBe(3 * STEP)
})

test('whoever rolls up next knows what others did, however long ago it was at work', async () => {
  const { house, clock, reportAll, rest, sums, right } = await openCinema(30)
  await using _ = house
  const second = await openApp(house.app.config, { log: house.app.log, migrated: true, clock })
  clock.advance(MINUTE)
  let sequence = 0
  const report = async (app: App) => {
    clock.advance(STEP)
    if (sequence > 0) await reportAll(sequence - 1)
    await reportAll(sequence++)
    await rollUp(app)
    expect(await sums()).toEqual(right(sequence))
  }
  for (const app of [house.app, second, house.app, house.app, second]) await report(app)
  // Now what the second remembers is older than all changes that are left.
  await rest()
  await report(house.app)
  await rest()
  await report(second)
  await second.close()
  // One that has just started knows nothing but what is written.
  const third = await openApp(house.app.config, { log: house.app.log, migrated: true, clock })
  await report(third)
  await third.close()
})

test('a batch that fails leaves nothing behind, in the database or in memory', async () => {
  const { house, clock, reportAll, sums, right } = await openCinema(30)
  await using _ = house
  clock.advance(MINUTE)
  await reportAll(0)
  await rollUp(house.app)
  await reportAll(1)
  const rename = (from: string, to: string) =>
    sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(house.app.db)
  await rename('analytics_sums', 'analytics_gone')
  await expect(rollUp(house.app)).rejects.toThrow('analytics_sums')
  await rename('analytics_gone', 'analytics_sums')
  clock.advance(STEP)
  await reportAll(2)
  await rollUp(house.app)
  expect(await sums()).toEqual(right(3))
})
