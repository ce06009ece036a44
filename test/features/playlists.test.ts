/** Playlists: made, filled, ordered, shared or kept private; and long ones. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { between, GAP } from '../../src/features/playlists/rules.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'

async function filled(
  house: House,
  who: Member,
  count: number,
  privacy: 'public' | 'unlisted' | 'private' = 'private',
) {
  const { id } = await who.call('createPlaylist', { body: { title: 'Walks', privacy } })
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    const videoId = await publishedBy(house, who, { title: String(n) })
    ids.push(videoId)
    await who.call('addToPlaylist', { params: { playlistId: id }, body: { videoId } })
  }
  return { id, ids }
}

const order = async (who: Member, playlistId: string) =>
  (await who.call('listPlaylistItems', { params: { playlistId }, query: { limit: 60 } })).items
    .map((it) => it.video?.title ?? '-')
    .join(' ')

test('a playlist is filled, put in order, and emptied', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const { id: playlistId, ids } = await filled(house, ana, 4)
  expect(await order(ana, playlistId)).toBe('0 1 2 3')
  const move = (n: number, before: number | null) =>
    ana.call('moveInPlaylist', {
      params: { playlistId, videoId: ids[n]! },
      body: { before: before === null ? null : ids[before]! },
    })

  await move(3, 0)
  expect(await order(ana, playlistId)).toBe('3 0 1 2')
  await move(3, 2)
  expect(await order(ana, playlistId)).toBe('0 1 3 2')
  await move(0, null)
  expect(await order(ana, playlistId)).toBe('1 3 2 0')
  await move(3, 3)
  await move(1, 3)
  expect(await order(ana, playlistId)).toBe('1 3 2 0')
  // More moves into one gap than it has room for.
  for (let n = 0; n < 40; n++) await move(n % 2 === 0 ? 2 : 0, 3)
  expect(await order(ana, playlistId)).toBe('1 2 0 3')

  const again = await ana.call('addToPlaylist', { params: { playlistId }, body: { videoId: ids[1]! } })
  expect(again.itemCount).toBe(4)
  expect((await ana.call('removeFromPlaylist', { params: { playlistId, videoId: ids[1]! } })).itemCount).toBe(3)
  await ana.call('removeVideo', { params: { videoId: ids[2]! } })
  expect(await order(ana, playlistId)).toBe('0 3')
  expect((await ana.call('getPlaylist', { params: { playlistId } })).itemCount).toBe(2)
})

test('a private playlist exists for its owner only, a public one stands on the channel, and nobody else changes it', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const { id: playlistId, ids } = await filled(house, ana, 2)
  const params = { playlistId }
  for (const who of [ben, house.anyone]) {
    await expect(who.call('getPlaylist', { params })).rejects.toMatchObject({ code: 'playlist_not_found' })
    await expect(who.call('listPlaylistItems', { params })).rejects.toMatchObject({ code: 'playlist_not_found' })
  }
  expect((await house.anyone.call('listChannelPlaylists', { params: { handle: ana.channel.handle } })).items).toEqual(
    [],
  )

  await ana.call('editPlaylist', { params, body: { privacy: 'public', title: 'Open walks' } })
  await ana.call('editVideo', { params: { videoId: ids[0]! }, body: { privacy: 'private' } })
  expect(
    (await house.anyone.call('listChannelPlaylists', { params: { handle: ana.channel.handle } })).items,
  ).toMatchObject([{ id: playlistId, title: 'Open walks', itemCount: 2, mine: false, by: { name: 'Ana' } }])
  expect(await order(ben, playlistId)).toBe('- 1')
  expect(await order(ana, playlistId)).toBe('0 1')
  const tries = [
    ben.call('editPlaylist', { params, body: { title: 'x' } }),
    ben.call('addToPlaylist', { params, body: { videoId: ids[1]! } }),
    ben.call('removeFromPlaylist', { params: { playlistId, videoId: ids[1]! } }),
    ben.call('moveInPlaylist', { params: { playlistId, videoId: ids[1]! }, body: { before: null } }),
    ben.call('removePlaylist', { params }),
  ]
  for (const it of await Promise.allSettled(tries))
    expect(it).toMatchObject({ status: 'rejected', reason: { code: 'not_allowed' } })
  const mine = await ben.call('createPlaylist', { body: { title: 'x' } })
  await expect(
    ben.call('addToPlaylist', { params: { playlistId: mine.id }, body: { videoId: ids[0]! } }),
  ).rejects.toMatchObject({ code: 'video_not_found' })
})

test('there is one list to watch later, and the menu knows which lists have a video', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const videoId = await publishedBy(house, ana)
  const both = await Promise.all([ana.call('getWatchLater'), ana.call('getWatchLater')])
  expect(both[0].id).toBe(both[1].id)
  expect(both[0]).toMatchObject({ kind: 'watch_later', privacy: 'private', itemCount: 0 })
  const params = { playlistId: both[0].id }
  await ana.call('addToPlaylist', { params, body: { videoId } })
  await ana.call('createPlaylist', { body: { title: 'Other' } })
  const { items } = await ana.call('listMyPlaylists', { query: { videoId } })
  expect(items.map((it) => [it.kind, it.holds]).sort()).toEqual([
    ['own', false],
    ['watch_later', true],
  ])
  await expect(ana.call('editPlaylist', { params, body: { privacy: 'public' } })).rejects.toMatchObject({
    code: 'not_allowed',
  })
  await expect(ana.call('removePlaylist', { params })).rejects.toMatchObject({ code: 'not_allowed' })
})

test('a list of thousands is read to its end, and full at five thousand', { timeout: 120_000 }, async () => {
  await using house = await openHouse({ clock: fakeClock() })
  const ana = await house.member('Ana')
  const { id: playlistId, ids } = await filled(house, ana, 2)
  const extra = await publishedBy(house, ana)
  const { rows } = await house.app.db.executeQuery<{ video_id: string }>({
    sql: `with made as (
      insert into videos (video_id, account_id, channel_id, title, description, tags, category, licence, privacy, state, created_at)
      select 'bulk' || lpad(n::text, 8, '0'), account_id, channel_id, n::text, '', '{}', 'other', 'cc0', 'public', 'ready', created_at
      from videos, generate_series(1, 4998) n where video_id = '${ids[0]}' returning video_id, account_id
    ) insert into playlist_items (account_id, playlist_id, video_id, position, added_at)
      select account_id, '${playlistId}', video_id, 10000000 + row_number() over (order by video_id), now() from made returning video_id`,
    parameters: [],
    query: { kind: 'RawNode', sqlFragments: [], parameters: [] },
    queryId: { queryId: 'bulk' },
  } as never)
  expect(rows).toHaveLength(4998)

  const seen = new Set<string>()
  let after: string | undefined
  do {
    const page = await ana.call('listPlaylistItems', {
      params: { playlistId },
      query: { limit: 60, ...(after ? { after } : {}) },
    })
    for (const it of page.items) seen.add(it.videoId)
    after = page.next
  } while (after)
  expect(seen.size).toBe(5000)
  await expect(ana.call('addToPlaylist', { params: { playlistId }, body: { videoId: extra } })).rejects.toMatchObject({
    code: 'playlist_full',
  })
  // Neighbours without a gap: the list is numbered anew, once, and the order is right.
  await ana.call('moveInPlaylist', { params: { playlistId, videoId: ids[0]! }, body: { before: 'bulk00000003' } })
  const page = await ana.call('listPlaylistItems', { params: { playlistId }, query: { limit: 5 } })
  expect(page.items.map((it) => it.videoId)).toEqual([ids[1], 'bulk00000001', 'bulk00000002', ids[0], 'bulk00000003'])
})

test('a place between two others is between them, or there is none', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 1, max: 1e6 }), (low, step) => {
      const place = between(low, low + step)
      if (step < 2) expect(place).toBeUndefined()
      else expect(place! > low && place! < low + step).toBe(true)
    }),
  )
  expect(between(undefined, undefined)).toBe(GAP)
  expect(between(undefined, 5)! < 5).toBe(true)
})
