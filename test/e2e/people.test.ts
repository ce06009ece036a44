/** Two people at once: one publishes, the other finds, likes, comments, follows and saves; each sees what the other does. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Member } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'
import { accessFaults, openStage, playedTo, type Stage, tooWide } from './browser.ts'
import { makeClip, publish } from './clips.ts'

let stage: Stage
let folder: string
let ana: Member
let ben: Member
let videoId: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitascope-clips-'))
  stage = await openStage()
  ana = await stage.house.member('Ana')
  ben = await stage.house.member('Ben')
  videoId = await publish(ana, await makeClip(folder, 'clip.mp4', { seconds: 8, width: 320, height: 240 }), {
    title: 'A walk',
  })
}, 90_000)
afterAll(async () => {
  await stage?.close()
  await rm(folder, { recursive: true, force: true })
})

test('one comments with a time and likes, the other is told at once, answers and pins', {
  timeout: 90_000,
}, async () => {
  const [his, hers] = [await stage.open(ben), await stage.open(ana)]
  await hers.page.goto('/')
  await his.page.goto(`/watch/${videoId}`)

  await his.page.getByRole('button', { name: /^Subscribe/ }).click()
  await his.page.getByRole('button', { name: /^Subscribed/ }).waitFor()
  await his.page.getByRole('button', { name: /^Like, 0/ }).click()
  await his.page.getByRole('button', { name: /^Like, 1 person/ }).waitFor()
  await his.page
    .getByRole('textbox', { name: 'Write a comment' })
    .fill('**Lovely** at 0:06 <b>no</b> [x](javascript:alert(1))')
  await his.page.getByRole('button', { name: 'Comment', exact: true }).click()
  const comment = his.page.locator('.comment').first()
  await comment.locator('strong', { hasText: 'Lovely' }).waitFor()
  expect(await comment.locator('.comment-text').innerText()).toContain('<b>no</b> [x](javascript:alert(1))')
  await comment.getByRole('button', { name: 'Play from 0:06' }).click()
  await expect.poll(() => playedTo(his.page)).toBeGreaterThan(5.9)

  await hers.page.getByRole('link', { name: /unread notification/ }).click()
  await hers.page.getByRole('link', { name: /Ben has commented on “A walk”/ }).click()
  const seen = hers.page.locator('.comment-list .comment').first()
  await seen.getByRole('button', { name: 'Pin to the top' }).click()
  await seen.getByText('Pinned').waitFor()
  await seen.getByRole('button', { name: 'Reply' }).click()
  await hers.page.getByRole('textbox', { name: 'Reply to Ben' }).fill('Thank you')
  await hers.page
    .locator('.comment-box', { has: hers.page.getByRole('textbox', { name: 'Reply to Ben' }) })
    .getByRole('button', { name: 'Comment', exact: true })
    .click()
  await his.page.getByRole('link', { name: /unread notification/ }).waitFor()
  await his.page.reload()
  await his.page.getByRole('button', { name: '1 reply' }).first().click()
  await his.page.getByText('Thank you').waitFor()
  expect([...his.troubles, ...hers.troubles]).toEqual([])
})

test('a video is saved to a new list, put in order by the keyboard, and found in feed, library and history', {
  timeout: 90_000,
}, async () => {
  const more = [
    await publishedBy(stage.house, ana, { title: 'Second' }),
    await publishedBy(stage.house, ana, { title: 'Third' }),
  ]
  const { page, troubles } = await stage.open(ben)
  await page.goto(`/watch/${videoId}`)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('textbox', { name: 'New playlist' }).fill('Walks')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('checkbox', { name: 'Walks' }).waitFor()
  expect(await page.getByRole('checkbox', { name: 'Walks' }).isChecked()).toBe(true)
  const { items } = await ben.call('listMyPlaylists')
  const playlistId = items.find((it) => it.title === 'Walks')!.id
  for (const id of more) await ben.call('addToPlaylist', { params: { playlistId }, body: { videoId: id } })

  await page.goto(`/playlist/${playlistId}`)
  const titles = () => page.locator('.wide-row h2').allInnerTexts()
  await expect.poll(titles).toEqual(['A walk', 'Second', 'Third'])
  await page.getByRole('button', { name: 'Move “Third” up' }).press('Enter')
  await expect.poll(titles).toEqual(['A walk', 'Third', 'Second'])
  await page.locator('.wide-row').nth(2).dragTo(page.locator('.wide-row').nth(0))
  await expect.poll(titles).toEqual(['Second', 'A walk', 'Third'])
  for (const address of ['/subscriptions', '/library', '/history']) {
    await page.goto(address)
    await page.getByText('A walk').first().waitFor()
  }
  expect(troubles).toEqual([])
})

test('the pages of people have no serious fault of accessibility and fit a narrow phone', {
  timeout: 120_000,
}, async () => {
  for (const options of [
    { colorScheme: 'light', viewport: { width: 320, height: 640 } },
    { colorScheme: 'dark' },
  ] as const) {
    const { page, troubles } = await stage.open(ben, options)
    const { id } = await ben.call('getWatchLater')
    for (const address of [
      '/subscriptions',
      '/library',
      '/history',
      '/notifications',
      `/playlist/${id}`,
      `/watch/${videoId}`,
    ]) {
      await page.goto(address)
      await page.locator('h1').first().waitFor({ state: 'attached' })
      await page.waitForFunction(() => !document.querySelector('.bone'))
      expect(await accessFaults(page), address).toEqual([])
      expect(await tooWide(page), address).toBe(0)
    }
    expect(troubles).toEqual([])
  }
})
