/** The main journey: sign up, upload a clip through the page, see it become ready, watch it, seek, change quality. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStage, type Stage } from './browser.ts'
import { makeClip } from './clips.ts'

let stage: Stage
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitascope-clips-'))
  stage = await openStage()
})
afterAll(async () => {
  await stage?.close()
  await rm(folder, { recursive: true, force: true })
})

const video = (page: Page) => page.locator('vitascope-player video')
const position = (page: Page) => video(page).evaluate((it) => (it as HTMLVideoElement).currentTime)

test('somebody signs up, uploads a clip and watches it', { timeout: 90_000 }, async () => {
  const clip = await makeClip(folder, 'Boats in the harbour.mp4', { seconds: 12, width: 854, height: 480 })
  const { page, troubles } = await stage.open()

  // An empty platform leads to its first account.
  await page.goto('/')
  await page.getByRole('main').getByRole('link', { name: 'Create account' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Ana Lopes')
  await page.getByLabel('E-mail address').fill('ana@example.org')
  await page.getByLabel('Password', { exact: true }).fill('a harbour full of boats')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL('**/upload')

  // The details are filled in while the file travels and is prepared.
  await page.locator('.drop input[type=file]').setInputFiles(clip)
  const card = page.getByRole('article', { name: 'Boats in the harbour.mp4' })
  await card.getByLabel('Description').fill('Taken from the quay.\n\nMore: https://example.org/boats.')
  await card.getByLabel('Tags').fill('boats, harbour')
  await card.getByRole('button', { name: 'Save' }).click()
  await card.getByText('Saved').waitFor()
  await card.getByRole('link', { name: 'Watch it now' }).click()

  // It plays, with what was said about it below.
  await page.waitForURL('**/watch/*')
  await page.getByRole('heading', { level: 1, name: 'Boats in the harbour' }).waitFor()
  await expect.poll(() => position(page), { timeout: 30_000 }).toBeGreaterThan(0.5)
  expect(await page.getByRole('link', { name: 'https://example.org/boats' }).getAttribute('href')).toBe(
    'https://example.org/boats',
  )
  await page.getByText('harbour', { exact: true }).waitFor()

  // The keyboard seeks once the player has the focus.
  await page.getByRole('slider', { name: 'Position in the video' }).focus()
  await page.keyboard.press('End')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => position(page), { timeout: 20_000 }).toBeGreaterThan(4)

  // Another quality is chosen from the menu, and its picture is shown.
  await page.getByRole('slider', { name: 'Position in the video' }).focus()
  await page.keyboard.press('Home')
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('menuitem', { name: /Quality/ }).click()
  await page.getByRole('menuitemradio', { name: '360p', exact: true }).click()
  await expect
    .poll(() => video(page).evaluate((it) => (it as HTMLVideoElement).videoHeight), { timeout: 30_000 })
    .toBe(360)

  // The page of it all is what the server says as well: after a reload it plays from the data in the page.
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.reload()
  await expect.poll(() => position(page), { timeout: 30_000 }).toBeGreaterThan(0.3)
  expect(asked.filter((path) => /^\/api\/videos\/[^/]+/.test(path) || path.endsWith('.m3u8'))).toEqual([])

  // The studio knows it, and it can be found from home.
  await page.goto('/studio')
  await page.getByText(/^Ready/).waitFor()
  await page.getByRole('link', { name: 'Vitascope: Home' }).click()
  await page.getByRole('main').getByRole('link', { name: 'Boats in the harbour' }).waitFor()
  expect(troubles).toEqual([])
})

test('a file that is no video is refused with its reason, on the page and in the studio', {
  timeout: 60_000,
}, async () => {
  const member = await stage.house.member('Bruno')
  const { page } = await stage.open(member)
  await page.goto('/upload')
  await page
    .locator('.drop input[type=file]')
    .setInputFiles({ name: 'notes.mp4', mimeType: 'video/mp4', buffer: Buffer.from('Dear diary, this is no video.') })

  const card = page.getByRole('article', { name: 'notes.mp4' })
  await card.getByText('This file is not a video or sound recording in a format known here.').waitFor()
  await page.goto('/studio')
  await page.getByText('This file is not a video or sound recording in a format known here.').waitFor()
  await page.getByRole('button', { name: 'Delete “notes”' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { name: 'No videos yet' }).waitFor()
})
