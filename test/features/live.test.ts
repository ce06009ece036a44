/** The WebSocket that tells how videos stand. */
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { LiveNews } from '../../src/contract/live.ts'
import * as videos from '../../src/features/videos/videos.ts'
import { type House, openHouse } from '../support/house.ts'

interface Listener extends AsyncDisposable {
  news: LiveNews[]
  follow(...videoIds: string[]): void
  ended: Promise<number>
}

async function listen(house: House, cookie?: string): Promise<Listener> {
  const ws = new WebSocket(`${house.address.replace('http', 'ws')}/api/live`, {
    origin: house.address,
    headers: cookie ? { cookie } : {},
  })
  const news: LiveNews[] = []
  ws.on('message', (data) => news.push(LiveNews.parse(JSON.parse(data.toString()))))
  const ended = new Promise<number>((resolve) => ws.on('close', (code) => resolve(code)))
  await new Promise((resolve, reject) => ws.on('open', resolve).on('error', reject))
  return {
    news,
    ended,
    follow: (...videoIds) => ws.send(JSON.stringify({ follow: videoIds })),
    [Symbol.asyncDispose]: async () => {
      ws.close()
      await ended
    },
  }
}

test('whoever follows a video hears at once how it stands, and then every change', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const { id } = await ana.call('createVideo', { body: { title: 'A walk' } })
  await using mine = await listen(house, ana.cookie)
  await using theirs = await listen(house)
  mine.follow(id)
  theirs.follow(id)
  await expect
    .poll(() => [mine.news, theirs.news])
    .toEqual([[{ videoId: id, state: 'uploading' }], [{ videoId: id, state: 'uploading' }]])

  await house.app.bus.shout('upload', JSON.stringify({ videoId: id, offsetBytes: 300, lengthBytes: 1000 }))
  await expect
    .poll(() => mine.news.at(-1))
    .toMatchObject({ state: 'uploading', upload: { offsetBytes: 300, lengthBytes: 1000 } })

  await videos.sourceArrived(house.app, id, { sourceKey: `sources/${id}/x`, sourceName: 'walk.mp4', sourceBytes: 1000 })
  await expect.poll(() => [mine.news.at(-1)?.state, theirs.news.at(-1)?.state]).toEqual(['processing', 'processing'])

  await videos.markFailed(house.app, id, 'source_not_media')
  await expect.poll(() => mine.news.at(-1)).toMatchObject({ state: 'failed', reason: { code: 'source_not_media' } })
  await expect.poll(() => theirs.news.at(-1)).toEqual({ videoId: id, state: 'failed' })
  expect(theirs.news.some((it) => it.upload !== undefined)).toBe(false)
})

test('nobody follows what they may not see, and what becomes private falls silent', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const hidden = await ana.call('createVideo', { body: { title: 'Hidden', privacy: 'private' } })
  const open = await ana.call('createVideo', { body: { title: 'Open' } })
  await using stranger = await listen(house)
  stranger.follow(hidden.id, open.id)
  await expect.poll(() => stranger.news.map((it) => it.videoId)).toEqual([open.id])

  await ana.call('editVideo', { params: { videoId: open.id }, body: { privacy: 'private' } })
  await wait(300)
  await videos.markFailed(house.app, open.id, 'source_empty')
  await wait(600)

  expect(stranger.news).toHaveLength(1)
})

test('a storm of changes becomes at most four messages a second, and the last word is right', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const { id } = await ana.call('createVideo', { body: { title: 'A walk' } })
  await using mine = await listen(house, ana.cookie)
  mine.follow(id)
  await expect.poll(() => mine.news.length).toBe(1)

  const began = performance.now()
  for (let i = 1; i <= 100; i++) {
    await house.app.bus.shout('upload', JSON.stringify({ videoId: id, offsetBytes: i, lengthBytes: 100 }))
    await wait(5)
  }
  await expect.poll(() => mine.news.at(-1)?.upload?.offsetBytes, { timeout: 3000 }).toBe(100)

  const seconds = (performance.now() - began) / 1000
  expect(mine.news.length).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 2)
})

test('who stops following hears no more, and who talks nonsense is sent away', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const { id } = await ana.call('createVideo', { body: { title: 'A walk' } })
  await using mine = await listen(house, ana.cookie)
  mine.follow(id)
  await expect.poll(() => mine.news.length).toBe(1)
  mine.follow()
  await wait(100)

  await videos.markFailed(house.app, id, 'source_empty')
  await wait(400)
  expect(mine.news).toHaveLength(1)

  mine.follow('../../etc/passwd')
  expect(await mine.ended).toBe(1000)
})
