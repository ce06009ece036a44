/** Reactions: one per account, changeable, and counted exactly however many come at once. */
import { expect, test } from 'vitest'
import { openHouse } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'

test('somebody likes a video, changes their mind, and takes it back', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)
  const params = { videoId }

  expect(await ben.call('setReaction', { params, body: { reaction: 'like' } })).toEqual({
    likes: 1,
    dislikes: 0,
    mine: 'like',
  })
  expect(await ben.call('setReaction', { params, body: { reaction: 'like' } })).toEqual({
    likes: 1,
    dislikes: 0,
    mine: 'like',
  })
  expect(await ana.call('setReaction', { params, body: { reaction: 'like' } })).toEqual({
    likes: 2,
    dislikes: 0,
    mine: 'like',
  })
  expect(await ben.call('setReaction', { params, body: { reaction: 'dislike' } })).toEqual({
    likes: 1,
    dislikes: 1,
    mine: 'dislike',
  })
  expect(await house.anyone.call('getReactions', { params })).toEqual({ likes: 1, dislikes: 1, mine: 'none' })
  expect(await ben.call('setReaction', { params, body: { reaction: 'none' } })).toEqual({
    likes: 1,
    dislikes: 0,
    mine: 'none',
  })
  expect(await ben.call('getVideo', { params })).toMatchObject({ likes: 1, dislikes: 0 })
  await expect(house.anyone.call('setReaction', { params, body: { reaction: 'like' } })).rejects.toMatchObject({
    code: 'sign_in_needed',
  })
})

test('hundreds of reactions at once are counted exactly', { timeout: 90_000 }, async () => {
  await using house = await openHouse()
  const people = await Promise.all(Array.from({ length: 12 }, (_, n) => house.member(`P${n}`)))
  const videoId = await publishedBy(house, people[0]!)
  const params = { videoId }
  const words = ['like', 'dislike', 'none'] as const

  // Every account says many things at the same time; each account's answers come in some order, and one is the last.
  const said = await Promise.allSettled(
    Array.from({ length: 480 }, (_, n) =>
      people[n % people.length]!.call('setReaction', {
        params,
        body: { reaction: words[(n * 7 + Math.floor(n / 12)) % 3]! },
      }),
    ),
  )
  expect(said.filter((it) => it.status === 'rejected')).toEqual([])

  const mine = await Promise.all(people.map((who) => who.call('getReactions', { params })))
  const likes = mine.filter((it) => it.mine === 'like').length
  const dislikes = mine.filter((it) => it.mine === 'dislike').length
  expect(await house.anyone.call('getReactions', { params })).toEqual({ likes, dislikes, mine: 'none' })

  await Promise.all(people.map((who) => who.call('setReaction', { params, body: { reaction: 'like' } })))
  expect(await house.anyone.call('getReactions', { params })).toEqual({ likes: 12, dislikes: 0, mine: 'none' })
})

test('an account that goes takes its reactions with it', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)
  await ben.call('setReaction', { params: { videoId }, body: { reaction: 'like' } })

  await house.app.db.deleteFrom('accounts').where('account_id', '=', ben.id).execute()

  expect(await house.anyone.call('getReactions', { params: { videoId } })).toEqual({
    likes: 0,
    dislikes: 0,
    mine: 'none',
  })
})

test('liked videos are listed last liked first, page by page, without those that were hidden since', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const ids: string[] = []
  for (let n = 0; n < 5; n++) ids.push(await publishedBy(house, ana, { title: `Walk ${n}` }))
  for (const videoId of ids) await ben.call('setReaction', { params: { videoId }, body: { reaction: 'like' } })
  await ben.call('setReaction', { params: { videoId: ids[0]! }, body: { reaction: 'dislike' } })
  await ana.call('editVideo', { params: { videoId: ids[1]! }, body: { privacy: 'private' } })

  const first = await ben.call('listLikedVideos', { query: { limit: 2 } })
  const second = await ben.call('listLikedVideos', { query: { limit: 2, after: first.next! } })
  expect(first.items.map((it) => it.title)).toEqual(['Walk 4', 'Walk 3'])
  expect(second.items.map((it) => it.title)).toEqual(['Walk 2'])
  await expect(ben.call('listLikedVideos', { query: { after: 'forged' } })).rejects.toMatchObject({
    code: 'bad_request',
  })
})

test('what somebody may not see, they can say nothing about', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana, { privacy: 'private' })
  await expect(ben.call('setReaction', { params: { videoId }, body: { reaction: 'like' } })).rejects.toMatchObject({
    code: 'video_not_found',
  })
  await expect(ben.call('getReactions', { params: { videoId } })).rejects.toMatchObject({ code: 'video_not_found' })
})
