/** The pages as an app: pushes, no connection, a remote control, lists of hundreds, the weight of the first page; and new forms. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/kit/ids.ts'
import type { Member } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'
import { accessFaults, focused, openStage, type Stage, tooWide } from './browser.ts'

const WEB = join(import.meta.dirname, '../../dist/web')

let stage: Stage
let boss: Member
let ana: Member
let first: string

beforeAll(async () => {
  stage = await openStage()
  boss = await stage.house.admin()
  ana = await stage.house.member('Ana')
  first = await publishedBy(stage.house, ana, { title: 'A walk' })
  for (const title of ['By the sea', 'In the hills', 'At home', 'Far away'])
    await publishedBy(stage.house, ana, { title })
}, 90_000)
afterAll(() => stage?.close())

/** The worker is there once it answers for the page. */
async function workerOf(page: Page): Promise<void> {
  await page.evaluate<void>('navigator.serviceWorker.ready.then(() => undefined)')
}

test('a push is shown, leads to its place, and without a connection there is a page that says so', {
  timeout: 60_000,
}, async () => {
  const { page, context } = await stage.open(ana)
  // A worker belongs to a name that counts as secure, and so do notifications.
  const site = stage.house.address
  await context.grantPermissions(['notifications'], { origin: site })
  await page.goto('/settings?part=notifications')
  await workerOf(page)
  await page.getByRole('checkbox', { name: /^Push to this browser/ }).waitFor()

  const devtools = await context.newCDPSession(page)
  const registered = new Promise<string>((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [one] = registrations
      if (one) resolve(one.registrationId)
    })
  })
  await devtools.send('ServiceWorker.enable')
  const data = JSON.stringify({
    kind: 'reply',
    title: 'Ben has replied',
    text: 'Yes',
    path: `/watch/${first}`,
    tag: 'r',
  })
  await devtools.send('ServiceWorker.deliverPushMessage', { origin: site, registrationId: await registered, data })
  const shown = () =>
    page.evaluate<string[]>(
      `navigator.serviceWorker.ready.then((it) => it.getNotifications()).then((all) => all.map((it) => it.title + ': ' + it.body + ' ' + it.data))`,
    )
  await expect.poll(shown, { timeout: 10_000 }).toEqual([`Ben has replied: Yes /watch/${first}`])

  await expect.poll(() => page.evaluate<number>(`caches.match('/offline').then((it) => it ? 1 : 0)`)).toBe(1)
  await context.setOffline(true)
  await page.goto('/history')
  await page.getByRole('heading', { name: 'No connection' }).waitFor()
  await context.setOffline(false)
  await page.getByRole('link', { name: 'Try again' }).click()
  await page.getByRole('heading', { name: 'History' }).waitFor()
})

test('what the watch page runs before the player engine stays under 170 kB', async () => {
  const { page } = await stage.open(ana)
  const scripts = new Set<string>()
  page.on('response', (answer) => {
    const { pathname } = new URL(answer.url())
    if (pathname.endsWith('.js') && !/hls-engine|service-worker/.test(pathname)) scripts.add(pathname)
  })
  await page.goto(`/watch/${first}`)
  await page.getByRole('heading', { name: 'A walk' }).waitFor()
  await page.waitForLoadState('networkidle')
  // As gzip packs them, which the build has done; small ones are not packed.
  const sizes = await Promise.all(
    [...scripts].map(
      async (path) => (await readFile(join(WEB, `${path}.gz`)).catch(() => readFile(join(WEB, path)))).byteLength,
    ),
  )
  expect(scripts.size).toBeGreaterThan(2)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(170_000)
})

test('on a television the arrows lead from one video to the next and up to the rail', async () => {
  const { page } = await stage.open(ana, {
    userAgent: 'Mozilla/5.0 (SMART-TV; LINUX; Tizen 8.0) AppleWebKit/537.36 TV',
    viewport: { width: 1920, height: 1080 },
  })
  await page.goto('/trending')
  await page.goto('/')
  await page.getByRole('link', { name: 'A walk' }).waitFor()
  const titles: string[] = []
  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press('ArrowDown')
    titles.push(await focused(page))
    if (/walk|sea|hills|home|away/.test(titles.at(-1)!)) break
  }
  const reached = titles.at(-1)
  expect(reached).toMatch(/walk|sea|hills|home|away/i)
  await page.keyboard.press('ArrowRight')
  const beside = await focused(page)
  expect(beside).not.toBe(reached)
  await page.keyboard.press('ArrowLeft')
  for (let presses = 0; presses < 6 && !(await focused(page)).includes('Trending'); presses++)
    await page.keyboard.press(presses < 3 ? 'ArrowLeft' : 'ArrowUp')
  await expect.poll(async () => page.evaluate<boolean>(`!!document.activeElement.closest('.places')`)).toBe(true)
  await page.keyboard.press('Enter')
  await expect.poll(() => page.evaluate<boolean>(`!!document.querySelector('h1')`)).toBe(true)
})

test('a list of hundreds keeps only what is near in the page, and nothing moves by it', {
  timeout: 60_000,
}, async () => {
  const now = Date.now()
  const rows = Array.from({ length: 300 }, (_, index) => ({
    account_id: ana.id,
    notification_id: newId(),
    kind: 'video_ready',
    subject: `many ${index}`,
    body: JSON.stringify({ video: { id: first, title: `Number ${index}` } }),
    created_at: new Date(now - index * 1000),
    read_at: null,
  }))
  await stage.house.app.db.insertInto('notifications').values(rows).execute()
  const { page } = await stage.open(ana, { viewport: { width: 1000, height: 700 } })
  await page.goto('/notifications')
  await page.getByText('Number 0”').waitFor()
  const bottom = () => page.evaluate<void>('scrollTo(0, document.documentElement.scrollHeight)')
  await expect
    .poll(async () => bottom().then(() => page.getByText('Number 299”').count()), { timeout: 30_000, interval: 150 })
    .toBe(1)
  // Three hundred were read, and by now most of them are folded away.
  await expect.poll(() => page.locator('.notification').count()).toBeLessThan(200)
  const height = () => page.evaluate<number>('document.documentElement.scrollHeight')
  const tall = await height()
  await page.evaluate<void>('scrollTo(0, 0)')
  await page.getByText('Number 0”').waitFor()
  await expect.poll(() => page.getByText('Number 299”').count()).toBe(0)
  await expect.poll(async () => Math.abs((await height()) - tall)).toBeLessThan(40)
  expect(await page.locator('.notification').first().getAttribute('aria-setsize')).toMatch(/^30\d$/)
})

test('a channel is written anew, somebody is invited and joins, and many videos change at once', {
  timeout: 60_000,
}, async () => {
  const ben = await stage.house.member('Ben')
  const [hers, his] = [await stage.open(ana), await stage.open(ben)]
  const { page } = hers
  await page.goto(`/studio/channel/${ana.channel.handle}`)
  await page.getByLabel('Description').fill('Walks, mostly.')
  await page.getByLabel('Featured video').selectOption({ label: 'A walk' })
  await page.getByRole('button', { name: 'Add a link' }).click()
  await page.getByLabel('Name of link 1').fill('Maps')
  await page.getByLabel('Address of link 1').fill('https://example.org/maps')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved', { exact: true }).first().waitFor()
  await page.getByLabel('Handle of whom you invite').fill(`@${ben.channel.handle}`)
  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByRole('region', { name: 'Team' }).getByText('Invited').waitFor()

  await his.page.goto('/studio/channels')
  await his.page.getByRole('button', { name: 'Accept' }).click()
  await his.page.getByRole('link', { name: 'Edit channel: Ana' }).waitFor()
  await his.page.goto(`/@${ana.channel.handle}?tab=about`)
  await his.page.getByText('Walks, mostly.').first().waitFor()
  expect(await his.page.getByRole('link', { name: 'Maps' }).getAttribute('href')).toBe('https://example.org/maps')

  await page.goto('/studio')
  await page.getByRole('checkbox', { name: 'Pick “At home”' }).check()
  await page.getByRole('checkbox', { name: 'Pick “Far away”' }).check()
  await page.getByRole('button', { name: 'Change' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Who may watch').selectOption('unlisted')
  await dialog.getByLabel('Further tags').fill('quiet')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await expect.poll(() => page.locator('.studio-words').getByText('Unlisted').count()).toBe(2)
  expect([...hers.troubles, ...his.troubles]).toEqual([])
})

test('an announcement is read by everybody until they put it away', async () => {
  const { page } = await stage.open(boss)
  await page.goto('/admin/announcements')
  await page.getByLabel('What is there to announce?').fill('New disks on Saturday')
  await page.getByRole('button', { name: 'Announce' }).click()
  await page.getByRole('button', { name: 'Remove: New disks on Saturday' }).waitFor()
  const stranger = await stage.open()
  await stranger.page.goto('/')
  await stranger.page.getByText('New disks on Saturday').waitFor()
  await stranger.page.getByRole('button', { name: 'Put away' }).click()
  await stranger.page.reload()
  await stranger.page.locator('h1').first().waitFor({ state: 'attached' })
  expect(await stranger.page.getByText('New disks on Saturday').count()).toBe(0)
})

test('the version of a model is copied from its page, as the command line takes it', async () => {
  const version = newId()
  const model = {
    version,
    kind: 'items' as const,
    made_at: stage.house.app.clock.now(),
    blob_key: `recommend/${version}`,
  }
  await stage.house.app.db
    .insertInto('recommend_models')
    .values({ ...model, figures: '{"ndcg":0.2}' })
    .execute()
  const { page, context, troubles } = await stage.open(boss)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: stage.house.address })
  await page.goto('/admin/recommendations')
  await page.getByText(version, { exact: true }).waitFor()
  await page.getByRole('button', { name: `Copy: Version ${version}` }).click()
  await expect.poll(() => page.evaluate<string>('navigator.clipboard.readText()')).toBe(version)
  expect(troubles).toEqual([])
})

test('every page of staff, studio and settings is free of faults and fits the narrowest phone, from right to left and in long words', {
  timeout: 300_000,
}, async () => {
  const video = (await ana.call('listVideos')).items[0]!.id
  const of = (page: string, parts: string[]) => parts.map((part) => `${page}?part=${part}`)
  const places = [
    ...['', '/accounts', '/videos', '/jobs', '/site', '/announcements', '/book', '/analytics', '/recommendations'].map(
      (part) => `/admin${part}`,
    ),
    ...['/moderation', ...of('/moderation', ['handled', 'review', 'sign-ups', 'words'])],
    ...['', '/comments', '/channels', `/channel/${boss.channel.handle}`, '/analytics', `/video/${video}`].map(
      (part) => `/studio${part}`,
    ),
    ...['/settings', ...of('/settings', ['people', 'suggestions', 'notifications', 'programs', 'data'])],
    ...['/upload', '/library', '/history', '/about', `/@${ana.channel.handle}?tab=about`],
  ]
  const walk = async (locale: string, direction: string, look: (page: Page) => Promise<string[]>) => {
    const { page, context, troubles } = await stage.open(boss, { viewport: { width: 320, height: 640 }, locale })
    for (const [n, address] of places.entries()) {
      await page.emulateMedia({ colorScheme: n % 2 === 0 ? 'light' : 'dark' })
      await page.goto(address)
      await page.locator('h1').first().waitFor({ state: 'attached' })
      await page.waitForFunction(() => !document.querySelector('.bone'))
      const where = `${locale} ${address}`
      expect(await page.getAttribute('html', 'dir'), where).toBe(direction)
      expect(await look(page), where).toEqual([])
      expect(await tooWide(page), where).toBe(0)
    }
    expect(troubles).toEqual([])
    await context.close()
  }
  // What a page is made of is the same in every language: its faults are looked for in the one that is furthest away.
  await Promise.all([walk('ar', 'rtl', accessFaults), walk('de', 'ltr', async () => [])])
})
