/** The ranking of suggestions through the whole app: what was shown is kept with what became of it, learned from, served, and forgotten. */
import { expect, test } from 'vitest'
import { FEATURE_COUNT, FEATURES_VERSION, packFeatures } from '../../src/features/recommend/ranker/features.ts'
import { askDigests, hearWatch, keepShown, listModels, trainRanker } from '../../src/features/recommend/recommend.ts'
import { newId } from '../../src/kit/ids.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { lettersOf, type ReadLetter } from '../support/letters.ts'
import { putVideo } from '../support/put-video.ts'

const MINUTE_MS = 60_000
const DURATION_MS = 10 * MINUTE_MS

async function pagesOf(house: House) {
  await keepShown(house.app)
  return house.app.db.selectFrom('recommend_pages').selectAll().orderBy('shown_at').execute()
}

async function watches(house: House, who: Member, videoId: string, watchedMs: number) {
  await hearWatch(house.app, { viewer: `account:${who.id}`, videoId, watchedMs, durationMs: DURATION_MS })
}

test('what was shown is kept with what became of it, until the account wants it gone', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const [ana, ben] = await Promise.all(['Ana', 'Ben'].map((name) => house.member(name)))
  const videoIds = []
  for (let count = 0; count < 6; count++) videoIds.push(await putVideo(house, ana!, { title: `Clip ${count}` }))

  const first = await ben!.call('recommendHome', { query: { limit: 4 } })
  clock.advance(1000)
  await ben!.call('recommendHome', { query: { limit: 4, after: first.next! } })
  clock.advance(1000)
  await house.anyone.call('recommendNext', { params: { videoId: videoIds[0]! } })
  const chosen = first.items[1]!.video.id
  clock.advance(20_000)
  await watches(house, ben!, chosen, 5000)
  await watches(house, ben!, chosen, 6 * MINUTE_MS)

  const pages = await pagesOf(house)
  expect(pages.map((it) => [it.surface, it.first_place, it.video_ids.length])).toEqual([
    ['home', 0, 4],
    ['home', 4, 2],
    ['next', 0, 5],
  ])
  expect(pages.map((it) => it.account_id)).toEqual([ben!.id, ben!.id, null])
  for (const it of pages) expect(it.features).toHaveLength(2 * FEATURE_COUNT * it.video_ids.length)
  const outcomes = await house.app.db.selectFrom('recommend_outcomes').selectAll().execute()
  expect(outcomes).toMatchObject([{ video_id: chosen, account_id: ben!.id, share: expect.closeTo(0.6, 3) }])
  expect(Number(outcomes[0]!.watched_ms)).toBe(6 * MINUTE_MS)

  // Of those that were taken one was given up; eight seconds of a video of eight were not.
  await watches(house, ben!, first.items[0]!.video.id, 5000)
  const whole = { viewer: `account:${ben!.id}`, videoId: first.items[2]!.video.id, watchedMs: 8000, durationMs: 8000 }
  await hearWatch(house.app, whole)
  const boss = await house.admin()
  const { days } = await boss.call('getRecommendFigures')
  expect(days.at(-1)).toMatchObject({ shown: 11, watched: 3, coverage: 1, coldShare: 1 })
  expect(days.at(-1)!.skipRate).toBeCloseTo(1 / 3, 5)

  await ben!.call('resetTastes')
  expect((await pagesOf(house)).map((it) => it.account_id)).toEqual([null])
  expect(await house.app.db.selectFrom('recommend_outcomes').selectAll().execute()).toEqual([])
})

test('who keeps no history leaves nothing to learn from', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const videoId = await putVideo(house, ana, { title: 'Watched in secret' })
  await ana.call('pauseHistory', { body: { paused: true } })

  await ana.call('recommendHome', {})
  await watches(house, ana, videoId, 6 * MINUTE_MS)

  expect(await pagesOf(house)).toEqual([])
  expect(await house.app.db.selectFrom('recommend_outcomes').selectAll().execute()).toEqual([])
})

test('a ranker is learned from pages, served to all, and orders the next page', async () => {
  await using house = await openHouse()
  const [ana, ben] = await Promise.all(['Ana', 'Ben'].map((name) => house.member(name)))
  const videoIds = []
  for (let count = 0; count < 8; count++)
    videoIds.push(await putVideo(house, ana!, { title: `Clip ${count}`, language: count < 4 ? 'de' : 'en' }))
  await house.app.queue.add(trainRanker, {}, { key: 'all' })
  await house.runJobs()
  expect(await listModels(house.app, 10)).toEqual([])

  // Pages of a week in which everybody watched the videos of one length and nobody looked at anything else.
  await storePages(house, videoIds, 400)
  await house.app.queue.add(trainRanker, {}, { key: 'all' })
  await house.runJobs()

  const [made] = await listModels(house.app, 10)
  expect(made).toMatchObject({ kind: 'ranker', served: true, figures: { pages: 400, examples: 3200, taken: 400 } })
  expect(made!.figures.trust).toBeGreaterThan(0)
  expect(made!.figures.ndcg).toBeGreaterThan(made!.figures.ndcg_by_hand!)
  expect((await ben!.call('recommendHome', {})).items).toHaveLength(8)

  // What was learned once is where learning goes on from; and both are held against each other.
  await storePages(house, videoIds, 50)
  await house.app.queue.add(trainRanker, {}, { key: 'all' })
  await house.runJobs()
  const models = await listModels(house.app, 10)
  expect(models.filter((it) => it.served)).toHaveLength(1)
  expect(models[0]!.figures.ndcg_before).toBeGreaterThan(0.5)
})

/** As if shown to visitors over the days before: at each page one of the videos with the fourth feature at 1 is watched. */
async function storePages(house: House, videoIds: string[], count: number): Promise<void> {
  const { app } = house
  for (let page = 0; page < count; page++) {
    const atMs = app.clock.nowMs() - (7 * 24 * 60 - page) * MINUTE_MS
    const features = new Float32Array(FEATURE_COUNT * videoIds.length)
    const liked = (page * 3) % videoIds.length
    for (let at = 0; at < features.length; at++) features[at] = Math.abs(Math.sin(at * 1.7 + page))
    for (const [at] of videoIds.entries()) features[at * FEATURE_COUNT + 3] = at === liked ? 1 : 0
    const viewer = `visit${count}-${page}`
    await app.db
      .insertInto('recommend_pages')
      .values({
        page_id: newId(),
        viewer_key: viewer,
        surface: 'home',
        shown_at: new Date(atMs),
        first_place: 0,
        video_ids: videoIds,
        features: packFeatures(features),
        features_version: FEATURES_VERSION,
      })
      .execute()
    await app.db
      .insertInto('recommend_outcomes')
      .values({
        viewer: `viewer:${viewer}`,
        video_id: videoIds[liked]!,
        began_at: new Date(atMs + MINUTE_MS),
        watched_ms: 5 * MINUTE_MS,
        share: 0.5,
      })
      .execute()
  }
}

test('a weekly letter of suggestions goes to those who asked for it, in their language, with what no other named, until it is ended by its link', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock, settings: { 'http.public_address': 'https://video.example' } })
  const [ana, ben] = await Promise.all(['Ana', 'Ben'].map((name) => house.member(name)))
  await house.app.db.updateTable('accounts').set({ email_verified_at: clock.now() }).execute()
  for (let count = 0; count < 10; count++) await putVideo(house, ana!, { title: `Knots ${count}` })
  const letters = async () => {
    await askDigests(house.app)
    await house.runJobs()
    return (await lettersOf(house)).filter((it) => it.text.includes('Knots'))
  }
  const namedIn = (letter: ReadLetter) => [...letter.text.matchAll(/\/watch\/([\w-]+)/g)].map(([, id]) => id)
  const week = () => clock.advance(8 * 24 * 60 * MINUTE_MS)
  expect(await letters()).toEqual([])

  await ben!.call('setNotificationSettings', { body: { items: [{ kind: 'digest', inApp: false, byEmail: true }] } })

  const [first, ...more] = await letters()
  expect(more).toEqual([])
  expect(namedIn(first!)).toHaveLength(8)
  expect(await letters()).toHaveLength(1)
  await house.app.db.updateTable('accounts').set({ language: 'de' }).execute()
  week()
  const [, second] = await letters()
  expect(second!.subject).toBe('Videos, die dir gefallen könnten')
  expect(namedIn(second!)).toHaveLength(2)
  expect(new Set([first!, second!].flatMap(namedIn)).size).toBe(10)

  // One click in a mail program: no cookie, the key of the header, which is in the letter too.
  const [, target] = /https:\/\/video\.example(\/unsubscribe\?key=[\w-]+)/.exec(second!.text)!
  expect(second!.headers).toContain(`\nList-Unsubscribe: <https://video.example${target}>\n`)
  expect(second!.headers).toContain('\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n')
  const click = (path: string) =>
    fetch(house.address + path, { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) })
  expect((await click(`${target!.slice(0, -3)}AAA`)).status).toBe(400)
  expect((await click('/unsubscribe')).status).toBe(400)
  const digest = async () => (await ben!.call('getNotificationSettings')).items.find((it) => it.kind === 'digest')
  expect(await digest()).toMatchObject({ byEmail: true })
  expect((await click(target!)).status).toBe(200)
  expect(await digest()).toMatchObject({ inApp: false, byEmail: false })
  await house.app.db.updateTable('recommend_digests').set({ video_ids: [] }).execute()
  week()
  expect(await letters()).toHaveLength(2)
  // The page does the same with a button, as often as it is pressed.
  const { kind } = await house.anyone.call('stopLetters', { body: { key: target!.split('=')[1]! } })
  expect(kind).toBe('digest')
})
