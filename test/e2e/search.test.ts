/** Searching in a real browser: by keyboard, on a phone, mistyped, in vain; topics and trends; and nothing in anybody's way. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as videos from '../../src/features/videos/videos.ts'
import { sleep } from '../../src/kit/retry.ts'
import type { Member } from '../support/house.ts'
import { accessFaults, openStage, type Stage, tooWide } from './browser.ts'

let stage: Stage
let ana: Member

/** A video as far as lists can tell. */
async function listed(title: string, draft: Record<string, unknown> = {}): Promise<string> {
  const { id } = await ana.call('createVideo', { body: { title, ...draft } })
  await videos.sourceArrived(stage.house.app, id, {
    sourceKey: `sources/${id}/x`,
    sourceName: 'x.mp4',
    sourceBytes: 1000,
  })
  await videos.markReady(stage.house.app, id, { runId: 'run1', durationMs: 300_000, width: 1920, height: 1080 })
  return id
}

beforeAll(async () => {
  stage = await openStage()
  ana = await stage.house.member('Ana')
  await listed('Walking the Danube', {
    category: 'travel',
    tags: ['rivers'],
    description: 'A week along the river, <b>slowly</b>.',
  })
  await listed('Kayaking on quiet rivers', { category: 'sports', tags: ['rivers'] })
  await listed('Cooking by the fire', { category: 'food' })
  while ((await stage.house.anyone.call('search', { query: { q: 'rivers' } })).total < 2) await sleep(20)
}, 90_000)
afterAll(() => stage?.close())

test('from a key to a result without a mouse', async () => {
  const { page, troubles } = await stage.open(ana)
  await page.goto('/')
  const box = page.locator('header').getByRole('combobox')
  await box.waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('kay')
  await page.getByRole('option', { name: 'kayaking on quiet rivers' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await expect.poll(() => box.getAttribute('aria-activedescendant')).toBeTruthy()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/search\?q=kayaking/)
  const result = page.getByRole('link', { name: 'Kayaking on quiet rivers' }).first()
  await result.waitFor()
  expect(await page.locator('.results mark').first().textContent()).toBe('Kayaking')
  await result.click()
  await page.waitForURL(/\/watch\//)
  const waiting = () => stage.house.app.db.selectFrom('search_clicks').select(['query_key', 'place']).execute()
  await expect.poll(waiting).toMatchObject([{ place: 0 }])
  expect((await ana.call('listSearches')).items).toHaveLength(1)
  expect(troubles).toEqual([])
  await page.context().close()
})

test('a mistyped query, one in vain, and filters that can be taken away again', async () => {
  const { page, troubles } = await stage.open()
  await page.goto('/search?q=danbue')
  await page.locator('.search-summary').getByText('danube').waitFor()
  await page.goto('/search?q=rivers&length=long')
  await page.getByRole('button', { name: 'Remove the filters' }).click()
  await page.waitForURL((url) => !url.search.includes('length'))
  await expect.poll(() => page.locator('.results li').count()).toBe(2)
  await page.getByLabel('Category').selectOption('travel')
  await expect.poll(() => page.locator('.results li').count()).toBe(1)
  expect(await page.locator('.result-passage').textContent()).toContain('<b>slowly</b>')
  await page.goto('/search?q=zzzzqqqq')
  await page.getByText('Nothing found for').waitFor()
  expect(troubles).toEqual([])
  await page.context().close()
})

test('topics and trends lead to videos', async () => {
  const { page, troubles } = await stage.open(ana)
  await page.goto('/browse')
  await page.getByRole('link', { name: /Travel/ }).click()
  await page.waitForURL(/category=travel/)
  await expect.poll(() => page.locator('.results li').count()).toBe(1)
  await page.goto('/trending')
  await expect.poll(() => page.locator('.tile-title').count()).toBe(3)
  expect(troubles).toEqual([])
  await page.context().close()
})

test('no fault of accessibility, and nothing too wide for a phone', { timeout: 90_000 }, async () => {
  for (const options of [
    { colorScheme: 'light' },
    { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  ] as const) {
    const { page } = await stage.open(ana, options)
    for (const address of ['/search?q=rivers', '/search?q=zzzzqqqq', '/browse', '/trending', '/search']) {
      await page.goto(address)
      await page.locator('h1').first().waitFor({ state: 'attached' })
      await page.waitForFunction(() => !document.querySelector('.bone'))
      expect(await accessFaults(page), address).toEqual([])
      expect(await tooWide(page), address).toBe(0)
    }
    await page.context().close()
  }
})
