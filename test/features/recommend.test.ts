/** Recommendations through the API: what a viewer sees after what was watched, by them and by others. */
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { hotFrom } from '../../src/features/recommend/items/boards.ts'
import { liveOf } from '../../src/features/recommend/live.ts'
import {
  beginExperiment,
  endExperiment,
  hearWatch,
  home,
  listModels,
  reportExperiment,
  serveVersion,
  trainModel,
} from '../../src/features/recommend/recommend.ts'
import type { Viewer } from '../../src/platform/http/http.ts'
import { findViewer } from '../../src/platform/http/viewer.ts'
import { openApp } from '../../src/platform/open.ts'
import { type Caller, type House, type Member, openHouse } from '../support/house.ts'
import { putVideo as put } from '../support/put-video.ts'

const MINUTE_MS = 60_000

/** As the player reports it: the history is kept by watching, what it means is heard here. */
async function watches(house: House, who: Member, ...videoIds: string[]): Promise<void> {
  for (const videoId of videoIds) {
    await house.app.db
      .insertInto('watch_history')
      .values({
        account_id: who.id,
        video_id: videoId,
        position_ms: 5 * MINUTE_MS,
        watched_ms: 5 * MINUTE_MS,
        completed: true,
        updated_at: house.app.clock.now(),
      })
      .onConflict((it) => it.columns(['account_id', 'video_id']).doNothing())
      .execute()
    await hearWatch(house.app, {
      viewer: `account:${who.id}`,
      videoId,
      watchedMs: 5 * MINUTE_MS,
      durationMs: 10 * MINUTE_MS,
    })
  }
}

async function homeOf(who: Caller, query: object = {}) {
  return who.call('recommendHome', { query })
}

test('an empty platform has an empty page', async () => {
  await using house = await openHouse()
  expect(await homeOf(house.anyone)).toEqual({ items: [], shelves: [], topics: [] })
})

test('on a platform an hour old everybody sees everything, once, page after page', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const videoIds = []
  for (let count = 0; count < 10; count++) videoIds.push(await put(house, ana, { title: `Clip ${count}`, daysOld: 0 }))
  await put(house, ana, { title: 'Mine alone', privacy: 'private' })

  const first = await homeOf(house.anyone, { limit: 6 })
  const second = await homeOf(house.anyone, { limit: 6, after: first.next })

  const seen = [...first.items, ...second.items].map((it) => it.video.id)
  expect(seen).toHaveLength(10)
  expect(new Set(seen)).toEqual(new Set(videoIds))
  expect(second.next).toBeUndefined()
})

test('what was watched to the end since a page was made is not on the one that follows it', async () => {
  await using house = await openHouse()
  const [ana, ben] = await Promise.all(['Ana', 'Ben'].map((name) => house.member(name)))
  for (let count = 0; count < 8; count++) await put(house, ana!, { title: `Clip ${count}` })
  const first = await homeOf(ben!, { limit: 3 })
  const rest = async () => (await homeOf(ben!, { limit: 8, after: first.next })).items.map(({ video }) => video.id)
  const before = await rest()

  await watches(house, ben!, first.items[0]!.video.id, before[1]!)

  expect(await rest()).toEqual(before.filter((_, at) => at !== 1))
})

test('who watched one video is shown what others watched with it, and told so, within a second', async () => {
  await using house = await openHouse()
  const [ana, ben, cleo, dora] = await Promise.all(['Ana', 'Ben', 'Cleo', 'Dora'].map((name) => house.member(name)))
  const knots = await put(house, ana!, { title: 'Knots' })
  const sails = await put(house, ana!, { title: 'Sails' })
  for (let count = 0; count < 30; count++) await put(house, ben!, { title: `Other ${count}`, daysOld: 1 })
  await homeOf(dora!)
  await watches(house, ben!, knots, sails)
  await watches(house, cleo!, knots, sails)

  const startMs = performance.now()
  await watches(house, dora!, knots)
  const page = await homeOf(dora!)

  expect(performance.now() - startMs).toBeLessThan(1000)
  expect(page.items[0]).toMatchObject({
    video: { id: sails },
    why: { because: 'watched', videoId: knots, title: 'Knots' },
  })
  expect(page.items.map((it) => it.video.id)).not.toContain(knots)
})

test('a visit without an account is followed too, and only for itself', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const first = await put(house, ana, { title: 'Trains of the Alps', tags: ['trains', 'alps'], category: 'travel' })
  const like = await put(house, ana, { title: 'More trains', tags: ['Trains'], category: 'travel', daysOld: 90 })
  const ben = await house.member('Ben')
  for (let count = 0; count < 20; count++)
    await put(house, ben, { title: `News ${count}`, category: 'news', daysOld: 1 })
  const before = await homeOf(house.anyone)
  expect(before.items[0]!.video.id).not.toBe(like)

  await hearWatch(house.app, {
    viewer: await nameOfVisit(house),
    videoId: first,
    watchedMs: 9 * MINUTE_MS,
    durationMs: 10 * MINUTE_MS,
  })
  const after = await homeOf(house.anyone)
  const elsewhere = await house.anyone.fetch('/api/recommendations', { headers: { 'user-agent': 'another browser' } })

  expect(after.items[0]).toMatchObject({ video: { id: like } })
  expect(after.items.map((it) => it.video.id)).not.toContain(first)
  const theirs = (await elsewhere.json()) as typeof after
  expect(theirs.items[0]!.video.id).not.toBe(like)
})

/** How playback tokens name whoever asks from this process without an account: known by address and browser. */
async function nameOfVisit(house: House): Promise<string> {
  const request = { headers: { 'user-agent': 'node' } } as IncomingMessage
  const viewer = await findViewer(house.app, async () => undefined, request, '127.0.0.1')
  return `viewer:${viewer.viewerKey}`
}

test('what is not wanted never comes again, until the wish is taken back', async () => {
  await using house = await openHouse()
  const [ana, ben, dora] = await Promise.all(['Ana', 'Ben', 'Dora'].map((name) => house.member(name)))
  const one = await put(house, ana!, { title: 'One' })
  const two = await put(house, ana!, { title: 'Two' })
  const three = await put(house, ben!, { title: 'Three' })
  const channelId = (await homeOf(dora!)).items.find((it) => it.video.id === three)!.video.channel.id

  await dora!.call('addWish', { body: { kind: 'not_video', id: one } })
  await dora!.call('addWish', { body: { kind: 'not_channel', id: channelId } })

  expect((await homeOf(dora!)).items.map((it) => it.video.id)).toEqual([two])
  expect((await dora!.call('getTastes')).unwanted).toEqual(
    expect.arrayContaining([
      { kind: 'not_video', id: one, title: 'One' },
      { kind: 'not_channel', id: channelId, title: 'Ben' },
    ]),
  )
  expect((await dora!.call('recommendNext', { params: { videoId: two } })).items).toEqual([])
  expect((await homeOf(house.anyone)).items).toHaveLength(3)

  await dora!.call('removeWish', { params: { kind: 'not_channel', id: channelId } })
  expect((await homeOf(dora!)).items.map((it) => it.video.id).sort()).toEqual([two, three].sort())
  await dora!.call('addWish', { body: { kind: 'not_channel', id: channelId } })
  await dora!.call('chooseTopics', { body: { topics: ['music'] } })
  await dora!.call('removeWishes')
  expect(await dora!.call('getTastes')).toEqual({ topics: ['music'], unwanted: [] })
  expect((await homeOf(dora!)).items).toHaveLength(3)
  await dora!.call('addWish', { body: { kind: 'not_video', id: one } })
  await dora!.call('resetTastes')
  expect((await homeOf(dora!)).items).toHaveLength(3)
})

test('a video that goes private is gone from the next page', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const shown = await put(house, ana, { title: 'Shown' })
  await put(house, ana, { title: 'Stays' })
  expect((await homeOf(house.anyone)).items).toHaveLength(2)

  await ana.call('editVideo', { params: { videoId: shown }, body: { privacy: 'private' } })

  expect((await homeOf(house.anyone)).items.map((it) => it.video.title)).toEqual(['Stays'])
  expect((await homeOf(ana)).items.map((it) => it.video.title)).toEqual(['Stays'])
})

test('a card says what is true now, whoever was shown it before', async () => {
  await using house = await openHouse()
  const [ana, ben] = await Promise.all(['Ana', 'Ben'].map((name) => house.member(name)))
  const videoId = await put(house, ana!, { title: 'Draft' })
  const cardOf = async (who: Caller) => (await homeOf(who)).items.find((it) => it.video.id === videoId)?.video
  for (const who of [house.anyone, ana!, ben!]) expect((await cardOf(who))?.title).toBe('Draft')

  await ana!.call('editVideo', { params: { videoId }, body: { title: 'Final' } })
  expect((await cardOf(ben!))?.title).toBe('Final')
  await ana!.call('editChannel', { params: { handle: ana!.channel.handle }, body: { name: 'Anew' } })
  expect((await cardOf(ben!))?.channel.name).toBe('Anew')
  await ana!.call('editVideo', { params: { videoId }, body: { privacy: 'private' } })
  expect(await cardOf(house.anyone)).toBeUndefined()
  await ana!.call('editVideo', { params: { videoId }, body: { privacy: 'public' } })
  // That it may be suggested again is heard of a moment later.
  await expect.poll(async () => (await cardOf(house.anyone))?.title).toBe('Final')
  await ana!.call('removeVideo', { params: { videoId } })
  expect(await cardOf(ben!)).toBeUndefined()
})

test('what one process has committed stands on no page of another one as it was before', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const videoIds: string[] = []
  for (let count = 0; count < 12; count++) videoIds.push(await put(house, ana, { title: `Clip ${count}` }))
  const other = await openApp(house.app.config, { migrated: true })
  try {
    const viewer: Viewer = { accountId: ana.id, role: 'member', addressPrefix: '', viewerKey: '' }
    const titles = async () => {
      const { items } = await home(other, viewer, { limit: 24 }, undefined)
      return new Map(items.map(({ video }) => [video.id, video.title]))
    }
    expect((await titles()).size).toBe(12)

    for (const videoId of videoIds.slice(0, 6)) {
      await ana.call('editVideo', { params: { videoId }, body: { title: 'Anew' } })
      expect((await titles()).get(videoId)).toBe('Anew')
    }
    for (const videoId of videoIds.slice(6)) {
      await ana.call('editVideo', { params: { videoId }, body: { privacy: 'private' } })
      expect([...(await titles()).keys()]).not.toContain(videoId)
    }
  } finally {
    await other.close()
  }
})

test('what was warm in a country is so again after a start', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const [here, there] = [await put(house, ana, { title: 'Here' }), await put(house, ana, { title: 'There' })]
  const { app } = house
  const day = new Date(Math.floor(app.clock.nowMs() / 86_400_000) * 86_400_000)
  const seen = (videoId: string, viewer: string) => ({ video_id: videoId, hour: day, viewer_key: viewer })
  await app.db
    .insertInto('counted_views')
    .values([seen(here, 'a'), seen(here, 'b'), seen(there, 'c')])
    .execute()
  const sum = (videoId: string, member: string, views: number) =>
    ({ subject: `v${videoId}`, dimension: 'country', grain: 'day', at: day, member, views }) as const
  await app.db
    .insertInto('analytics_sums')
    .values([
      sum(here, 'IS', 2),
      sum(there, 'AT', 1),
      { ...sum(there, 'IS', 9), at: new Date(day.getTime() - 30 * 86_400_000) },
    ])
    .execute()

  const live = await liveOf(app)

  const warmIn = (country: string) =>
    hotFrom(live, country, 10, app.clock.nowMs()).map(({ video }) => live.catalogue.idOf(video))
  expect(warmIn('IS')).toEqual([here])
  expect(warmIn('AT')).toEqual([there])
  expect(warmIn('DE')).toEqual([])
})

test('what follows a video can be pinned by those who made it, and by nobody else', async () => {
  await using house = await openHouse()
  const [ana, ben] = await Promise.all(['Ana', 'Ben'].map((name) => house.member(name)))
  const part1 = await put(house, ana!, { title: 'Part 1', tags: ['rome'] })
  const part2 = await put(house, ana!, { title: 'Part 2', daysOld: 300 })
  await put(house, ben!, { title: 'Much like part 1', tags: ['rome'], daysOld: 0 })
  const params = { videoId: part1 }

  await expect(ben!.call('pinNext', { params, body: { next: part2 } })).rejects.toMatchObject({ code: 'not_allowed' })
  await ana!.call('pinNext', { params, body: { next: part2 } })

  const { items } = await house.anyone.call('recommendNext', { params })
  expect(items[0]).toMatchObject({ video: { id: part2 }, why: { because: 'pinned' } })
  expect(items.map((it) => it.video.id)).not.toContain(part1)
})

test('chosen topics lead, and one topic can be asked for alone', async () => {
  await using house = await openHouse()
  const [ana, ben, dora] = await Promise.all(['Ana', 'Ben', 'Dora'].map((name) => house.member(name)))
  for (let count = 0; count < 8; count++) await put(house, ana!, { title: `Goal ${count}`, category: 'sports' })
  const song = await put(house, ben!, { title: 'A song', category: 'music' })

  await dora!.call('chooseTopics', { body: { topics: ['music'] } })

  const page = await homeOf(dora!)
  expect(page.items[0]).toMatchObject({ video: { id: song }, why: { because: 'topic', topic: 'music' } })
  expect(page.topics).toEqual(['music', 'sports'])
  expect((await homeOf(house.anyone, { topic: 'music' })).items.map((it) => it.video.id)).toEqual([song])
})

test('what is taken out of the history comes back to the page', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const videoId = await put(house, ana, { title: 'Seen' })
  await homeOf(ana)
  await watches(house, ana, videoId)
  expect((await homeOf(ana)).items).toEqual([])

  await ana.call('forgetWatched', { params: { videoId } })

  expect((await homeOf(ana)).items.map((it) => it.video.id)).toEqual([videoId])
  await watches(house, ana, videoId)
  expect((await homeOf(ana)).items).toEqual([])
})

test('a history on pause teaches nothing', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const videoId = await put(house, ana, { title: 'Watched in secret' })
  await ana.call('pauseHistory', { body: { paused: true } })
  await homeOf(ana)

  const playedOn = () =>
    hearWatch(house.app, {
      viewer: `account:${ana.id}`,
      videoId,
      watchedMs: 9 * MINUTE_MS,
      durationMs: 10 * MINUTE_MS,
    })
  await playedOn()
  expect((await homeOf(ana)).items.map((it) => it.video.id)).toEqual([videoId])

  await ana.call('pauseHistory', { body: { paused: false } })
  await playedOn()
  expect((await homeOf(ana)).items).toEqual([])
})

test('an experiment keeps every viewer in one arm and says how long they watch', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const videoId = await put(house, ana, { title: 'A clip' })
  await expect(beginExperiment(house.app, 'speed', ['usual', 'sideways'])).rejects.toMatchObject({
    code: 'bad_request',
  })
  await beginExperiment(house.app, 'speed', ['usual', 'fresher'])
  const members = []
  for (let count = 0; count < 12; count++) members.push(await house.member(`Viewer ${count}`))

  for (const member of members) {
    await homeOf(member)
    await homeOf(member)
    await watches(house, member, videoId)
  }

  // A machine, and who keeps no history, would be people who never watch anything.
  await house.anyone.fetch('/api/recommendations', { headers: { 'user-agent': 'somebot/1.0' } })
  await ana.call('pauseHistory', { body: { paused: true } })
  await homeOf(ana)

  const arms = await reportExperiment(house.app, 'speed')
  expect(arms.map((it) => it.arm)).toEqual(['usual', 'fresher'])
  expect(arms[0]!.viewers + arms[1]!.viewers).toBe(12)
  for (const it of arms) expect(it).toMatchObject({ pages: 2 * it.viewers, watches: it.viewers, mean: 5 * MINUTE_MS })
  // Of so few nothing is said of how the ways compare.
  for (const it of arms) for (const of of ['margin', 'lift']) expect(it).not.toHaveProperty(of)
  await endExperiment(house.app, 'speed')
  await homeOf(members[0]!)
  expect(await reportExperiment(house.app, 'speed')).toEqual(arms)
})

test('a model is made from what was watched, served to all, and can be taken back', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const titles = ['Knots', 'Sails', 'Masts', 'Bread', 'Soup', 'Cake']
  const videoIds: string[] = []
  for (const title of titles) videoIds.push(await put(house, ana, { title }))
  const [knots, sails, masts, bread, soup, cake] = videoIds as [string, string, string, string, string, string]
  for (let count = 0; count < 4; count++) {
    await watches(house, await house.member(`Sailor ${count}`), knots, sails, masts)
    await watches(house, await house.member(`Cook ${count}`), bread, soup, cake)
  }

  await house.app.queue.add(trainModel, {}, { key: 'all' })
  await house.runJobs()
  const [first] = await models(house)
  expect(first).toMatchObject({ served: true, figures: { watches: 24, videos: 6 } })

  const dora = await house.member('Dora')
  await watches(house, dora, soup)
  const shown = (await homeOf(dora)).items.slice(0, 2).map((it) => it.video.title)
  expect(shown.sort()).toEqual(['Bread', 'Cake'])

  await house.app.queue.add(trainModel, {}, { key: 'all' })
  await house.runJobs()
  expect((await models(house)).map((it) => it.served)).toEqual([true, false])
  await serveVersion(house.app, first!.version)
  expect((await models(house)).map((it) => it.served)).toEqual([false, true])
  // Who goes back is not led on again by the next training, until the newest is served.
  const trained = async () => {
    await house.app.queue.add(trainModel, {}, { key: 'all' })
    await house.runJobs()
    return models(house)
  }
  const [newest, ...older] = await trained()
  expect([newest!.served, ...older.map((it) => it.held)]).toEqual([false, false, true])
  await serveVersion(house.app, newest!.version)
  expect((await trained()).map((it) => it.served)).toEqual([true, false, false, false])
  await expect(serveVersion(house.app, 'nosuchversion')).rejects.toMatchObject({ code: 'not_found' })
})

test('channels of those who are blocked or muted never come, in shelves neither, until that is taken back', async () => {
  await using house = await openHouse()
  const [ana, ben, cleo] = await Promise.all(['Ana', 'Ben', 'Cleo'].map((name) => house.member(name)))
  await put(house, ana!, { title: 'Of Ana' })
  await put(house, ben!, { title: 'Of Ben' })
  const titles = async () => {
    const { items, shelves } = await homeOf(cleo!)
    return [...items, ...shelves.flatMap((shelf) => shelf.items)].map((it) => it.video.title)
  }
  expect((await homeOf(cleo!)).items.map((it) => it.why.because)).not.toContain('subscribed')
  await cleo!.call('subscribe', { params: { handle: ana!.channel.handle }, body: {} })
  expect((await homeOf(cleo!)).items.find((it) => it.video.title === 'Of Ana')?.why.because).toBe('subscribed')
  expect(new Set(await titles())).toEqual(new Set(['Of Ana', 'Of Ben']))

  await cleo!.call('setBlock', { params: { handle: ana!.channel.handle }, body: { kind: 'mute' } })
  expect(new Set(await titles())).toEqual(new Set(['Of Ben']))

  await cleo!.call('removeBlock', { params: { handle: ana!.channel.handle } })
  expect(new Set(await titles())).toEqual(new Set(['Of Ana', 'Of Ben']))
})

test('when everything is deleted pages are empty, and a model can still be made', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const ben = await house.member('Ben')
  const videoIds = []
  for (let count = 0; count < 4; count++) videoIds.push(await put(house, ana, { title: `Clip ${count}` }))
  await watches(house, ben, ...videoIds.slice(0, 3))
  await house.app.queue.add(trainModel, {}, { key: 'all' })
  await house.runJobs()
  await homeOf(ben)

  for (const videoId of videoIds) await ana.call('removeVideo', { params: { videoId } })

  expect((await homeOf(ben)).items).toEqual([])
  expect(await homeOf(house.anyone)).toEqual({ items: [], shelves: [], topics: [] })
  await house.app.queue.add(trainModel, {}, { key: 'all' })
  await house.runJobs()
  expect((await homeOf(ben)).items).toEqual([])
})

async function models(house: House) {
  return listModels(house.app, 10)
}
