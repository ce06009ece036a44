/** Videos: who sees and changes them, how they become ready, lists, and how they go. */
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { EndpointName } from '../../src/contract/contract.ts'
import type { Privacy } from '../../src/contract/shapes.ts'
import { VideoDraft } from '../../src/contract/videos.ts'
import * as videos from '../../src/features/videos/videos.ts'
import { type FakeClock, fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { told } from './server.ts'

/** A video that can be watched, as far as its rows tell: with a source, a run of one second and a thumbnail. */
async function published(house: House, owner: Member, draft: Record<string, unknown> = {}): Promise<string> {
  const { id } = await owner.call('createVideo', { body: { title: 'A walk', ...draft } })
  await videos.sourceArrived(house.app, id, { sourceKey: `sources/${id}/x`, sourceName: 'walk.mp4', sourceBytes: 1000 })
  await insertRun(house, id, 'run1')
  await videos.markReady(house.app, id, { runId: 'run1', durationMs: 1000, width: 640, height: 360 })
  await videos.setThumbnail(house.app, id, `videos/${id}/run1/thumbnail.jpg`)
  return id
}

async function insertRun(house: House, videoId: string, runId: string): Promise<void> {
  const { db, clock } = house.app
  await db
    .insertInto('runs')
    .values({ video_id: videoId, run_id: runId, plan: '{}', source_key: 'x', created_at: clock.now() })
    .execute()
  await db
    .insertInto('spans')
    .values([
      {
        video_id: videoId,
        run_id: runId,
        span_no: 0,
        renditions: ['360p', 'audio'],
        from_segment: 0,
        to_segment: 3,
        segments_done: 6,
        done_at: clock.now(),
      },
      {
        video_id: videoId,
        run_id: runId,
        span_no: 1,
        renditions: ['360p', 'audio'],
        from_segment: 3,
        to_segment: 5,
        segments_done: 1,
      },
    ])
    .execute()
  const common = {
    video_id: videoId,
    run_id: runId,
    bits_per_second: 500_000,
    size_bytes: 1234,
    state: 'making' as const,
  }
  await db
    .insertInto('video_files')
    .values([
      { ...common, rendition: 'audio', kind: 'audio', codec: 'mp4a.40.2' },
      { ...common, rendition: '360p', kind: 'video', codec: 'avc1.4d401e', width: 640, height: 360, frame_rate: 25 },
    ])
    .execute()
}

const draftOf = (title: string) => VideoDraft.parse({ title })

test('a video begins as a draft with what was said of it', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')

  const video = await ana.call('createVideo', {
    body: {
      title: '  A walk ',
      tags: ['Sea', 'sea', 'ＳＥＡ', 'wind'],
      language: 'pt-BR',
      licence: 'cc-by',
      category: 'travel',
      privacy: 'unlisted',
    },
  })

  expect(video).toMatchObject({
    title: 'A walk',
    description: '',
    tags: ['Sea', 'wind'],
    language: 'pt-BR',
    licence: 'cc-by',
    category: 'travel',
    privacy: 'unlisted',
    state: 'uploading',
    channel: { handle: ana.channel.handle },
    views: 0,
    mine: true,
  })
  expect(video.id).toMatch(/^[0-9A-Za-z]{12}$/)
  expect(video).not.toHaveProperty('published')
})

test('texts that are none are refused: too long, too short, controlled, broken', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const cases: [unknown, string][] = [
    [{ title: 'x'.repeat(10_000) }, 'body.title: is longer than 200 characters'],
    [{ title: ' ' }, 'body.title: must not be empty'],
    [{ title: 'bell\u0007' }, 'body.title: holds control characters'],
    [{ title: 'half \ud83c' }, 'body.title: is not well-formed Unicode'],
    [{ title: 'x', description: 'y'.repeat(10_001) }, 'body.description: is longer than 10000 characters'],
    [{ title: 'x', tags: Array.from({ length: 31 }, (_, i) => `t${i}`) }, 'body.tags: is more than 30 items'],
    [{ title: 'x', tags: ['z'.repeat(41)] }, 'body.tags.0: is longer than 40 characters'],
    [{ title: 'x', language: 'english' }, 'body.language: is not a language tag'],
    [{ title: 'x', privacy: 'secret' }, 'body.privacy: must be one of public, unlisted, private'],
  ]
  for (const [body, detail] of cases) {
    const answer = await ana.fetch('/api/videos', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect([answer.status, (await told(answer)).detail]).toEqual([400, detail])
  }
  const broken = Buffer.concat([Buffer.from('{"title":"a'), Buffer.from([0xff, 0xfe]), Buffer.from('b"}')])
  const answer = await ana.fetch('/api/videos', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: broken,
  })
  expect([answer.status, (await told(answer)).detail]).toEqual([400, 'the body is not UTF-8'])
  const kept = await ana.call('createVideo', { body: { title: 'émoji 🎬 and\ttab', description: 'line\nline' } })
  expect(kept).toMatchObject({ title: 'émoji 🎬 and\ttab', description: 'line\nline' })
})

test('who sees and who changes what', async () => {
  await using house = await openHouse()
  const owner = await house.member('Owner')
  const other = await house.member('Other')
  const moderator = await house.member('Moderator')
  await house.app.db.updateTable('accounts').set({ role: 'moderator' }).where('account_id', '=', moderator.id).execute()
  const people = { owner, other, anonymous: house.anyone, moderator, admin: await house.admin() }
  const seen: Record<string, Record<string, string>> = {}

  for (const privacy of ['public', 'unlisted', 'private'] as Privacy[]) {
    for (const [name, person] of Object.entries(people)) {
      const id = await published(house, owner, { privacy })
      const params = { videoId: id }
      const outcome = (call: Promise<unknown>) => call.then(() => 'ok').catch((failed) => failed.code as string)
      const { items } = await person.call('listVideos')
      const channel = await person.call('listChannelVideos', { params: { handle: owner.channel.handle } })
      seen[`${privacy} ${name}`] = {
        get: await outcome(person.call('getVideo', { params })),
        files: await outcome(person.call('listVideoFiles', { params })),
        listed: String([items, channel.items].every((list) => list.some((it) => it.id === id))),
        edit: await outcome(person.call('editVideo', { params, body: { title: 'Mine now' } })),
        remove: await outcome(person.call('removeVideo', { params })),
      }
    }
  }

  const all = { get: 'ok', files: 'ok', edit: 'ok', remove: 'ok' }
  const look = { get: 'ok', files: 'ok', edit: 'not_allowed', remove: 'not_allowed' }
  const nothing = {
    get: 'video_not_found',
    files: 'video_not_found',
    edit: 'video_not_found',
    remove: 'video_not_found',
  }
  const stranger = { edit: 'sign_in_needed', remove: 'sign_in_needed' }
  expect(seen).toEqual({
    'public owner': { ...all, listed: 'true' },
    'public other': { ...look, listed: 'true' },
    'public anonymous': { ...look, ...stranger, listed: 'true' },
    'public moderator': { ...look, listed: 'true' },
    'public admin': { ...all, listed: 'true' },
    'unlisted owner': { ...all, listed: 'false' },
    'unlisted other': { ...look, listed: 'false' },
    'unlisted anonymous': { ...look, ...stranger, listed: 'false' },
    'unlisted moderator': { ...look, listed: 'false' },
    'unlisted admin': { ...all, listed: 'false' },
    'private owner': { ...all, listed: 'false' },
    'private other': { ...nothing, listed: 'false' },
    'private anonymous': { ...nothing, ...stranger, listed: 'false' },
    'private moderator': { ...look, listed: 'false' },
    'private admin': { ...all, listed: 'false' },
  })
}, 60_000)

test('a video that is hidden and one that never was are refused in the same words', async () => {
  await using house = await openHouse()
  const owner = await house.member('Owner')
  const id = await published(house, owner, { privacy: 'private' })
  const ask = async (videoId: string) => {
    const { requestId: _, ...problem } = await told(await house.anyone.fetch(`/api/videos/${videoId}`))
    return problem
  }

  expect(await ask(id)).toEqual(await ask('neverMade1234'))
  const odd = await house.anyone.fetch(`/api/videos/${encodeURIComponent("x' or 1=1")}`)
  expect([odd.status, (await told(odd)).code]).toEqual([400, 'bad_request'])
})

test('from the last byte to ready and optimised, each step may be said twice', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const { id } = await ana.call('createVideo', { body: { title: 'A walk' } })
  const look = () => ana.call('getVideo', { params: { videoId: id } })
  const source = { sourceKey: `sources/${id}/x`, sourceName: 'walk.mp4', sourceBytes: 1000 }

  await videos.sourceArrived(house.app, id, source)
  await videos.sourceArrived(house.app, id, { ...source, sourceKey: 'other' })
  expect(await look()).toMatchObject({ state: 'processing' })
  expect((await ana.call('me')).usedBytes).toBe(1000)
  expect((await videos.loadVideo(house.app, id))?.source_key).toBe(source.sourceKey)

  await insertRun(house, id, 'run1')
  await videos.markReady(house.app, id, { runId: 'run1', durationMs: 1000.4, width: 640, height: 360 })
  const ready = await look()
  expect(ready).toMatchObject({
    state: 'ready',
    durationMs: 1000,
    progress: { segmentsDone: 7, segmentsTotal: 10, optimised: false },
    published: clock.now().toISOString(),
  })
  await videos.sourceArrived(house.app, id, source)
  await videos.markFailed(house.app, id, 'source_undecodable', 'late')
  expect(await look()).toMatchObject({ state: 'ready' })

  await videos.markOptimised(house.app, id)
  expect((await look()).progress).toEqual({ segmentsDone: 10, segmentsTotal: 10, optimised: true })
  clock.advance(60_000)
  await insertRun(house, id, 'run2')
  await videos.markReady(house.app, id, { runId: 'run2', durationMs: 1000, width: 1280, height: 720 })
  expect(await look()).toMatchObject({ width: 1280, published: ready.published, progress: { optimised: false } })
})

test('why a video failed is told to its owner in a sentence, and to nobody else', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const { id } = await ana.call('createVideo', { body: { title: 'A walk' } })
  await videos.sourceArrived(house.app, id, { sourceKey: `sources/${id}/x`, sourceName: 'walk.mp4', sourceBytes: 1000 })

  await videos.markFailed(house.app, id, 'source_not_media', 'ffprobe said: /secret/path')

  const reason = {
    code: 'source_not_media',
    sentence: 'This file is not a video or sound recording in a format known here.',
  }
  const params = { videoId: id }
  expect(await ana.call('getVideo', { params })).toMatchObject({ state: 'failed', reason })
  expect((await ana.call('listMyVideos')).items).toMatchObject([{ id, state: 'failed', reason }])
  expect(await house.anyone.call('getVideo', { params })).not.toHaveProperty('reason')
  expect(JSON.stringify(await ana.call('getVideo', { params }))).not.toContain('secret')
  expect((await house.anyone.call('listVideos')).items).toEqual([])
})

test('an edit changes what is given and nothing else', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const id = await published(house, ana, { title: 'Before', tags: ['a'], language: 'en', description: 'old' })
  const params = { videoId: id }

  const titled = await ana.call('editVideo', { params, body: { title: 'After' } })
  expect(titled).toMatchObject({ title: 'After', description: 'old', tags: ['a'], language: 'en', privacy: 'public' })
  const silent = await ana.call('editVideo', { params, body: { language: null, tags: ['B', 'b'], privacy: 'private' } })
  expect(silent).toMatchObject({ title: 'After', tags: ['B'], privacy: 'private' })
  expect(silent).not.toHaveProperty('language')
  expect(await ana.call('editVideo', { params, body: {} })).toMatchObject({ title: 'After' })
  await expect(house.anyone.call('getVideo', { params })).rejects.toMatchObject({ code: 'video_not_found' })
  expect((await house.anyone.call('listVideos')).items).toEqual([])
})

test('the thumbnail of a public video has a plain address, that of another carries a grant', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const open = await published(house, ana)
  const hidden = await published(house, ana, { privacy: 'private' })

  expect((await house.anyone.call('getVideo', { params: { videoId: open } })).thumbnail).toBe(
    `/videos/${open}/run1/thumbnail.jpg`,
  )
  expect((await ana.call('getVideo', { params: { videoId: hidden } })).thumbnail).toMatch(
    new RegExp(`^/t/[^/]+/videos/${hidden}/run1/thumbnail.jpg$`),
  )
})

test('the files of a video are listed with what they are', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const id = await published(house, ana)

  const { items } = await house.anyone.call('listVideoFiles', { params: { videoId: id } })

  expect(items).toEqual([
    {
      rendition: '360p',
      kind: 'video',
      codec: 'avc1.4d401e',
      width: 640,
      height: 360,
      frameRate: 25,
      bitsPerSecond: 500_000,
      sizeBytes: 1234,
      state: 'making',
    },
    { rendition: 'audio', kind: 'audio', codec: 'mp4a.40.2', bitsPerSecond: 500_000, sizeBytes: 1234, state: 'making' },
  ])
})

async function walk(
  name: EndpointName & ('listVideos' | 'listChannelVideos' | 'listMyVideos'),
  who: Pick<Member, 'call'>,
  between: () => Promise<unknown>,
  params?: { handle: string },
) {
  const seen: string[] = []
  let after: string | undefined
  for (let page = 0; page < 50; page++) {
    const answer: { items: { id: string }[]; next?: string | undefined } = await who.call(
      name as 'listVideos',
      { ...(params ? { params } : {}), query: { limit: 3, ...(after ? { after } : {}) } } as never,
    )
    seen.push(...answer.items.map((it) => it.id))
    if (!answer.next) return seen
    after = answer.next
    await between()
  }
  throw new Error('the list has no end')
}

test('pages follow one another without gap or repetition while videos are added and share their time', async () => {
  const clock: FakeClock = fakeClock()
  await using house = await openHouse({ clock })
  const ana = await house.admin()
  const made: string[] = []
  const make = async () => {
    const row = await videos.createDraft(house.app, ana.id, draftOf(`Video ${made.length}`))
    await videos.markReady(house.app, row.video_id, { runId: 'r', durationMs: 1, width: 2, height: 2 })
    return row.video_id
  }
  for (let i = 0; i < 20; i++) {
    made.push(await make())
    // In groups of four of one and the same moment.
    if (i % 4 === 3) clock.advance(1000)
  }

  for (const name of ['listVideos', 'listChannelVideos', 'listMyVideos'] as const) {
    const seen = await walk(name, ana, make, name === 'listChannelVideos' ? { handle: ana.channel.handle } : undefined)
    const old = seen.filter((id) => made.includes(id))
    expect(new Set(seen).size, name).toBe(seen.length)
    expect([...old].sort(), name).toEqual([...made].sort())
    const groups = old.map((id) => Math.floor(made.indexOf(id) / 4))
    expect(groups, name).toEqual([...groups].sort((a, b) => b - a))
  }
})

test('cursors that are none of ours are refused', async () => {
  await using house = await openHouse()
  for (const after of [
    'nonsense',
    '%00',
    Buffer.from("1.x' or 1=1 --").toString('base64url'),
    Buffer.from('9'.repeat(40)).toString('base64url'),
  ]) {
    const answer = await house.anyone.fetch(`/api/videos?after=${encodeURIComponent(after)}`)
    expect([answer.status, (await told(answer)).detail]).toEqual([400, 'query.after: is not a cursor of this list'])
  }
  const wide = await house.anyone.fetch('/api/videos?limit=61')
  expect([wide.status, (await told(wide)).detail]).toEqual([400, 'query.limit: is more than 60'])
})

test('a channel tells of itself and counts what everyone can watch', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana Lima')
  await published(house, ana)
  await published(house, ana, { privacy: 'unlisted' })
  await ana.call('createVideo', { body: { title: 'still uploading' } })

  const channel = await house.anyone.call('getChannel', { params: { handle: ana.channel.handle } })

  expect(channel).toMatchObject({ handle: 'ana-lima', name: 'Ana Lima', videoCount: 1 })
  const nobody = { params: { handle: 'nobody-here' } }
  await expect(house.anyone.call('getChannel', nobody)).rejects.toMatchObject({
    status: 404,
    code: 'channel_not_found',
  })
  await expect(house.anyone.call('listChannelVideos', nobody)).rejects.toMatchObject({ code: 'channel_not_found' })
})

test('deleting a video takes its rows at once and its files soon, however often it is swept', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const { app } = house
  const ana = await house.member('Ana')
  const id = await published(house, ana)
  const kept = await published(house, ana)
  const keysOf = (video: string) => [
    `sources/${video}/x`,
    `videos/${video}/run1/thumbnail.jpg`,
    `videos/${video}/run1/360p/0.m4s`,
  ]
  for (const key of [...keysOf(id), ...keysOf(kept)]) await app.blobs.put(key, Readable.from([Buffer.from('bytes')]))
  const heard: string[] = []
  app.bus.listen(videos.videoChanged, (event) => heard.push(event.body.videoId))

  await ana.call('removeVideo', { params: { videoId: id } })

  await expect(ana.call('getVideo', { params: { videoId: id } })).rejects.toMatchObject({ code: 'video_not_found' })
  await expect(ana.call('removeVideo', { params: { videoId: id } })).rejects.toMatchObject({ code: 'video_not_found' })
  await house.runJobs()
  const left = async (video: string) =>
    (await Promise.all(keysOf(video).map((key) => app.blobs.head(key)))).filter((it) => it !== undefined).length
  expect([await left(id), await left(kept)]).toEqual([0, 3])
  expect((await ana.call('me')).usedBytes).toBe(1000)
  await expect.poll(() => heard.includes(id)).toBe(true)

  // A worker that was still at it wrote one more piece; the second sweep finds it.
  await app.blobs.put(`videos/${id}/run1/360p/1.m4s`, Buffer.from('late'))
  clock.advance(31 * 60_000)
  await house.runJobs()
  expect(await app.blobs.head(`videos/${id}/run1/360p/1.m4s`)).toBeUndefined()
  expect(await left(kept)).toBe(3)
})

test('a video that is being deleted while somebody edits it ends deleted, without a fault', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const id = await published(house, ana)
  const params = { videoId: id }

  const outcomes = await Promise.allSettled([
    ...Array.from({ length: 5 }, (_, i) => ana.call('editVideo', { params, body: { title: `T ${i}` } })),
    ana.call('removeVideo', { params }),
    ana.call('removeVideo', { params }),
  ])

  for (const it of outcomes) if (it.status === 'rejected') expect(it.reason.code).toBe('video_not_found')
  await expect(ana.call('getVideo', { params })).rejects.toMatchObject({ code: 'video_not_found' })
})
