/** History: what was watched, found again, paused and forgotten. */
import { expect, test } from 'vitest'
import { keepStops } from '../../src/features/watch/store.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'

const watch = (house: House, who: Member, videoId: string, positionMs: number, completed = false) =>
  keepStops(house.app, [
    {
      accountId: who.id,
      videoId,
      positionMs,
      watchedMs: positionMs,
      completed,
      at: house.app.clock.now(),
    },
  ])

test('what was watched last is first, with how far; and it is found by its words', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const ids: string[] = []
  for (const title of ['Red house', 'Blue house 100%', 'Green_tree']) ids.push(await publishedBy(house, ana, { title }))
  for (const [n, videoId] of ids.entries()) {
    clock.advance(1000)
    await watch(house, ben, videoId, 1000 * (n + 1), n === 2)
  }
  clock.advance(1000)
  await watch(house, ben, ids[0]!, 9000)

  const all = await ben.call('listHistory')
  expect(all.items.map((it) => [it.video.title, it.positionMs, it.completed])).toEqual([
    ['Red house', 9000, false],
    ['Green_tree', 3000, true],
    ['Blue house 100%', 2000, false],
  ])
  const found = async (search: string) =>
    (await ben.call('listHistory', { query: { search } })).items.map((it) => it.video.title)
  expect(await found('HOUSE')).toEqual(['Red house', 'Blue house 100%'])
  expect(await found('house blue')).toEqual(['Blue house 100%'])
  expect(await found('100%')).toEqual(['Blue house 100%'])
  expect(await found('n_t')).toEqual(['Green_tree'])
  expect(await found('ana')).toHaveLength(3)
  expect(await found("x' or '1'='1")).toEqual([])
  const first = await ben.call('listHistory', { query: { limit: 2 } })
  const second = await ben.call('listHistory', { query: { limit: 2, after: first.next! } })
  expect([first.items.length, second.items.length]).toEqual([2, 1])
  expect((await ana.call('listHistory')).items).toEqual([])
})

test('a paused history keeps nothing, one video is forgotten, and then all', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const ids = [await publishedBy(house, ana, { title: 'one' }), await publishedBy(house, ana, { title: 'two' })]
  for (const videoId of ids) await watch(house, ben, videoId, 5000)
  await ben.call('pauseHistory', { body: { paused: true } })
  await ben.call('pauseHistory', { body: { paused: true } })
  await watch(house, ben, ids[0]!, 30_000)
  const paused = await ben.call('listHistory')
  expect(paused.paused).toBe(true)
  expect(paused.items.map((it) => it.positionMs)).toEqual([5000, 5000])

  await ben.call('pauseHistory', { body: { paused: false } })
  await watch(house, ben, ids[0]!, 30_000)
  expect((await ben.call('listHistory')).items[0]).toMatchObject({ positionMs: 30_000 })
  await ben.call('forgetWatched', { params: { videoId: ids[0]! } })
  expect((await ben.call('listHistory')).items.map((it) => it.video.title)).toEqual(['two'])
  await ana.call('editVideo', { params: { videoId: ids[1]! }, body: { privacy: 'private' } })
  expect((await ben.call('listHistory')).items).toEqual([])
  await ben.call('clearHistory')
  await ana.call('editVideo', { params: { videoId: ids[1]! }, body: { privacy: 'public' } })
  expect((await ben.call('listHistory')).items).toEqual([])
})
