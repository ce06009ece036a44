/** A stranger watches in a real browser, and the owner sees it in the studio: by eye, by keyboard, as a table and as a file. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rollUp } from '../../src/features/analytics/analytics.ts'
import type { Member } from '../support/house.ts'
import { accessFaults, openStage, playedTo, type Stage, tooWide } from './browser.ts'
import { makeClip, publish } from './clips.ts'

/** Browsers of tests say that nobody sits before them, and such are not counted. */
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36'

let stage: Stage
let folder: string
let ana: Member
let videoId: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitascope-clips-'))
  stage = await openStage()
  ana = await stage.house.member('Ana')
  const clip = await makeClip(folder, 'clip.mp4', { seconds: 8, width: 320, height: 240 })
  videoId = await publish(ana, clip, { title: 'A walk in the rain' })
}, 90_000)
afterAll(async () => {
  await stage?.close()
  await rm(folder, { recursive: true, force: true })
})

test('what a stranger watches is in the owner’s figures', { timeout: 120_000 }, async () => {
  const stranger = await stage.open(undefined, { userAgent })
  await stranger.page.goto('/')
  const card = stranger.page.getByRole('link', { name: 'A walk in the rain' }).first()
  await card.waitFor()
  await stranger.page.waitForRequest('**/api/impressions', { timeout: 15_000 })
  await card.click()
  await expect
    .poll(() => playedTo(stranger.page), { timeout: 40_000, message: stranger.troubles.join() })
    .toBeGreaterThan(5)
  await stranger.context.close()

  const period = {
    from: new Date(Date.now() - 86_400_000).toISOString(),
    to: new Date(Date.now() + 86_400_000).toISOString(),
  }
  const told = async () => {
    await rollUp(stage.house.app)
    return ana.call('videoTotals', { params: { videoId }, query: period })
  }
  await expect.poll(async () => (await told()).sums.views, { timeout: 10_000 }).toBe(1)
  const { sums, viewers } = await told()
  expect(sums).toMatchObject({ playbacks: 1, clicks: 1, starts: 1, exits: 0, impressions: 1 })
  expect(sums.watchedMs).toBeGreaterThan(4500)
  expect(sums.watchedMs).toBeLessThan(8100)
  expect(viewers).toBe(1)
  const { rows } = await ana.call('videoBreakdown', { params: { videoId }, query: { ...period, by: 'source' } })
  expect(rows.map((row) => row.member)).toEqual(['home'])
  const { first } = await ana.call('videoRetention', { params: { videoId }, query: period })
  expect(first.slice(2, 50)).toEqual(new Array(48).fill(1))
})

test('the owner reads the figures by eye, by keyboard, as a table and as a file', { timeout: 120_000 }, async () => {
  const { page, troubles } = await stage.open(ana)
  await page.goto('/studio')
  await page.getByRole('link', { name: 'Analytics of “A walk in the rain”' }).click()
  await page.getByRole('heading', { name: 'Analytics' }).waitFor()
  await page.locator('.figure-tile').first().waitFor()
  expect(await page.locator('.figure-tile').first().innerText()).toMatch(/Views\s+1/)

  const slider = page.getByRole('slider', { name: 'Views: move with the arrow keys' })
  await slider.focus()
  await page.keyboard.press('End')
  await expect.poll(() => slider.getAttribute('aria-valuetext')).toMatch(/: 1$/)
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => slider.getAttribute('aria-valuetext')).toMatch(/: 0$/)
  await page.locator('.chart summary').first().click()
  await expect.poll(() => page.locator('.chart table').first().locator('tbody tr').count()).toBe(28)

  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download as CSV' }).click(),
  ])
  const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n')
  expect(lines[0]).toMatch(/^at,views,playbacks,watchedMs/)
  expect(lines).toHaveLength(29)
  expect(lines.at(-1)).toMatch(/^\d{4}-\d\d-\d\dT00:00:00.000Z,1,1,/)
  const [columns] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download as Parquet' }).click(),
  ])
  const bytes = new Uint8Array(await readFile(await columns.path()))
  const rows = await parquetReadObjects({ file: bytes.buffer })
  expect(rows).toHaveLength(28)
  expect(rows.at(-1)).toMatchObject({ views: 1n, playbacks: 1n, at: expect.any(Date) })

  await page.getByLabel('Period').selectOption('1825')
  await page.getByLabel('Step').selectOption('year')
  const thisYear = page.locator('.chart table').first().locator('tbody tr').last()
  await expect.poll(() => thisYear.textContent()).toBe(`${new Date().getUTCFullYear()}1`)

  expect(await accessFaults(page)).toEqual([])
  await page.setViewportSize({ width: 360, height: 700 })
  expect(await tooWide(page)).toBe(0)
  expect(troubles).toEqual([])
})

test('the administrator sees the whole site, others do not', { timeout: 120_000 }, async () => {
  const boss = await stage.open(await stage.house.admin())
  await boss.page.goto('/admin/analytics')
  await boss.page.getByRole('heading', { name: 'Analytics of the whole site' }).waitFor()
  await boss.page.getByRole('rowheader', { name: 'A walk in the rain' }).waitFor()
  expect(await accessFaults(boss.page)).toEqual([])
  const ben = await stage.open(ana)
  await ben.page.goto('/admin/analytics')
  await ben.page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
})
