/** What is spoken in videos, as far as suggestions know of it. */
import assert from 'node:assert/strict'
import { expect, test } from 'vitest'
import { keepCues } from '../../src/features/captions/captions.ts'
import { hearWatch, trainModel } from '../../src/features/recommend/recommend.ts'
import { loadVideo, tellChanged } from '../../src/features/videos/videos.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { putVideo } from '../support/put-video.ts'

const MINUTE_MS = 60_000
const ICE = 'The glacier moves, a crevasse opens in the glacier, and meltwater fills the crevasse with meltwater.'
const JAZZ =
  'The saxophone answers the trumpet; this saxophone is older than the trumpet, with a mouthpiece, a mouthpiece.'

/** As if somebody had put captions there: one cue after the other. */
async function speak(house: House, videoId: string, ...lines: string[]): Promise<void> {
  const row = await loadVideo(house.app, videoId)
  assert(row)
  const cues = lines.map((text, at) => ({ startMs: at * 5000, endMs: at * 5000 + 4000, text, settings: '' }))
  await keepCues(house.app, row, { language: 'en', kind: 'captions', origin: 'upload' }, cues)
}

async function wordsOf(house: House, videoId: string): Promise<string[] | undefined> {
  const row = await house.app.db
    .selectFrom('recommend_spoken')
    .select('words')
    .where('video_id', '=', videoId)
    .executeTakeFirst()
  return row?.words
}

async function train(house: House): Promise<void> {
  await house.app.queue.add(trainModel, {}, { key: 'all' })
  await house.runJobs()
}

async function watch(house: House, who: Member, videoId: string): Promise<void> {
  const row = { account_id: who.id, video_id: videoId, position_ms: 5 * MINUTE_MS, watched_ms: 5 * MINUTE_MS }
  await house.app.db
    .insertInto('watch_history')
    .values({ ...row, completed: true, updated_at: house.app.clock.now() })
    .execute()
  const heard = { viewer: `account:${who.id}`, videoId, watchedMs: 5 * MINUTE_MS, durationMs: 10 * MINUTE_MS }
  await hearWatch(house.app, heard)
}

test('a few words stand for a long text, follow its changes, and go with it', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const videoId = await putVideo(house, ana, { title: 'Clip' })
  await watch(house, ana, videoId)
  const many = Array.from({ length: 500 }, (_, at) => `number${at} number${at} and nothing else`)

  await speak(house, videoId, ICE, ...many)
  await train(house)
  const first = await wordsOf(house, videoId)
  expect(first!.length).toBeLessThanOrEqual(24)
  expect(first).toContain('nothing')

  await speak(house, videoId, ICE)
  await train(house)
  expect(await wordsOf(house, videoId)).toEqual(['glacier', 'crevasse', 'meltwater'])

  await ana.call('removeCaption', { params: { videoId, language: 'en', kind: 'captions' } })
  await train(house)
  expect(await wordsOf(house, videoId)).toBeUndefined()
})

test('a new video is brought to those who watched others that speak of the same', async () => {
  await using house = await openHouse()
  const makers = await Promise.all(Array.from({ length: 10 }, (_, at) => house.member(`Maker ${at}`)))
  const videoIds: string[] = []
  for (let count = 0; count < 20; count++) {
    const videoId = await putVideo(house, makers[count % 10]!, { title: `Clip ${count}`, daysOld: 20 })
    await speak(house, videoId, count < 10 ? ICE : JAZZ)
    videoIds.push(videoId)
  }
  for (let count = 0; count < 12; count++) {
    const viewer = await house.member(`Viewer ${count}`)
    const from = count % 2 === 0 ? 0 : 10
    for (let at = 0; at < 7; at++) await watch(house, viewer, videoIds[from + ((at + count) % 10)]!)
  }
  await train(house)
  const dora = await house.member('Dora')
  for (const videoId of videoIds.slice(0, 9)) await watch(house, dora, videoId)
  await dora.call('recommendHome', { query: {} })

  const jazz = await putVideo(house, makers[8]!, { title: 'New', daysOld: 15 })
  const ice = await putVideo(house, makers[0]!, { title: 'New', daysOld: 15 })
  await speak(house, jazz, JAZZ)
  await speak(house, ice, ICE)
  for (const videoId of [jazz, ice]) await tellChanged(house.app, videoId)

  await expect
    .poll(async () => {
      const { items } = await dora.call('recommendHome', { query: {} })
      const order = items.map((it) => it.video.id)
      return order.includes(ice) && order.includes(jazz) && order.indexOf(ice) < order.indexOf(jazz)
    })
    .toBe(true)
})
