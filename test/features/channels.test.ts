/** Channels: several of one account, their faces, and teams with roles that hold. */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { type House, type Member, openHouse } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'

const own = (who: Member) => ({ handle: who.channel.handle })

test('an account has several channels, publishes on each, and closes the empty one', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const second = await ana.call('createChannel', {
    body: { name: 'Ana cooks', handle: 'ana-cooks', description: 'Soup' },
  })
  expect(second).toMatchObject({ handle: 'ana-cooks', description: 'Soup', myRole: 'owner', videoCount: 0 })
  await expect(ben.call('createChannel', { body: { name: 'x', handle: 'ana-cooks' } })).rejects.toMatchObject({
    code: 'handle_taken',
  })

  const videoId = await publishedBy(house, ana, { channel: 'ana-cooks' })
  expect((await house.anyone.call('getVideo', { params: { videoId } })).channel.handle).toBe('ana-cooks')
  await expect(ben.call('createVideo', { body: { title: 'x', channel: 'ana-cooks' } })).rejects.toMatchObject({
    code: 'not_allowed',
  })
  expect((await ana.call('listMyChannels')).items.map((it) => [it.handle, it.role])).toEqual([
    [ana.channel.handle, 'owner'],
    ['ana-cooks', 'owner'],
  ])

  await expect(ana.call('removeChannel', { params: { handle: 'ana-cooks' } })).rejects.toMatchObject({
    code: 'channel_not_empty',
  })
  await ana.call('removeVideo', { params: { videoId } })
  await ana.call('removeChannel', { params: { handle: 'ana-cooks' } })
  await expect(ana.call('removeChannel', { params: own(ana) })).rejects.toMatchObject({ code: 'last_channel' })
})

test('a channel says of itself what its owner wrote, and names that deceive are refused', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)
  const links = [{ title: 'Home', address: 'https://ana.example/' }]
  const edited = await ana.call('editChannel', {
    params: own(ana),
    body: { name: 'Ana B', description: 'Hi', links, featuredVideoId: videoId, handle: 'ana-b' },
  })
  expect(edited).toMatchObject({ name: 'Ana B', handle: 'ana-b', links, featured: { id: videoId } })
  await ana.call('editVideo', { params: { videoId }, body: { privacy: 'private' } })
  expect((await house.anyone.call('getChannel', { params: { handle: 'ana-b' } })).featured).toBeUndefined()

  const edit = (body: Record<string, unknown>) => ana.call('editChannel', { params: { handle: 'ana-b' }, body })
  for (const name of ['a\u202enA', 'An\u200ba', 'A\nna', `A${'\u0301'.repeat(9)}`, ''])
    await expect(edit({ name }), JSON.stringify(name)).rejects.toMatchObject({ code: 'bad_request' })
  for (const address of ['javascript:alert(1)', 'data:text/html,x', 'https://a:b@c.example', 'x'])
    await expect(edit({ links: [{ title: 'x', address }] }), address).rejects.toMatchObject({ code: 'bad_request' })
  const other = await publishedBy(house, ben)
  await expect(edit({ featuredVideoId: other })).rejects.toMatchObject({ code: 'video_not_found' })
  await expect(edit({ handle: ben.channel.handle })).rejects.toMatchObject({ code: 'handle_taken' })
  await expect(ben.call('editChannel', { params: { handle: 'ana-b' }, body: { name: 'Mine' } })).rejects.toMatchObject({
    code: 'not_allowed',
  })
})

test('a team: who is invited, what each role may, and how it ends', async () => {
  await using house = await openHouse()
  const [ana, ed, vi] = [await house.member('Ana'), await house.member('Ed'), await house.member('Vi')]
  const videoId = await publishedBy(house, ana, { privacy: 'private' })
  const params = { videoId }
  const invite = (who: Member, role: 'owner' | 'editor' | 'viewer') =>
    ana.call('setTeamMember', { params: { ...own(ana), member: who.channel.handle }, body: { role } })
  await invite(ed, 'editor')
  await invite(vi, 'viewer')
  expect((await ed.call('listNotifications')).items).toMatchObject([
    { kind: 'team_invitation', channel: { handle: ana.channel.handle } },
  ])

  // Invited is not yet in.
  await expect(ed.call('getVideo', { params })).rejects.toMatchObject({ code: 'video_not_found' })
  for (const who of [ed, vi]) await who.call('acceptInvitation', { params: own(ana) })
  await expect(ana.call('acceptInvitation', { params: own(ed) })).rejects.toMatchObject({ code: 'not_found' })

  expect(await ed.call('editVideo', { params, body: { title: 'By Ed' } })).toMatchObject({ title: 'By Ed', mine: true })
  expect(await vi.call('getVideo', { params })).toMatchObject({ mine: false })
  await expect(vi.call('editVideo', { params, body: { title: 'x' } })).rejects.toMatchObject({ code: 'not_allowed' })
  expect((await vi.call('listAllChannelVideos', { params: own(ana) })).items).toHaveLength(1)
  await expect(vi.call('createVideo', { body: { title: 'x', channel: ana.channel.handle } })).rejects.toMatchObject({
    code: 'not_allowed',
  })
  const byEd = await ed.call('createVideo', { body: { title: 'Ed made it', channel: ana.channel.handle } })
  expect(await ana.call('getVideo', { params: { videoId: byEd.id } })).toMatchObject({ mine: true })
  await ed.call('editChannel', { params: own(ana), body: { description: 'by Ed' } })
  await expect(ed.call('editChannel', { params: own(ana), body: { handle: 'ed-owns-it' } })).rejects.toMatchObject({
    code: 'not_allowed',
  })
  await expect(
    ed.call('setTeamMember', { params: { ...own(ana), member: vi.channel.handle }, body: { role: 'owner' } }),
  ).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(ed.call('removeChannel', { params: own(ana) })).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(invite(ana, 'viewer')).rejects.toMatchObject({ code: 'own_channel' })

  expect(
    (await ana.call('listTeam', { params: own(ana) })).items.map((it) => [it.channel.name, it.role, it.accepted]),
  ).toEqual([
    ['Ed', 'editor', true],
    ['Vi', 'viewer', true],
  ])
  await vi.call('removeTeamMember', { params: { ...own(ana), member: vi.channel.handle } })
  await expect(vi.call('getVideo', { params })).rejects.toMatchObject({ code: 'video_not_found' })
  await invite(ed, 'viewer')
  await expect(ed.call('editVideo', { params, body: { title: 'again' } })).rejects.toMatchObject({
    code: 'not_allowed',
  })
})

test('a channel changes hands with its videos, only to an owner of its team', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  await ana.call('createChannel', { body: { name: 'Shop', handle: 'the-shop' } })
  const videoId = await publishedBy(house, ana, { channel: 'the-shop', privacy: 'private' })
  const give = (who: Member, handle = 'the-shop') =>
    who.call('transferChannel', { params: { handle }, body: { to: ben.channel.handle } })

  await expect(give(ana)).rejects.toMatchObject({ code: 'not_allowed' })
  await ana.call('setTeamMember', {
    params: { handle: 'the-shop', member: ben.channel.handle },
    body: { role: 'owner' },
  })
  await expect(give(ana)).rejects.toMatchObject({ code: 'not_allowed' })
  await ben.call('acceptInvitation', { params: { handle: 'the-shop' } })
  await expect(give(ben)).rejects.toMatchObject({ code: 'not_allowed' })
  await give(ana)

  expect(await ben.call('getVideo', { params: { videoId } })).toMatchObject({ mine: true })
  await expect(ana.call('getVideo', { params: { videoId } })).rejects.toMatchObject({ code: 'video_not_found' })
  expect((await ben.call('listMyChannels')).items.map((it) => it.handle)).toEqual([ben.channel.handle, 'the-shop'])
  await ana.call('setTeamMember', { params: { ...own(ana), member: ben.channel.handle }, body: { role: 'owner' } })
  await ben.call('acceptInvitation', { params: own(ana) })
  await expect(give(ana, ana.channel.handle)).rejects.toMatchObject({ code: 'last_channel' })
})

const drawn = (size: string, codec: string[], format: string): Buffer =>
  execFileSync('ffmpeg', [
    '-hide_banner',
    '-loglevel',
    'error',
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=${size}`,
    '-frames:v',
    '1',
    ...codec,
    '-f',
    format,
    'pipe:1',
  ])

const send = (who: { fetch: Member['fetch'] }, handle: string, picture: string, body: Buffer | string) =>
  who.fetch(`/api/channels/${handle}/pictures/${picture}`, {
    method: 'PUT',
    body: new Uint8Array(Buffer.from(body)),
    headers: { 'content-type': 'application/octet-stream' },
  })

test('an avatar and a banner are drawn anew from what was sent, and the old ones go', async () => {
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const { handle } = ana.channel
  const secret = 'GPS 52.5200 13.4050'
  const jpeg = Buffer.concat([drawn('900x600', ['-c:v', 'mjpeg'], 'mjpeg'), Buffer.from(secret)])
  const answer = await send(ana, handle, 'avatar', jpeg)
  expect(answer.status).toBe(200)
  const first = ((await answer.json()) as { avatar: string }).avatar
  const picture = await house.anyone.fetch(first)
  expect(picture.headers.get('content-type')).toBe('image/jpeg')
  expect(picture.headers.get('cache-control')).toContain('immutable')
  const bytes = Buffer.from(await picture.arrayBuffer())
  expect(bytes.includes(secret)).toBe(false)
  expect(sizeOf(bytes)).toEqual([256, 256])

  const second = (await (
    await send(ana, handle, 'avatar', drawn('300x500', ['-c:v', 'png'], 'image2pipe'))
  ).json()) as { avatar: string }
  expect(second.avatar).not.toBe(first)
  expect((await house.anyone.fetch(first)).status).toBe(404)
  const banner = (await (await send(ana, handle, 'banner', drawn('600x300', ['-c:v', 'libwebp'], 'webp'))).json()) as {
    banner: string
  }
  expect(sizeOf(Buffer.from(await (await house.anyone.fetch(banner.banner)).arrayBuffer()))).toEqual([2048, 340])
  const videoId = await publishedBy(house, ana)
  expect((await house.anyone.call('getVideo', { params: { videoId } })).channel.avatar).toBe(second.avatar)
  expect((await send(ben, handle, 'avatar', jpeg)).status).toBe(403)
  expect((await send(house.anyone, handle, 'avatar', jpeg)).status).toBe(401)

  expect((await ana.call('removePicture', { params: { handle, picture: 'avatar' } })).avatar).toBeUndefined()
  expect(await blobsOf(house)).toEqual([banner.banner.slice(1)])
})

test('what is no picture, or a hostile one, leaves nothing behind', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const png = drawn('64x64', ['-c:v', 'png'], 'image2pipe')
  const hugePng = Buffer.from(png)
  hugePng.writeUInt32BE(60_000, 16)
  hugePng.writeUInt32BE(60_000, 20)
  const hostile: (Buffer | string)[] = [
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    '#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n',
    '',
    png.subarray(0, 40),
    hugePng,
    Buffer.concat([Buffer.from('\xff\xd8\xff', 'latin1'), Buffer.alloc(5000, 7)]),
  ]
  for (const [n, body] of hostile.entries()) {
    const answer = await send(ana, ana.channel.handle, 'avatar', body)
    expect([n, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([n, 422, 'picture_unreadable'])
  }
  expect(await blobsOf(house)).toEqual([])
  expect((await send(ana, ana.channel.handle, 'face', png)).status).toBe(404)
  for (const path of [
    '/channels/x/avatar-12345678.jpg',
    '/channels/abcdefgh/..%2f..%2fx',
    '/channels/abcdefgh/raw-123456789012',
  ])
    expect((await house.anyone.fetch(path)).status).toBe(404)
})

async function blobsOf(house: House): Promise<string[]> {
  const keys: string[] = []
  for await (const key of house.app.blobs.list('channels/')) keys.push(key)
  return keys
}

/** Width and height in the frame header of a JPEG (ITU-T T.81 B.2.2). */
function sizeOf(jpeg: Buffer): [number, number] {
  for (let at = 2; ; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg[at + 1]!
    if (marker >= 0xc0 && marker <= 0xc3) return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)]
  }
}
