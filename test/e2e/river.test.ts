/** The main journey: sign up, upload a clip through the page, see it become ready, watch it, seek, change quality. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mediaFact, openStage, playedTo, type Stage } from './browser.ts'
import { makeClip, publish } from './clips.ts'

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
  await expect.poll(() => playedTo(page), { timeout: 30_000 }).toBeGreaterThan(0.5)
  expect(await page.getByRole('link', { name: 'https://example.org/boats' }).getAttribute('href')).toBe(
    'https://example.org/boats',
  )
  await page.getByText('harbour', { exact: true }).waitFor()

  // The keyboard seeks once the player has the focus.
  await page.getByRole('slider', { name: 'Position in the video' }).focus()
  await page.keyboard.press('End')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => playedTo(page), { timeout: 20_000 }).toBeGreaterThan(4)

  // Another quality is chosen from the menu, and its picture is shown.
  await page.getByRole('slider', { name: 'Position in the video' }).focus()
  await page.keyboard.press('Home')
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('menuitem', { name: /Quality/ }).click()
  await page.getByRole('menuitemradio', { name: '360p', exact: true }).click()
  await expect.poll(() => mediaFact(page, 'videoHeight'), { timeout: 30_000 }).toBe(360)

  // The page of it all is what the server says as well: after a reload it plays from the data in the page.
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.reload()
  await expect.poll(() => playedTo(page), { timeout: 30_000 }).toBeGreaterThan(0.3)
  const needless = asked.filter((path) => /^\/api\/videos\/[^/]+(\/playback)?$/.test(path) || path.endsWith('.m3u8'))
  expect(needless).toEqual([])

  // The studio knows it, and it can be found from home.
  await page.goto('/studio')
  await page.getByText(/^Ready/).waitFor()
  await page.getByRole('link', { name: 'Vitascope: Home' }).click()
  await page.getByRole('main').getByRole('link', { name: 'Boats in the harbour' }).waitFor()
  expect(troubles).toEqual([])
})

test('an upload is paused, goes on, survives a reload of the page, and ends as a video', {
  timeout: 90_000,
}, async () => {
  const clip = await makeClip(folder, 'Slow boat.mp4', { seconds: 12, width: 1280, height: 720 })
  const { page, context } = await stage.open(await stage.house.member('Cleo'))
  const link = await context.newCDPSession(page)
  const limit = (uploadThroughput: number) =>
    link.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 5,
      downloadThroughput: -1,
      uploadThroughput,
    })
  page.on('dialog', (dialog) => void dialog.accept())
  await page.goto('/upload')
  await limit(1_500_000)
  await page.locator('.drop input[type=file]').setInputFiles(clip)
  const card = page.getByRole('article', { name: 'Slow boat.mp4' })
  const share = async () => Number(await card.getByRole('progressbar').getAttribute('aria-valuenow'))
  await expect.poll(share, { timeout: 20_000 }).toBeGreaterThan(5)

  await card.getByRole('button', { name: 'Pause' }).click()
  await card.getByText('Paused').waitFor()
  await card.getByRole('button', { name: 'Go on' }).click()
  await expect.poll(share, { timeout: 20_000 }).toBeGreaterThan(25)

  await page.reload()
  await page.getByRole('heading', { name: 'Unfinished uploads' }).waitFor()
  expect(await share()).toBeGreaterThan(5)
  await limit(-1)
  await page.locator('section[aria-labelledby=unfinished-uploads] input[type=file]').setInputFiles(clip)
  await card.getByRole('link', { name: 'Watch it now' }).waitFor({ timeout: 30_000 })
  // One video and no second one: it went on, and did not begin anew.
  await page.goto('/studio')
  await page.getByText(/^Ready/).waitFor()
  expect(await page.getByRole('link', { name: 'Edit “Slow boat”' }).count()).toBe(1)
})

test('a file that is no video is refused with its reason, on the page and in the studio, where the right one takes its place', {
  timeout: 60_000,
}, async () => {
  const member = await stage.house.member('Bruno')
  const { page } = await stage.open(member)
  await page.goto('/upload')
  await page.locator('.drop input[type=file]').setInputFiles([
    { name: 'notes.mp4', mimeType: 'video/mp4', buffer: Buffer.from('Dear diary, this is no video.') },
    { name: 'nothing.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(0) },
  ])

  await page.getByRole('article', { name: 'nothing.mp4' }).getByText('The file is empty.').waitFor()
  const card = page.getByRole('article', { name: 'notes.mp4' })
  await card.getByText('This file is not a video or sound recording in a format known here.').waitFor()
  await page.goto('/studio')
  await page.getByText('This file is not a video or sound recording in a format known here.').waitFor()

  const right = await makeClip(folder, 'right.mp4', { seconds: 2, width: 320, height: 180 })
  await page.getByRole('link', { name: 'Edit “notes”' }).click()
  await page.getByRole('group', { name: 'Replace the file' }).locator('input[type=file]').setInputFiles(right)
  await page.getByText(/^Ready/).waitFor()
  await page.goto('/studio')
  await page.getByRole('button', { name: 'Delete “notes”' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  // Of the empty file nothing was ever made.
  await page.getByRole('heading', { name: 'No videos yet' }).waitFor()
})

test('an owner is asked before a file takes the place of captions, and keeps the place where pictures are made again', {
  timeout: 60_000,
}, async () => {
  const dora = await stage.house.member('Dora')
  const clip = await makeClip(folder, 'spoken.mp4', { seconds: 2, width: 320, height: 180 })
  const id = await publish(dora, clip, { title: 'Spoken', language: 'en' })
  const { page, troubles } = await stage.open(dora)
  await page.goto(`/studio/video/${id}`)
  const captions = page.getByRole('group', { name: 'Captions' })
  const choose = (words: string) =>
    captions.locator('input[type=file]').setInputFiles({
      name: 'words.vtt',
      mimeType: 'text/vtt',
      buffer: Buffer.from(`WEBVTT\n\n00:00.000 --> 00:01.000\n${words}\n`),
    })
  const shown = async () => {
    const { items } = await dora.call('listCaptions', { params: { videoId: id } })
    return (await dora.fetch(items[0]!.address)).text()
  }

  await choose('the first words')
  await captions.getByRole('button', { name: 'Edit English' }).waitFor()
  const asked = page.getByRole('dialog', { name: 'Replace the captions in English?' })
  await choose('other words')
  await asked.getByRole('button', { name: 'Cancel' }).click()
  await asked.waitFor({ state: 'detached' })
  expect(await shown()).toContain('the first words')

  await choose('better words')
  await asked.getByRole('button', { name: 'Replace' }).click()
  await asked.waitFor({ state: 'detached' })
  expect(await shown()).toContain('better words')

  const stills = async () => (await dora.call('listStills', { params: { videoId: id } })).state
  await expect.poll(stills, { timeout: 20_000 }).toBe('made')
  const { db } = stage.house.app
  await db.updateTable('runs').set({ stills_failed: 'The disk was full.' }).where('video_id', '=', id).execute()
  await page.reload()
  const thumbnails = page.getByRole('group', { name: 'Thumbnail' })
  await thumbnails.getByRole('button', { name: 'Try again' }).press('Enter')
  await thumbnails.getByText('The pictures of this video could not be made').waitFor({ state: 'detached' })
  expect(await thumbnails.evaluate((it) => it === document.activeElement)).toBe(true)
  await page.keyboard.press('Tab')
  expect(await thumbnails.locator(':focus').count()).toBe(1)
  expect(troubles).toEqual([])
})

test('a playlist goes on by itself, but not while somebody writes, nor past words that are not sent', {
  timeout: 90_000,
}, async () => {
  const emil = await stage.house.member('Emil')
  const made = async (title: string, seconds: number) =>
    publish(emil, await makeClip(folder, `${title}.mp4`, { seconds, width: 320, height: 180 }), { title })
  // In the second one there must be time to begin writing.
  const ids = await Promise.all([made('One', 2), made('Two', 8), made('Three', 2)])
  const [one, two, three] = ids
  const { id: listId } = await emil.call('createPlaylist', { body: { title: 'All of them', privacy: 'private' } })
  for (const videoId of ids) await emil.call('addToPlaylist', { params: { playlistId: listId }, body: { videoId } })

  const { page, troubles } = await stage.open(emil)
  await page.goto(`/watch/${one}?list=${listId}`)
  await page.waitForURL(`**/watch/${two}?list=${listId}`)
  const comment = page.getByRole('textbox', { name: 'Write a comment' })
  await comment.fill('What a')
  const head = page.locator('.end-screen').getByRole('status')
  await head.filter({ hasText: 'Once you have finished here: Three' }).waitFor()
  await page.getByRole('heading', { level: 1 }).click()
  await page.waitForTimeout(2500)
  expect(page.url()).toContain(two)

  await comment.fill('')
  await page.waitForTimeout(1500)
  expect(page.url()).toContain(two)
  await comment.blur()
  await page.waitForURL(`**/watch/${three}?list=${listId}`)
  expect(troubles).toEqual([])
})
