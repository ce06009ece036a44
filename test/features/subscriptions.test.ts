/** Subscriptions and notifications: who follows whom, what is new, and who is told of it, where and how. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { NotificationNews } from '../../src/contract/notifications.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'

const handleOf = (who: Member) => ({ handle: who.channel.handle })
const kinds = async (who: Member) => (await who.call('listNotifications')).items.map((it) => it.kind)

test('somebody follows a channel, sees its videos, and leaves again', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const [ana, ben, cy] = [await house.member('Ana'), await house.member('Ben'), await house.member('Cy')]
  const titles = []
  for (const [who, title] of [
    [ana, 'A1'],
    [cy, 'C1'],
    [ana, 'A2'],
    [ben, 'B1'],
    [ana, 'A3'],
    [cy, 'C2'],
  ] as const) {
    clock.advance(1000)
    await publishedBy(house, who, { title })
    titles.push(title)
  }
  await publishedBy(house, ana, { title: 'hidden', privacy: 'unlisted' })

  expect(await ben.call('subscribe', { params: handleOf(ana), body: {} })).toEqual({
    subscribed: true,
    notify: 'all',
    subscribers: 1,
  })
  clock.advance(1000)
  await ben.call('subscribe', { params: handleOf(cy), body: { notify: 'none' } })
  expect(await ben.call('subscribe', { params: handleOf(ana), body: { notify: 'none' } })).toEqual({
    subscribed: true,
    notify: 'none',
    subscribers: 1,
  })
  await expect(ben.call('subscribe', { params: handleOf(ben), body: {} })).rejects.toMatchObject({
    code: 'own_channel',
  })

  const first = await ben.call('listFeed', { query: { limit: 3 } })
  const second = await ben.call('listFeed', { query: { limit: 3, after: first.next! } })
  expect([...first.items, ...second.items].map((it) => it.title)).toEqual(['C2', 'A3', 'A2', 'C1', 'A1'])
  expect(second.next).toBeUndefined()
  expect((await ben.call('listSubscriptions')).items.map((it) => it.channel.name)).toEqual(['Cy', 'Ana'])
  expect(await house.anyone.call('getChannel', { params: handleOf(ana) })).toMatchObject({
    subscriberCount: 1,
    videoCount: 3,
  })

  expect(await ben.call('unsubscribe', { params: handleOf(ana) })).toEqual({
    subscribed: false,
    notify: 'none',
    subscribers: 0,
  })
  expect(await ben.call('unsubscribe', { params: handleOf(ana) })).toMatchObject({ subscribers: 0 })
  expect((await ben.call('listFeed')).items.map((it) => it.title)).toEqual(['C2', 'C1'])
})

test('hundreds who follow and leave at once are counted exactly', { timeout: 90_000 }, async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const people = await Promise.all(Array.from({ length: 10 }, (_, n) => house.member(`P${n}`)))
  await Promise.all(
    Array.from({ length: 300 }, (_, n) => {
      const who = people[n % 10]!
      return (n + Math.floor(n / 10)) % 2 === 0
        ? who.call('subscribe', { params: handleOf(ana), body: {} })
        : who.call('unsubscribe', { params: handleOf(ana) })
    }),
  )
  const mine = await Promise.all(people.map((who) => who.call('getSubscription', { params: handleOf(ana) })))
  expect(mine[0]!.subscribers).toBe(mine.filter((it) => it.subscribed).length)
})

test('a new video is told once to those who want to hear of it', async () => {
  await using house = await openHouse()
  const [ana, ben, cy, di] = [
    await house.member('Ana'),
    await house.member('Ben'),
    await house.member('Cy'),
    await house.member('Di'),
  ]
  for (const who of [ben, cy]) await who.call('subscribe', { params: handleOf(ana), body: {} })
  await cy.call('subscribe', { params: handleOf(ana), body: { notify: 'none' } })
  expect(await kinds(ana)).toEqual(['subscriber', 'subscriber'])

  const videoId = await publishedBy(house, ana, { title: 'News' })
  await house.runJobs()
  await ana.call('editVideo', { params: { videoId }, body: { privacy: 'private' } })
  await ana.call('editVideo', { params: { videoId }, body: { privacy: 'public' } })
  await house.runJobs()

  expect((await ben.call('listNotifications')).items).toMatchObject([
    { kind: 'new_video', actor: { name: 'Ana' }, video: { id: videoId, title: 'News' }, read: false },
  ])
  expect(await kinds(cy)).toEqual([])
  expect(await kinds(di)).toEqual([])
  expect((await ana.call('listNotifications')).items[0]).toMatchObject({ kind: 'video_ready', video: { id: videoId } })
})

test('a video that becomes public later is told of then, and a private one never', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  await ben.call('subscribe', { params: handleOf(ana), body: {} })
  const videoId = await publishedBy(house, ana, { privacy: 'private' })
  await house.runJobs()
  expect(await kinds(ben)).toEqual([])
  await ana.call('editVideo', { params: { videoId }, body: { privacy: 'public' } })
  await house.runJobs()
  expect(await kinds(ben)).toEqual(['new_video'])
})

test('whom a comment answers, whom it names and whose video it is hear of it once, its author never', async () => {
  await using house = await openHouse()
  const [ana, ben, cy] = [await house.member('Ana'), await house.member('Ben'), await house.member('Cy')]
  const videoId = await publishedBy(house, ana)
  const say = (who: Member, text: string, replyTo?: string) =>
    who.call('postComment', { params: { videoId }, body: { text, ...(replyTo ? { replyTo } : {}) } })

  const first = await say(
    ben,
    `hello @${ana.channel.handle} and @${cy.channel.handle}, not mail@${cy.channel.handle} nor @nobody-here`,
  )
  expect(await kinds(ana)).toEqual(['mention'])
  expect(await kinds(cy)).toEqual(['mention'])
  expect(await kinds(ben)).toEqual([])
  await say(cy, `yes @${ben.channel.handle}`, first.id)
  expect(await kinds(ben)).toEqual(['reply'])
  expect(await kinds(ana)).toEqual(['comment', 'mention'])
  await say(ana, 'talking to myself')
  expect(await kinds(ana)).toEqual(['comment', 'mention'])
  expect((await ben.call('listNotifications')).items[0]).toMatchObject({
    excerpt: `yes @${ben.channel.handle}`,
    video: { id: videoId },
  })
})

test('a held comment is told to the channel only, and to others when it is approved', async () => {
  await using house = await openHouse()
  const [ana, ben, cy] = [await house.member('Ana'), await house.member('Ben'), await house.member('Cy')]
  const videoId = await publishedBy(house, ana)
  await ana.call('editVideo', { params: { videoId }, body: { commentsPolicy: 'held' } })
  const { id } = await ben.call('postComment', { params: { videoId }, body: { text: `@${cy.channel.handle} look` } })
  expect([await kinds(ana), await kinds(cy)]).toEqual([['comment_held'], []])
  await ana.call('markComment', { params: { videoId, commentId: id }, body: { approved: true } })
  expect(await kinds(cy)).toEqual(['mention'])
})

test('an open window hears at once, and reading in one is seen in the other', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)
  const [one, two] = [await windowOf(house, ana), await windowOf(house, ana)]
  await expect.poll(() => one.heard.length).toBe(1)
  expect(one.heard[0]).toEqual({ unread: 0 })

  await ben.call('postComment', { params: { videoId }, body: { text: 'hi' } })
  await expect
    .poll(() => [one.heard.at(-1), two.heard.at(-1)])
    .toMatchObject([
      { unread: 1, latest: { kind: 'comment', excerpt: 'hi' } },
      { unread: 1, latest: { kind: 'comment' } },
    ])
  expect(await ana.call('readNotifications', { body: {} })).toEqual({ unread: 0 })
  await expect.poll(() => two.heard.at(-1)?.unread).toBe(0)
  one.close()
  two.close()
  const stranger = new WebSocket(`${house.address.replace('http', 'ws')}/api/me/live`)
  expect(await new Promise((resolve) => stranger.on('close', (code) => resolve(code)))).toBe(1008)
})

async function windowOf(house: House, who: Member) {
  const socket = new WebSocket(`${house.address.replace('http', 'ws')}/api/me/live`, {
    headers: { cookie: who.cookie },
  })
  const heard: NotificationNews[] = []
  socket.on('message', (message) => heard.push(JSON.parse(String(message))))
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
  return { heard, close: () => socket.close() }
}

test("notifications are read, removed and paged, and are one's own", async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)
  for (let n = 0; n < 5; n++) {
    clock.advance(10_000)
    await ben.call('postComment', { params: { videoId }, body: { text: `c${n}` } })
  }
  const first = await ana.call('listNotifications', { query: { limit: 3 } })
  const second = await ana.call('listNotifications', { query: { limit: 3, after: first.next! } })
  expect([...first.items, ...second.items].map((it) => it.excerpt)).toEqual(['c4', 'c3', 'c2', 'c1', 'c0'])
  expect(first.unread).toBe(5)
  const id = first.items[0]!.id
  await ben.call('readNotifications', { body: { ids: [id] } })
  await ben.call('removeNotification', { params: { notificationId: id } })
  expect((await ana.call('listNotifications')).unread).toBe(5)
  expect(await ana.call('readNotifications', { body: { ids: [id] } })).toEqual({ unread: 4 })
  await ana.call('removeNotification', { params: { notificationId: id } })
  expect((await ana.call('listNotifications')).items).toHaveLength(4)
})

test('each kind comes as it was chosen: in the app, by letter, or not at all', async () => {
  await using house = await openHouse({ settings: { 'http.public_address': 'https://video.example' } })
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana, { title: 'Häuser\u202e' })
  const letters = async () => {
    await house.runJobs()
    const folder = join(house.folder, 'mail')
    const names = (await readdir(folder).catch(() => [])).filter((it) => it.endsWith('.eml')).sort()
    const all = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
    // Others are those that greet new accounts.
    return all.filter((it) => it.includes('List-Unsubscribe'))
  }
  expect(await letters()).toEqual([])

  const { items } = await ana.call('setNotificationSettings', {
    body: { items: [{ kind: 'comment', inApp: false, byEmail: true }] },
  })
  expect(items.find((it) => it.kind === 'comment')).toEqual({
    kind: 'comment',
    inApp: false,
    byEmail: true,
    byPush: true,
  })
  expect(items.find((it) => it.kind === 'video_failed')).toMatchObject({ inApp: true, byEmail: true })
  await ben.call('postComment', { params: { videoId }, body: { text: 'Bcc: everybody@localhost\n\n.\nhello' } })

  expect(await kinds(ana)).not.toContain('comment')
  const [letter = '', ...more] = await letters()
  expect(more).toEqual([])
  const [head = ''] = letter.split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^To: ${ana.email}`, 'm'))
  expect(head).not.toMatch(/^Bcc:/m)
  expect(head).toMatch(/^List-Unsubscribe:\s+<https:\/\/video\.example\/unsubscribe\?key=[\w-]+>/m)
  expect(letter.replace(/=\r\n/g, '')).toContain(`https://video.example/watch/${videoId}?comment=`)

  await ana.call('setNotificationSettings', { body: { items: [{ kind: 'comment', inApp: false, byEmail: false }] } })
  await ben.call('postComment', { params: { videoId }, body: { text: 'anybody?' } })
  expect(await letters()).toHaveLength(1)
})
