/** Moderation: people report, staff decides, and whoever it concerns reads why. */
import { expect, test } from 'vitest'
import { publishDue, replaceSource } from '../../src/features/videos/videos.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { lettersOf } from '../support/letters.ts'

const DAY_MS = 86_400_000

async function moderator(house: House): Promise<Member> {
  const mo = await house.member('Mo')
  await house.app.db.updateTable('accounts').set({ role: 'moderator' }).where('account_id', '=', mo.id).execute()
  return mo
}

/** A video that can be watched, without its files. */
async function readyVideo(house: House, of: Member, title = 'A film') {
  const { id } = await of.call('createVideo', { body: { title } })
  await house.app.db
    .updateTable('videos')
    .set({ state: 'ready', published_at: house.app.clock.now() })
    .where('video_id', '=', id)
    .execute()
  return id
}

const firstComment = async (of: Member, videoId: string, text = 'First!') =>
  of.call('postComment', { params: { videoId }, body: { text } })

test('a report goes to the queue, is talked about, decided, and its reporter hears of it', async () => {
  await using house = await openHouse()
  const [ana, bo, cleo] = [await house.member('Ana'), await house.member('Bo'), await house.member('Cleo')]
  const mo = await moderator(house)
  const videoId = await readyVideo(house, ana)

  const made = await bo.call('reportContent', {
    body: { kind: 'video', videoId, reason: 'spam', words: 'It sells pills' },
  })
  await expect(
    bo.call('reportContent', { body: { kind: 'video', videoId, reason: 'hate', words: '' } }),
  ).rejects.toMatchObject({ code: 'already_reported' })
  const { items } = await mo.call('listReports')
  expect(items).toEqual([
    expect.objectContaining({
      id: made.id,
      title: 'A film',
      owner: { id: ana.id, name: 'Ana' },
      reporter: { id: bo.id, name: 'Bo' },
    }),
  ])
  const params = { reportId: made.id }
  await mo.call('writeToReport', { params, body: { words: 'Looks real to me', internal: true } })
  await mo.call('writeToReport', { params, body: { words: 'Which second?' } })
  await bo.call('writeToReport', { params, body: { words: 'The tenth', internal: true } })

  const seen = await bo.call('getReport', { params })
  expect(seen.said.map((it) => it.words)).toEqual(['Which second?', 'The tenth'])
  expect(seen).not.toHaveProperty('reporter')
  expect((await mo.call('getReport', { params })).said).toHaveLength(3)
  for (const stranger of [ana, cleo])
    await expect(stranger.call('getReport', { params })).rejects.toMatchObject({ code: 'report_not_found' })
  await expect(ana.call('listReports')).rejects.toMatchObject({ code: 'not_allowed' })

  await mo.call('handleReport', { params, body: { state: 'accepted', answer: 'Thank you' } })
  expect((await bo.call('listMyReports')).items[0]?.state).toBe('accepted')
  expect((await bo.call('listNotifications')).items.map((it) => it.excerpt)).toContain('Thank you')
})

test('a video that is taken away is gone for everybody but its owner, who reads why and cannot bring it back', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const mo = await moderator(house)
  const videoId = await readyVideo(house, ana)
  const params = { videoId }

  await mo.call('hideVideo', { params, body: { reason: 'It sells pills' } })

  await expect(house.anyone.call('getVideo', { params })).rejects.toMatchObject({ code: 'video_not_found' })
  expect((await house.anyone.call('listVideos')).items).toEqual([])
  expect(await ana.call('getVideo', { params })).toMatchObject({ hidden: 'It sells pills', privacy: 'private' })
  for (const body of [
    { privacy: 'public' as const },
    { privacy: 'unlisted' as const },
    { publishAt: new Date(Date.now() + 1000).toISOString() },
  ])
    await expect(ana.call('editVideo', { params, body })).rejects.toMatchObject({ code: 'video_hidden' })
  await ana.call('editVideo', { params, body: { title: 'A better title' } })
  expect((await ana.call('listNotifications')).items[0]).toMatchObject({
    kind: 'moderation',
    excerpt: 'It sells pills',
  })
  await expect(ana.call('restoreVideo', { params })).rejects.toMatchObject({ code: 'not_allowed' })

  await mo.call('restoreVideo', { params })
  expect(await house.anyone.call('getVideo', { params })).toMatchObject({ privacy: 'public' })
})

test('a comment that is taken away is gone, and its author reads why', async () => {
  await using house = await openHouse()
  const [ana, bo] = [await house.member('Ana'), await house.member('Bo')]
  const mo = await moderator(house)
  const videoId = await readyVideo(house, ana)
  const { id: commentId } = await firstComment(bo, videoId)
  const params = { videoId, commentId }

  await mo.call('hideComment', { params, body: { reason: 'Not kind' } })
  expect(await ana.call('listComments', { params: { videoId } })).toMatchObject({ items: [], count: 0 })
  expect((await bo.call('listNotifications')).items[0]).toMatchObject({ kind: 'moderation', excerpt: 'Not kind' })
  await mo.call('restoreComment', { params })
  expect((await ana.call('listComments', { params: { videoId } })).count).toBe(1)
})

test('a suspended account is out at once, with its sessions and tokens, and reads why', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const mo = await moderator(house)
  const videoId = await readyVideo(house, ana)
  const { secret } = await ana.call('createToken', { body: { name: 'script' } })
  const params = { accountId: ana.id }

  await mo.call('suspendAccount', { params, body: { reason: 'Sold pills', hideVideos: true } })

  await expect(ana.call('me')).rejects.toMatchObject({ code: 'sign_in_needed' })
  const bearer = await house.anyone.fetch('/api/me', { headers: { authorization: `Bearer ${secret}` } })
  expect(bearer.status).toBe(401)
  const again = house.anyone.call('signIn', { body: { email: ana.email, password: ana.password } })
  await expect(again).rejects.toMatchObject({ code: 'account_suspended', problem: { detail: 'Sold pills' } })
  await expect(house.anyone.call('signIn', { body: { email: ana.email, password: 'wrong' } })).rejects.toMatchObject({
    code: 'bad_credentials',
  })
  await expect(house.anyone.call('getVideo', { params: { videoId } })).rejects.toMatchObject({
    code: 'video_not_found',
  })
  expect((await lettersOf(house)).filter((it) => it.text.includes('Sold pills'))).toHaveLength(1)

  await mo.call('reinstateAccount', { params })
  await house.anyone.call('signIn', { body: { email: ana.email, password: ana.password } })
})

test('moderators decide about members only, nobody about oneself, and every act is in the book', async () => {
  await using house = await openHouse()
  const boss = await house.admin()
  const mo = await moderator(house)
  const other = await moderator(house)
  const ana = await house.member('Ana')
  const body = { reason: 'Because' }
  const suspend = (by: Member, of: Member) => by.call('suspendAccount', { params: { accountId: of.id }, body })

  await expect(suspend(mo, boss)).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(suspend(mo, other)).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(suspend(mo, mo)).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(suspend(boss, boss)).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(suspend(ana, mo)).rejects.toMatchObject({ code: 'not_allowed' })
  await suspend(boss, other)

  const acts = await house.app.db.selectFrom('staff_acts').selectAll().execute()
  expect(acts).toEqual([expect.objectContaining({ account_id: boss.id, act: 'account.suspend', subject_id: other.id })])
})

test('who is blocked cannot answer, who is muted is not seen', async () => {
  await using house = await openHouse()
  const [ana, bo, cleo] = [await house.member('Ana'), await house.member('Bo'), await house.member('Cleo')]
  const videoId = await readyVideo(house, ana)
  await firstComment(bo, videoId, 'Hello from Bo')
  const thread = await firstComment(cleo, videoId, 'Hello from Cleo')

  await ana.call('setBlock', { params: { handle: bo.channel.handle }, body: { kind: 'mute' } })
  const seen = await ana.call('listComments', { params: { videoId } })
  expect(seen.items.map((it) => it.text)).toEqual(['Hello from Cleo'])
  expect((await cleo.call('listComments', { params: { videoId } })).items).toHaveLength(2)
  await firstComment(bo, videoId, 'Still here')

  await cleo.call('setBlock', { params: { handle: bo.channel.handle }, body: { kind: 'block' } })
  await expect(
    bo.call('postComment', { params: { videoId }, body: { text: 'Hm', replyTo: thread.id } }),
  ).rejects.toMatchObject({ code: 'blocked' })
  await ana.call('setBlock', { params: { handle: bo.channel.handle }, body: { kind: 'block' } })
  await expect(firstComment(bo, videoId)).rejects.toMatchObject({ code: 'blocked' })
  expect((await ana.call('listBlocks')).items).toEqual([
    expect.objectContaining({ kind: 'block', channel: expect.objectContaining({ handle: bo.channel.handle }) }),
  ])
  await ana.call('removeBlock', { params: { handle: bo.channel.handle } })
  await firstComment(bo, videoId, 'Back again')
  await expect(
    ana.call('setBlock', { params: { handle: ana.channel.handle }, body: { kind: 'block' } }),
  ).rejects.toMatchObject({ code: 'own_channel' })
})

test('watched words hold or refuse comments, also when they are slipped in by an edit', async () => {
  await using house = await openHouse()
  const [ana, bo] = [await house.member('Ana'), await house.member('Bo')]
  const mo = await moderator(house)
  const videoId = await readyVideo(house, ana)
  await mo.call('setWatchedWords', {
    body: {
      items: [
        { word: 'Pills', deed: 'hold' },
        { word: 'v1agra', deed: 'refuse' },
      ],
    },
  })

  expect((await firstComment(bo, videoId, 'Cheap PI\u200bLLS')).state).toBe('held')
  await expect(firstComment(bo, videoId, 'viagra here')).rejects.toMatchObject({ code: 'words_refused' })
  const plain = await firstComment(bo, videoId, 'Nice')
  const edit = (text: string) => bo.call('editComment', { params: { videoId, commentId: plain.id }, body: { text } })
  await expect(edit('v.i.a.g.r.a')).rejects.toMatchObject({ code: 'words_refused' })
  expect((await edit('pills')).state).toBe('held')
})

test('with review on, a member’s video waits for staff, however it is wished public', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const boss = await house.admin()
  const [ana, mo] = [await house.member('Ana'), await moderator(house)]
  const old = await readyVideo(house, ana, 'From before')
  await boss.call('setSiteSettings', { body: { review: true } })

  const videoId = await readyVideo(house, ana, 'A new one')
  const params = { videoId }
  expect(await ana.call('getVideo', { params })).toMatchObject({ privacy: 'private', inReview: true })
  await ana.call('editVideo', { params, body: { privacy: 'unlisted' } })
  await ana.call('editVideo', { params, body: { publishAt: new Date(clock.nowMs() + 1000).toISOString() } })
  clock.advance(60_000)
  await publishDue(house.app)
  await expect(house.anyone.call('getVideo', { params })).rejects.toMatchObject({ code: 'video_not_found' })
  expect((await mo.call('listReview')).items.map((it) => it.id)).toEqual([videoId])
  await expect(ana.call('passVideo', { params })).rejects.toMatchObject({ code: 'not_allowed' })
  expect((await house.anyone.call('getVideo', { params: { videoId: old } })).privacy).toBe('public')

  await mo.call('passVideo', { params })
  expect((await house.anyone.call('getVideo', { params })).privacy).toBe('public')
  // Another file in its place has not been seen by anybody.
  await replaceSource(house.app, videoId, { sourceKey: 'y', sourceName: 'other.mp4', sourceBytes: 7 })
  expect(await ana.call('getVideo', { params })).toMatchObject({ privacy: 'private', inReview: true })
  expect((await mo.call('listReview')).items.map((it) => it.id)).toEqual([videoId])
  await mo.call('passVideo', { params })
  expect((await house.anyone.call('getVideo', { params })).privacy).toBe('public')
  await ana.call('editVideo', { params, body: { privacy: 'private' } })
  expect((await ana.call('editVideo', { params, body: { privacy: 'public' } })).privacy).toBe('public')
  expect((await mo.call('getVideo', { params: { videoId: await readyVideo(house, mo, 'By staff') } })).privacy).toBe(
    'public',
  )
})

test('a video becomes public at its time, is new on that day, and not if its owner thought better of it', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const [ana, bo] = [await house.member('Ana'), await house.member('Bo')]
  const [one, two] = [await readyVideo(house, ana, 'One'), await readyVideo(house, ana, 'Two')]
  await bo.call('subscribe', { params: { handle: ana.channel.handle }, body: { notify: 'all' } })
  const publishAt = new Date(clock.nowMs() + DAY_MS).toISOString()
  for (const videoId of [one, two]) await ana.call('editVideo', { params: { videoId }, body: { publishAt } })
  expect((await house.anyone.call('listVideos')).items).toEqual([])

  await ana.call('editVideo', { params: { videoId: two }, body: { publishAt: null } })
  clock.advance(DAY_MS - 1000)
  await publishDue(house.app)
  expect((await house.anyone.call('listVideos')).items).toEqual([])
  clock.advance(2000)
  await Promise.all([publishDue(house.app), publishDue(house.app)])
  await house.runJobs()

  const { items } = await house.anyone.call('listVideos')
  expect(items.map((it) => [it.title, it.published])).toEqual([['One', new Date(clock.nowMs()).toISOString()]])
  expect((await bo.call('listNotifications')).items.filter((it) => it.kind === 'new_video')).toHaveLength(1)
})

test('a site may ask for a proved address, and give new accounts less', async () => {
  await using house = await openHouse()
  const boss = await house.admin()
  const ana = await house.member('Ana')
  const videoId = await readyVideo(house, boss, 'By staff')
  await boss.call('setSiteSettings', { body: { verifiedOnly: true, newVideosPerDay: 2 } })

  await expect(ana.call('createVideo', { body: { title: 'x' } })).rejects.toMatchObject({ code: 'email_unproved' })
  await expect(firstComment(ana, videoId)).rejects.toMatchObject({ code: 'email_unproved' })
  await house.app.db.updateTable('accounts').set({ email_verified_at: new Date() }).execute()
  await firstComment(ana, videoId)
  for (const title of ['one', 'two']) await ana.call('createVideo', { body: { title } })
  await expect(ana.call('createVideo', { body: { title: 'three' } })).rejects.toMatchObject({ code: 'too_many' })
})

test('staff lets accounts in or declines them', async () => {
  await using house = await openHouse()
  const boss = await house.admin()
  const mo = await moderator(house)
  await boss.call('setSiteSettings', { body: { signUp: 'approval' } })
  const join = (name: string, about: string) =>
    house.anyone
      .call('signUp', { body: { email: `${name}@example.org`, password: 'correct horse', name, about } })
      .catch((thrown) => thrown.code)
  expect([await join('cleo', 'I paint'), await join('spam', 'pills')]).toEqual(['approval_pending', 'approval_pending'])

  const { items } = await mo.call('listWaitingAccounts')
  expect(items.map((it) => [it.name, it.about])).toEqual([
    ['cleo', 'I paint'],
    ['spam', 'pills'],
  ])
  await mo.call('admitAccount', { params: { accountId: items[0]!.id } })
  await mo.call('declineAccount', { params: { accountId: items[1]!.id } })

  await house.anyone.call('signIn', { body: { email: 'cleo@example.org', password: 'correct horse' } })
  await expect(
    house.anyone.call('signIn', { body: { email: 'spam@example.org', password: 'correct horse' } }),
  ).rejects.toMatchObject({ code: 'bad_credentials' })
  await expect(mo.call('declineAccount', { params: { accountId: boss.id } })).rejects.toMatchObject({
    code: 'account_not_found',
  })
})
