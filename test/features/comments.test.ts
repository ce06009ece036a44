/** Comments: threads, what authors and the channel may do, what waits, and who cannot flood. */
import { expect, test } from 'vitest'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'

const DAY_MS = 86_400_000

async function write(who: Member, videoId: string, text: string, replyTo?: string) {
  return who.call('postComment', { params: { videoId }, body: { text, ...(replyTo ? { replyTo } : {}) } })
}

const texts = (page: { items: { text: string }[] }) => page.items.map((it) => it.text)
const listed = (
  house: House,
  videoId: string,
  query: { sort?: 'top' | 'newest'; limit?: number; after?: string } = {},
) => house.anyone.call('listComments', { params: { videoId }, query })

test('a comment is written, answered, liked, changed and deleted', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)

  const first = await write(ben, videoId, '  Lovely at 0:42 ')
  expect(first).toMatchObject({
    text: 'Lovely at 0:42',
    author: { name: 'Ben' },
    likes: 0,
    replies: 0,
    state: 'shown',
    mine: true,
    byChannel: false,
  })
  const reply = await write(ana, videoId, 'Thank you', first.id)
  const answer = await write(ben, videoId, 'Welcome', reply.id)
  expect(reply).toMatchObject({ threadId: first.id, byChannel: true })
  expect(answer.threadId).toBe(first.id)

  const params = { videoId, commentId: first.id }
  expect(await ana.call('likeComment', { params, body: { liked: true } })).toEqual({ likes: 1, liked: true })
  expect(await ana.call('likeComment', { params, body: { liked: true } })).toEqual({ likes: 1, liked: true })
  const page = await ana.call('listComments', { params: { videoId } })
  expect(page).toMatchObject({
    count: 3,
    policy: 'open',
    manages: true,
    items: [{ id: first.id, replies: 2, likes: 1, liked: true }],
  })
  expect(texts(await house.anyone.call('listReplies', { params }))).toEqual(['Thank you', 'Welcome'])

  const edited = await ben.call('editComment', { params, body: { text: 'Lovely!' } })
  expect(edited.edited).toBeDefined()
  await expect(ana.call('editComment', { params, body: { text: 'mine now' } })).rejects.toMatchObject({
    code: 'not_allowed',
  })

  await ben.call('removeComment', { params })
  expect(await listed(house, videoId)).toMatchObject({ items: [], count: 0 })
  await expect(ben.call('getComment', { params: { videoId, commentId: reply.id } })).rejects.toMatchObject({
    code: 'comment_not_found',
  })
})

test('only its author, the channel and staff delete a comment', async () => {
  await using house = await openHouse()
  const [ana, ben, cy, boss] = [
    await house.member('Ana'),
    await house.member('Ben'),
    await house.member('Cy'),
    await house.admin(),
  ]
  const videoId = await publishedBy(house, ana)
  const ids = [
    await write(ben, videoId, 'one'),
    await write(ben, videoId, 'two'),
    await write(ben, videoId, 'three'),
  ].map((it) => it.id)

  await expect(cy.call('removeComment', { params: { videoId, commentId: ids[0]! } })).rejects.toMatchObject({
    code: 'not_allowed',
  })
  await ben.call('removeComment', { params: { videoId, commentId: ids[0]! } })
  await ana.call('removeComment', { params: { videoId, commentId: ids[1]! } })
  await boss.call('removeComment', { params: { videoId, commentId: ids[2]! } })
  expect((await listed(house, videoId)).items).toEqual([])
})

test('top goes by likes and replies, newest by time, and a thread is read page by page', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)
  const ids: string[] = []
  for (let n = 0; n < 7; n++) {
    clock.advance(20_000)
    ids.push((await write(ben, videoId, `c${n}`)).id)
  }
  for (const commentId of [ids[1]!, ids[4]!])
    await ana.call('likeComment', { params: { videoId, commentId }, body: { liked: true } })
  await ben.call('likeComment', { params: { videoId, commentId: ids[1]! }, body: { liked: true } })
  await write(ana, videoId, 'an answer', ids[3])

  const seen: string[] = []
  let after: string | undefined
  do {
    const page = await listed(house, videoId, { sort: 'top', limit: 3, ...(after ? { after } : {}) })
    seen.push(...texts(page))
    after = page.next
  } while (after)
  expect(seen).toEqual(['c1', 'c4', 'c3', 'c6', 'c5', 'c2', 'c0'])
  expect(texts(await listed(house, videoId, { sort: 'newest' }))).toEqual(['c6', 'c5', 'c4', 'c3', 'c2', 'c1', 'c0'])
  const cursor = (await listed(house, videoId, { sort: 'top', limit: 3 })).next!
  await expect(listed(house, videoId, { sort: 'newest', after: cursor })).rejects.toMatchObject({ code: 'bad_request' })
})

test('the channel pins one comment, and hearts what it likes', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)
  const [one, two] = [await write(ben, videoId, 'one'), await write(ben, videoId, 'two')]
  const reply = await write(ben, videoId, 'reply', one.id)
  const mark = (who: Member, commentId: string, body: Record<string, unknown>) =>
    who.call('markComment', { params: { videoId, commentId }, body })

  await mark(ana, one.id, { pinned: true, hearted: true })
  expect((await listed(house, videoId)).items[0]).toMatchObject({ text: 'one', pinned: true, hearted: true })
  await mark(ana, two.id, { pinned: true })
  const { items } = await listed(house, videoId, { sort: 'newest' })
  expect(items.map((it) => [it.text, it.pinned])).toEqual([
    ['two', true],
    ['one', false],
  ])

  await expect(mark(ben, one.id, { pinned: true })).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(mark(ana, reply.id, { pinned: true })).rejects.toMatchObject({ code: 'bad_request' })
  const both = await Promise.allSettled([mark(ana, one.id, { pinned: true }), mark(ana, two.id, { pinned: true })])
  expect(both.map((it) => it.status)).toEqual(['fulfilled', 'fulfilled'])
  expect((await listed(house, videoId)).items.filter((it) => it.pinned)).toHaveLength(1)
})

test('comments can be closed, or held until the channel approves', async () => {
  await using house = await openHouse()
  const [ana, ben, cy] = [await house.member('Ana'), await house.member('Ben'), await house.member('Cy')]
  const videoId = await publishedBy(house, ana)
  await ana.call('editVideo', { params: { videoId }, body: { commentsPolicy: 'held' } })

  const held = await write(ben, videoId, 'may I?')
  expect(held.state).toBe('held')
  expect(await listed(house, videoId)).toMatchObject({ items: [], count: 0, policy: 'held' })
  expect(texts(await ben.call('listComments', { params: { videoId } }))).toEqual(['may I?'])
  await expect(cy.call('getComment', { params: { videoId, commentId: held.id } })).rejects.toMatchObject({
    code: 'comment_not_found',
  })
  expect((await cy.call('listHeldComments')).items).toEqual([])
  const queue = await ana.call('listHeldComments')
  expect(queue.items).toMatchObject([{ id: held.id, videoTitle: 'A walk' }])

  await ana.call('markComment', { params: { videoId, commentId: held.id }, body: { approved: true } })
  expect(await listed(house, videoId)).toMatchObject({ items: [{ text: 'may I?', state: 'shown' }], count: 1 })
  expect((await write(ana, videoId, 'of course')).state).toBe('shown')

  await ana.call('editVideo', { params: { videoId }, body: { commentsPolicy: 'closed' } })
  await expect(write(ben, videoId, 'one more')).rejects.toMatchObject({ code: 'comments_closed' })
})

test('links from new accounts wait; those of accounts that have been here a while do not', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)

  expect((await write(ben, videoId, 'buy at https://spam.example/x')).state).toBe('held')
  expect((await write(ben, videoId, 'buy at spam . com')).state).toBe('held')
  const plain = await write(ben, videoId, 'nice at 1:02:03, e.g. the end. Really')
  expect(plain.state).toBe('shown')
  const edited = await ben.call('editComment', {
    params: { videoId, commentId: plain.id },
    body: { text: 'see www.spam.example' },
  })
  expect(edited.state).toBe('held')

  clock.advance(DAY_MS + 1)
  expect((await write(ben, videoId, 'my page: https://ben.example')).state).toBe('shown')
})

test('a new account cannot flood, and nobody can post faster than people type', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const videoId = await publishedBy(house, ana)
  const ben = await house.member('Ben')
  const tries = await Promise.allSettled(Array.from({ length: 40 }, (_, n) => write(ben, videoId, `flood ${n}`)))
  const refused = tries.filter((it) => it.status === 'rejected')
  expect(refused.length).toBe(28)
  expect(refused[0]!.reason).toMatchObject({ code: 'too_many' })
  for (let n = 0; n < 18; n++) {
    clock.advance(6_000)
    await write(ben, videoId, `slow ${n}`)
  }
  clock.advance(6_000)
  await expect(write(ben, videoId, 'one more')).rejects.toMatchObject({ code: 'too_many' })
})

test('likes of many at once are counted exactly, and so are comments', { timeout: 90_000 }, async () => {
  await using house = await openHouse()
  const people = await Promise.all(Array.from({ length: 10 }, (_, n) => house.member(`P${n}`)))
  const videoId = await publishedBy(house, people[0]!)
  const { id } = await write(people[0]!, videoId, 'who likes it?')
  const params = { videoId, commentId: id }
  await Promise.all(
    Array.from({ length: 300 }, (_, n) =>
      people[n % 10]!.call('likeComment', { params, body: { liked: (n + Math.floor(n / 10)) % 3 !== 0 } }),
    ),
  )
  const mine = await Promise.all(people.map((who) => who.call('getComment', { params })))
  expect((await house.anyone.call('getComment', { params })).likes).toBe(mine.filter((it) => it.liked).length)

  await Promise.all(people.map((who) => write(who, videoId, 'me too', id)))
  expect(await listed(house, videoId)).toMatchObject({ count: 11, items: [{ replies: 10 }] })
})

test('hostile text is kept as text, and text that is none is refused', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const videoId = await publishedBy(house, ana)
  const hostile = '<img src=x onerror=alert(1)> [x](javascript:alert(1)) \u202Egnp.exe'
  expect((await write(ana, videoId, hostile)).text).toBe(hostile)
  for (const text of ['', '   ', 'x'.repeat(5001), 'a\u0000b', '\ud800'])
    await expect(write(ana, videoId, text), JSON.stringify(text.slice(0, 9))).rejects.toMatchObject({
      code: 'bad_request',
    })
  await expect(write(ana, videoId, 'x', 'aaaaaaaaaaaa')).rejects.toMatchObject({ code: 'comment_not_found' })
})
