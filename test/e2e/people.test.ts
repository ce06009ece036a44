/** Two people at once: one publishes, the other finds, likes, comments, follows and saves; each sees what the other does. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Member } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'
import { accessFaults, focused, openStage, playedTo, type Stage, tooWide } from './browser.ts'
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
  await expect.poll(() => page.getByRole('checkbox', { name: 'Walks' }).isChecked()).toBe(true)
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

test('a playlist is renamed, described and shown to everybody with nothing but the keyboard, on a narrow phone', {
  timeout: 60_000,
}, async () => {
  const { id } = await ben.call('createPlaylist', { body: { title: 'Boats' } })
  const { page, troubles } = await stage.open(ben, { viewport: { width: 320, height: 640 } })
  await page.goto(`/playlist/${id}`)
  const edit = page.getByRole('button', { name: 'Edit playlist' })
  await edit.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Edit playlist' })
  await dialog.waitFor()
  expect(await accessFaults(page)).toEqual([])
  expect(await tooWide(page)).toBe(0)
  expect(await focused(page)).toBe('title')
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type('Boats on the river')
  await page.keyboard.press('Tab')
  await page.keyboard.type('All of them. ')
  await page.keyboard.press('Tab')
  await page.keyboard.type('Public')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('heading', { level: 1, name: 'Boats on the river' }).waitFor()
  await page.getByText('All of them.').waitFor()
  await expect.poll(() => edit.evaluate((it) => it === document.activeElement)).toBe(true)
  expect(await stage.house.anyone.call('getPlaylist', { params: { playlistId: id } })).toMatchObject({
    title: 'Boats on the river',
    description: 'All of them.',
    privacy: 'public',
  })
  // Escape leaves everything as it was.
  await edit.press('Enter')
  await page.keyboard.type('Something else')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('heading', { level: 1, name: 'Boats on the river' }).waitFor()
  expect(troubles).toEqual([])
})

test('one publishes; the other hears of it, follows, writes, likes, keeps and reports; a moderator acts; the owner reads why', {
  timeout: 120_000,
}, async () => {
  const boss = await stage.house.admin()
  const [cara, dan, mo] = [
    await stage.house.member('Cara'),
    await stage.house.member('Dan'),
    await stage.house.member('Mo'),
  ]
  await boss.call('changeAccount', { params: { accountId: mo.id }, body: { role: 'moderator' } })
  const id = await publish(cara, await makeClip(folder, 'heron.mp4', { seconds: 8, width: 320, height: 240 }), {
    title: 'The heron',
    privacy: 'private',
  })
  const [hers, his, staff] = [await stage.open(cara), await stage.open(dan), await stage.open(mo)]

  await his.page.goto(`/@${cara.channel.handle}`)
  await his.page.getByRole('button', { name: /^Subscribe/ }).click()
  await his.page.getByRole('button', { name: /^Subscribed/ }).waitFor()
  await hers.page.goto(`/studio/video/${id}`)
  await hers.page.getByRole('radio', { name: /^Public/ }).check()
  await hers.page.getByRole('button', { name: 'Save', exact: true }).first().click()

  // Nothing was loaded anew: the socket has told him.
  await his.page.getByRole('link', { name: /unread notification/ }).click()
  await his.page.getByRole('link', { name: /Cara has published “The heron”/ }).click()
  await his.page.waitForURL(`**/watch/${id}`)
  await his.page.getByRole('button', { name: /^Like, 0/ }).click()
  await his.page.getByRole('textbox', { name: 'Write a comment' }).fill('My heron, at 0:05')
  await his.page.getByRole('button', { name: 'Comment', exact: true }).click()
  await his.page.getByRole('button', { name: 'Play from 0:05' }).click()
  await expect.poll(() => playedTo(his.page)).toBeGreaterThan(4.9)
  await his.page.getByRole('button', { name: 'Save', exact: true }).click()
  await his.page.getByRole('textbox', { name: 'New playlist' }).fill('Birds')
  await his.page.getByRole('button', { name: 'Create' }).click()
  await his.page.getByRole('checkbox', { name: 'Birds' }).waitFor()
  await his.page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
  await his.page.getByRole('button', { name: 'Report', exact: true }).first().click()
  await his.page.getByLabel('What is wrong').selectOption('copyright')
  await his.page.getByLabel('Anything else the staff should know').fill('I filmed this heron')
  await his.page.getByRole('button', { name: 'Send the report' }).click()
  await his.page.getByRole('dialog').getByText('Thank you').waitFor()
  await his.page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()

  // She sees while she looks at something else what he has done.
  await hers.page.getByRole('link', { name: /unread notification/ }).click()
  await hers.page.getByRole('link', { name: /Dan has commented on “The heron”/ }).waitFor()

  await staff.page.goto('/moderation')
  const report = staff.page.getByRole('article').filter({ hasText: 'The heron' })
  await report.getByText('I filmed this heron').waitFor()
  await report.getByLabel('Reason, which the owner reads').fill('Dan has filmed this')
  await report.getByRole('button', { name: 'Take the video away' }).click()
  await report.waitFor({ state: 'detached' })

  await hers.page.getByRole('link', { name: /The staff has made a decision/ }).click()
  await hers.page.getByText('Dan has filmed this').first().waitFor()
  await his.page.getByRole('link', { name: /unread notification/ }).click()
  await his.page.getByRole('link', { name: /Your report has been handled/ }).waitFor()
  await his.page.goto(`/watch/${id}`)
  await his.page.getByRole('heading', { name: 'This video cannot be watched' }).waitFor()
  expect([...hers.troubles, ...his.troubles, ...staff.troubles]).toEqual([])
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
