/** Lists: how few questions they ask of the database, and what strangers get from a moment ago. */
import { expect, test } from 'vitest'
import type { EndpointName } from '../../src/contract/contract.ts'
import { contract } from '../../src/contract/contract.ts'
import type { AnyEndpoint } from '../../src/contract/endpoint.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'

/** A page of `count` things of every kind, and who may look at them. */
async function furnish(house: House, ana: Member, ben: Member, count: number) {
  const { db } = house.app
  await db
    .updateTable('accounts')
    .set({ created_at: new Date('2020-01-01') })
    .execute()
  const ids: string[] = []
  for (let n = 0; n < count; n++) ids.push(await publishedBy(house, ana, { title: `Walk ${n}` }))
  const videoId = ids[0]!
  const { id: playlistId } = await ben.call('createPlaylist', { body: { title: 'x', privacy: 'public' } })
  for (const id of ids) {
    await ben.call('setReaction', { params: { videoId: id }, body: { reaction: 'like' } })
    await ben.call('addToPlaylist', { params: { playlistId }, body: { videoId: id } })
    await db
      .insertInto('watch_history')
      .values({
        account_id: ben.id,
        video_id: id,
        position_ms: 1000,
        watched_ms: 1000,
        completed: false,
        updated_at: house.app.clock.now(),
      })
      .execute()
  }
  const own = await db
    .selectFrom('channels')
    .select('channel_id')
    .where('account_id', '=', ben.id)
    .executeTakeFirstOrThrow()
  const comment = (n: number) => ({
    video_id: videoId,
    comment_id: `comment${String(n).padStart(5, '0')}`,
    account_id: ben.id,
    channel_id: own.channel_id,
    body: 'x',
    state: 'shown' as const,
    created_at: new Date(Date.now() + n),
  })
  await db
    .insertInto('comments')
    .values(Array.from({ length: count }, (_, n) => comment(n)))
    .execute()
  await db
    .insertInto('comments')
    .values(Array.from({ length: count }, (_, n) => ({ ...comment(n + 500), thread_id: 'comment00000' })))
    .execute()
  await ben.call('subscribe', { params: { handle: ana.channel.handle }, body: {} })
  return { videoId, playlistId }
}

test('a list asks as often for many things as for few, and never often', { timeout: 90_000 }, async () => {
  const budget = 8
  const counts: Record<string, number>[] = []
  for (const size of [2, 12]) {
    await using house = await openHouse()
    const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
    const { videoId, playlistId } = await furnish(house, ana, ben, size)
    const handle = ana.channel.handle
    const lists: [EndpointName, { params?: Record<string, string> }][] = [
      ['listVideos', {}],
      ['getVideo', { params: { videoId } }],
      ['getChannel', { params: { handle } }],
      ['listChannelVideos', { params: { handle } }],
      ['listComments', { params: { videoId } }],
      ['listReplies', { params: { videoId, commentId: 'comment00000' } }],
      ['listLikedVideos', {}],
      ['listFeed', {}],
      ['listSubscriptions', {}],
      ['listHistory', {}],
      ['listMyPlaylists', {}],
      ['listPlaylistItems', { params: { playlistId } }],
      ['listNotifications', {}],
      ['listHeldComments', {}],
      ['listMyChannels', {}],
    ]
    const counted: Record<string, number> = {}
    const { pool } = spyOn(house)
    for (const [name, input] of lists) {
      pool.count = 0
      await (ben.call as (name: EndpointName, input: unknown) => Promise<unknown>)(name, input)
      counted[name] = pool.count
    }
    pool.stop()
    counts.push(counted)
  }
  expect(counts[1]).toEqual(counts[0])
  for (const [name, count] of Object.entries(counts[1]!)) expect(count, name).toBeLessThanOrEqual(budget)
  expect(Math.min(...Object.values(counts[1]!))).toBeGreaterThanOrEqual(2)
})

test('every question of the contract asks the database a few times only, also a new one', {
  timeout: 90_000,
}, async () => {
  const budget = 8
  await using house = await openHouse()
  const boss = await house.admin()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const { videoId, playlistId } = await furnish(house, ana, ben, 12)
  const known: Record<string, string> = { videoId, playlistId, handle: ana.channel.handle, accountId: ben.id }
  known.commentId = 'comment00000'
  const day = (n: number) => new Date(Date.UTC(2026, 0, n)).toISOString()
  const query = new URLSearchParams({ q: 'walk', from: day(1), to: day(8), by: 'country', of: 'startupMs' })
  const { pool } = spyOn(house)
  const [over, unheard]: [string[], string[]] = [[], []]
  for (const [name, { method, path }] of Object.entries(contract) as [string, AnyEndpoint][]) {
    if (method !== 'GET') continue
    const filled = path.replace(/:(\w+)/g, (_, key: string) => known[key] ?? 'zzzzzzzzzzzz')
    // The first time models and indexes in memory are made, which others then find there.
    const address = `/api${filled}?${query}`
    await (await boss.fetch(address)).arrayBuffer()
    pool.count = 0
    const answer = await boss.fetch(address)
    await answer.arrayBuffer()
    if (!answer.ok) unheard.push(name)
    // Totals are put together from sums of several kinds, now and before, each asked for once.
    if (pool.count > (name.endsWith('Totals') ? 12 : budget)) over.push(`${name}: ${pool.count}`)
  }
  pool.stop()
  expect(over).toEqual([])
  // There is no such thing here: nothing to be played, reported or delivered.
  expect(unheard.sort()).toEqual(['getReport', 'listDeliveries', 'listDownloads', 'startPlayback'])
})

/** Counts the statements that the house's connection pool is given. */
function spyOn(house: House) {
  const executor = house.app.db.getExecutor()
  const proto = Object.getPrototypeOf(executor) as { executeQuery: (...given: unknown[]) => unknown }
  const original = executor.executeQuery
  const pool = {
    count: 0,
    stop: () => {
      proto.executeQuery = original as never
    },
  }
  proto.executeQuery = function (this: unknown, ...given: unknown[]) {
    pool.count++
    return (original as (...it: unknown[]) => unknown).apply(this, given)
  }
  return { pool }
}

test('strangers may get an answer from a moment ago, members never, and nobody one that is hidden by now', async () => {
  await using house = await openHouse({ settings: { 'http.shared_ms': 60_000 } })
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)
  const params = { videoId }
  const likes = async (who: { call: Member['call'] }) => (await who.call('getReactions', { params })).likes

  expect(await likes(house.anyone)).toBe(0)
  await ben.call('setReaction', { params, body: { reaction: 'like' } })
  expect(await likes(house.anyone)).toBe(0)
  expect(await likes(ana)).toBe(1)
  expect((await ben.call('getReactions', { params })).mine).toBe('like')
  expect((await house.anyone.call('getVideo', { params })).title).toBe('A walk')

  const packed = await house.anyone.fetch(`/api/videos?limit=5`, { headers: { 'accept-encoding': 'br' } })
  const again = await house.anyone.fetch(`/api/videos?limit=5`, { headers: { 'accept-encoding': 'br' } })
  expect(await again.json()).toEqual(await packed.json())
  expect(again.headers.get('cache-control')).toBe('no-store')
  expect(again.headers.get('vary')).toContain('Accept-Encoding')

  await ana.call('editVideo', { params, body: { privacy: 'private' } })
  await expect
    .poll(() =>
      house.anyone.call('getVideo', { params }).then(
        () => 'seen',
        (thrown) => thrown.code,
      ),
    )
    .toBe('video_not_found')
  await expect.poll(() => house.anyone.call('listVideos').then((it) => it.items.length)).toBe(0)
  expect((await ana.call('getVideo', { params })).privacy).toBe('private')
})
