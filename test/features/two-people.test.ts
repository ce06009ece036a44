/**
 * Two people and a moderator: one publishes, the other hears of it, follows, writes with a time in it, likes, keeps and
 * reports; the moderator decides; the owner reads why, and who reported that something was done.
 */
import { expect, test } from 'vitest'
import { openHouse } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'

test('a video is published, liked, kept and reported, and everybody hears what concerns them', async () => {
  await using house = await openHouse()
  const boss = await house.admin()
  const [ana, ben, mo] = [await house.member('Ana'), await house.member('Ben'), await house.member('Mo')]
  await boss.call('changeAccount', { params: { accountId: mo.id }, body: { role: 'moderator' } })
  const heardBy = async (who: typeof ana) => {
    await house.runJobs()
    return (await who.call('listNotifications')).items
  }

  await ben.call('subscribe', { params: { handle: ana.channel.handle }, body: { notify: 'all' } })
  const videoId = await publishedBy(house, ana, { title: 'Over the river' })
  const params = { videoId }
  expect(await heardBy(ben)).toMatchObject([{ kind: 'new_video', video: { id: videoId, title: 'Over the river' } }])
  expect((await ben.call('listFeed')).items.map((it) => it.id)).toEqual([videoId])

  const comment = await ben.call('postComment', { params, body: { text: 'See the heron at 0:42, @mo' } })
  await ben.call('setReaction', { params, body: { reaction: 'like' } })
  const { id: playlistId } = await ben.call('createPlaylist', { body: { title: 'Rivers', privacy: 'private' } })
  await ben.call('addToPlaylist', { params: { playlistId }, body: { videoId } })
  expect(await heardBy(ana)).toContainEqual(
    expect.objectContaining({ kind: 'comment', commentId: comment.id, excerpt: 'See the heron at 0:42, @mo' }),
  )
  await ana.call('markComment', { params: { videoId, commentId: comment.id }, body: { pinned: true, hearted: true } })
  const below = await house.anyone.call('listComments', { params })
  expect(below).toMatchObject({ count: 1, items: [{ pinned: true, hearted: true, text: comment.text }] })
  expect(await house.anyone.call('getVideo', { params })).toMatchObject({ likes: 1, commentCount: 1 })

  await ben.call('reportContent', {
    body: { kind: 'video', videoId, reason: 'copyright', words: 'My own film of the heron.' },
  })
  const [report] = (await mo.call('listReports')).items
  expect(report).toMatchObject({ reason: 'copyright', words: 'My own film of the heron.', state: 'open' })
  await mo.call('hideVideo', { params, body: { reason: 'Ben has filmed this.' } })
  await mo.call('handleReport', { params: { reportId: report!.id }, body: { state: 'accepted', answer: 'Thank you.' } })

  await expect(house.anyone.call('getVideo', { params })).rejects.toMatchObject({ code: 'video_not_found' })
  await expect(ben.call('listComments', { params })).rejects.toMatchObject({ code: 'video_not_found' })
  expect(await ana.call('getVideo', { params })).toMatchObject({ privacy: 'private', hidden: 'Ben has filmed this.' })
  expect(await heardBy(ana)).toContainEqual(
    expect.objectContaining({ kind: 'moderation', excerpt: 'Ben has filmed this.' }),
  )
  expect(await heardBy(ben)).toContainEqual(expect.objectContaining({ kind: 'report_handled' }))
  await expect(ana.call('editVideo', { params, body: { privacy: 'public' } })).rejects.toMatchObject({
    code: 'video_hidden',
  })
  await mo.call('restoreVideo', { params })
  expect((await house.anyone.call('getVideo', { params })).privacy).toBe('public')
  const acts = (await boss.call('listStaffActs', { query: { subjectId: videoId } })).items.map((it) => it.act)
  expect(acts).toEqual(['video.restore', 'video.hide'])
})

test('whom somebody has blocked or muted cannot reach them by a name in a comment', async () => {
  await using house = await openHouse()
  const [ana, ben, cara] = [await house.member('Ana'), await house.member('Ben'), await house.member('Cara')]
  const videoId = await publishedBy(house, ana)
  const text = `@${ben.channel.handle} @${cara.channel.handle} look`
  await ben.call('setBlock', { params: { handle: ana.channel.handle }, body: { kind: 'block' } })

  await ana.call('postComment', { params: { videoId }, body: { text } })
  await house.runJobs()

  const kinds = async (who: typeof ana) => (await who.call('listNotifications')).items.map((it) => it.kind)
  expect(await kinds(ben)).toEqual([])
  expect(await kinds(cara)).toEqual(['mention'])
})

test('names that look alike, forged origins, replayed tokens, floods: each is met by its own no', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)
  const code = (work: Promise<unknown>) =>
    work.then(
      () => 'yes',
      (thrown) => thrown.code,
    )

  // A handle is of letters that cannot be taken for others; a name may not turn or hide itself.
  for (const handle of ['аna', 'ana\u200b', 'ANA', 'ana.', `${ana.channel.handle}\u0301`])
    expect(await code(ben.call('createChannel', { body: { name: 'Ana', handle } })), handle).toBe('bad_request')
  for (const name of ['Ana\u202egnp.exe', 'A\u200bna', `A${'\u0301'.repeat(9)}na`, '\u3164'])
    expect(await code(ben.call('editAccount', { body: { name } })), name).toBe('bad_request')
  // What shows as one sign counts as one, however many units it takes: sixty are a name, sixty-one are not.
  expect(await code(ben.call('editAccount', { body: { name: '🎬'.repeat(60) } }))).toBe('yes')
  expect(await code(ben.call('editAccount', { body: { name: '🎬'.repeat(61) } }))).toBe('bad_request')

  const like = (headers: Record<string, string>) =>
    house.anyone.fetch(`/api/videos/${videoId}/reaction`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ reaction: 'like' }),
    })
  for (const forged of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: house.address },
    {},
  ] as Record<string, string>[])
    expect((await like({ cookie: ben.cookie, ...forged })).status, JSON.stringify(forged)).toBe(403)
  const token = await ben.call('createToken', { body: { name: 'x', scopes: ['write'] } })
  const bearer = { authorization: `Bearer ${token.secret}` }
  const likes = await Promise.all(Array.from({ length: 40 }, () => like(bearer)))
  expect(new Set(likes.map((it) => it.status))).toEqual(new Set([200]))
  expect((await ana.call('getVideo', { params: { videoId } })).likes).toBe(1)
  await ben.call('removeToken', { params: { tokenId: token.id } })
  expect((await like(bearer)).status).toBe(401)
  const { cookie } = ben
  await ben.call('signOut')
  expect((await like({ cookie, 'sec-fetch-site': 'same-origin' })).status).toBe(401)

  const flood = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      code(ana.call('postComment', { params: { videoId }, body: { text: `Again ${n}` } })),
    ),
  )
  expect(flood).toContain('too_many')
  const { count } = await house.anyone.call('listComments', { params: { videoId } })
  expect(count).toBe(flood.filter((it) => it === 'yes').length)
})
