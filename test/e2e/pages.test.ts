/** Every page: for those who use the keyboard, a phone, a screen reader, another language; and what is hidden stays so. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hearWatch } from '../../src/features/recommend/recommend.ts'
import type { Member } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'
import { accessFaults, focused, jumped, openStage, playedTo, type Stage, tooWide } from './browser.ts'
import { makeClip, publish } from './clips.ts'

const LONG_TITLE = `${'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(3)} and a title that goes on and on, over many lines`

let stage: Stage
let folder: string
let ana: Member
let open: string
let hidden: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitascope-clips-'))
  stage = await openStage()
  ana = await stage.house.member('Ana')
  const clip = await makeClip(folder, 'clip.mp4', { seconds: 6, width: 320, height: 240 })
  const description = `First line.\n\nمرحبا بالعالم\n\n${'https://example.org/a-very-long-address/'.repeat(20)}\n${'words '.repeat(1500)}`
  open = await publish(ana, clip, { title: LONG_TITLE, description, tags: ['one', 'x'.repeat(40)] })
  hidden = await publish(ana, clip, { title: 'A secret garden', privacy: 'private' })
}, 90_000)
afterAll(async () => {
  await stage?.close()
  await rm(folder, { recursive: true, force: true })
})

const everyPage = () => [
  '/',
  `/watch/${open}`,
  `/@${ana.channel.handle}`,
  '/upload',
  '/studio',
  `/studio/video/${open}`,
  '/no/such/page',
]
const strangersPages = ['/sign-in', '/sign-up', '/watch/nosuchvideo', '/@nobody-here']

/** A page is there when its heading is, and nothing is on its way any more. */
async function settle(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor({ state: 'attached' })
  await page.waitForFunction(() => !document.querySelector('.bone'))
}

test('no page has a serious fault of accessibility, in light or dark', { timeout: 120_000 }, async () => {
  const [hers, theirs] = [await stage.open(ana), await stage.open()]
  const visits = [
    ...everyPage().map((address) => ({ page: hers.page, address })),
    ...strangersPages.map((address) => ({ page: theirs.page, address })),
  ]
  for (const { page, address } of visits) {
    await page.emulateMedia({ colorScheme: 'light' })
    await page.goto(address)
    await settle(page)
    expect(await accessFaults(page), `light ${address}`).toEqual([])
    // The colours change in the page as it stands, and some take a moment for it.
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.waitForFunction(() => document.getAnimations().every((it) => !(it instanceof CSSTransition)))
    expect(await page.evaluate<boolean>(`matchMedia('(prefers-color-scheme: dark)').matches`)).toBe(true)
    expect(await accessFaults(page), `dark ${address}`).toEqual([])
  }
  expect([...hers.troubles, ...theirs.troubles]).toEqual([])
  await Promise.all([hers.context.close(), theirs.context.close()])
})

test('no page has to be scrolled sideways on the narrowest phone', { timeout: 60_000 }, async () => {
  const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true }
  const { page } = await stage.open(ana, phone)
  for (const address of everyPage()) {
    await page.goto(address)
    await settle(page)
    expect(await tooWide(page), address).toBe(0)
  }
  // Of whom the header has most to say in few languages as long as in this one.
  const stranger = await stage.open(undefined, { ...phone, locale: 'ar' })
  for (const address of strangersPages) {
    await stranger.page.goto(address)
    await settle(stranger.page)
    expect(await tooWide(stranger.page), address).toBe(0)
  }
})

test('nothing jumps while a page is drawn', { timeout: 60_000 }, async () => {
  const { page } = await stage.open(ana)
  for (const address of everyPage()) {
    await page.goto(address)
    await settle(page)
    // Below 0.1 is what is held to be good (web.dev, Cumulative Layout Shift).
    expect(await jumped(page), address).toBeLessThan(0.05)
  }
})

test('a private video is not there for others: not its page, not its title, not its picture', async () => {
  const { page } = await stage.open(await stage.house.member('Bruno'))
  const answer = await page.goto(`/watch/${hidden}`)
  expect(answer?.status()).toBe(404)
  expect(await answer?.text()).not.toContain('secret garden')
  await page.getByRole('heading', { name: 'This video cannot be watched' }).waitFor()

  await page.goto('/')
  await page.getByRole('link', { name: LONG_TITLE }).waitFor()
  expect(await page.getByText('A secret garden').count()).toBe(0)

  // Its owner watches it all the same.
  const own = await stage.open(ana)
  expect((await own.page.goto(`/watch/${hidden}`))?.status()).toBe(200)
  await own.page.getByRole('heading', { name: 'A secret garden' }).waitFor()
  await expect.poll(() => playedTo(own.page), { timeout: 25_000 }).toBeGreaterThan(0.1)
})

test('with nothing but the keyboard somebody signs in, opens a video and edits it', { timeout: 60_000 }, async () => {
  const { page } = await stage.open()
  await page.goto('/sign-in?to=/studio')
  const tabTo = async (wanted: string | RegExp) => {
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab')
      const here = await focused(page)
      if (typeof wanted === 'string' ? here === wanted : wanted.test(here)) return
    }
    throw new Error(`The keyboard never reached ${wanted}`)
  }

  // The first stop leads past the header.
  await settle(page)
  await page.keyboard.press('Tab')
  expect(await focused(page)).toBe('Skip to the content')
  await page.keyboard.press('Enter')
  await tabTo('email')
  await page.keyboard.type(ana.email)
  await tabTo('password')
  await page.keyboard.type('not the password')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('do not belong together').waitFor()
  await page.getByLabel('Password', { exact: true }).focus()
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type(ana.password)
  await page.keyboard.press('Enter')

  // The focus follows to the heading of the new page.
  await page.waitForURL('**/studio')
  await page.getByRole('heading', { level: 1, name: 'My videos' }).waitFor()
  await expect.poll(() => focused(page)).toBe('My videos')
  await page.getByRole('link', { name: 'Edit “A secret garden”' }).waitFor()
  await tabTo(/^Edit/)
  await page.keyboard.press('Enter')
  await page.getByLabel('Title', { exact: true }).waitFor()
  await expect.poll(() => focused(page)).toBe('A secret garden')
  await page.getByLabel('Title', { exact: true }).focus()
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type('A secret garden, renamed')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'A secret garden, renamed' }).waitFor()

  // Escape closes the menu and gives the focus back.
  await page.getByRole('button', { name: 'Your account' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Sign out' }).waitFor({ state: 'hidden' })
  expect(await focused(page)).toBe('Your account')
})

test('what is wrong in a form is said at its field, in the words of the server', async () => {
  const { page } = await stage.open()
  await page.goto('/sign-up')
  await page.getByLabel('Name', { exact: true }).fill('Ana')
  await page.getByLabel('E-mail address').fill(ana.email)
  await page.getByLabel('Password', { exact: true }).fill('short')
  await page.getByRole('button', { name: 'Create account' }).click()
  const password = page.getByLabel('Password', { exact: true })
  await expect.poll(() => password.getAttribute('aria-invalid')).toBe('true')
  await expect.poll(() => focused(page)).toBe('password')

  await password.fill('long enough now')
  await page.getByRole('button', { name: 'Create account' }).click()
  const email = page.getByLabel('E-mail address')
  await expect.poll(() => email.getAttribute('aria-invalid')).toBe('true')
  const described = (await email.getAttribute('aria-describedby')) ?? ''
  expect(await page.locator(`[id="${described.split(' ')[0]}"]`).textContent()).toContain('exists already')
})

test('the pages speak German to those who want it, and remember light or dark', async () => {
  const { page, context } = await stage.open(undefined, { locale: 'de-DE', colorScheme: 'light' })
  await page.goto('/')
  await page.getByRole('heading', { name: 'Für dich' }).waitFor()
  expect(await page.getAttribute('html', 'lang')).toBe('de')

  await page.getByRole('button', { name: 'Menü' }).click()
  await page.getByLabel('Darstellung').selectOption('Dunkel')
  await page.reload()
  // Written by the server, so that a page never flashes in the other colours.
  expect(await (await context.request.get('/')).text()).toContain('data-theme="dark"')
  expect(await page.getAttribute('html', 'data-theme')).toBe('dark')
})

test('in Arabic every page runs from right to left from its first byte, and fits a phone', {
  timeout: 60_000,
}, async () => {
  const phone = { viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true }
  const { page, troubles } = await stage.open(ana, { ...phone, locale: 'ar' })
  for (const address of [...everyPage(), '/settings', '/search?q=title']) {
    const answer = await page.goto(address)
    expect(await answer?.text(), address).toContain('<html lang="ar" dir="rtl"')
    await settle(page)
    expect(await page.evaluate('getComputedStyle(document.body).direction')).toBe('rtl')
    expect(await tooWide(page), address).toBe(0)
  }
  await page.goto(`/watch/${open}`)
  // The player speaks the language of the page, and its bar runs as time does.
  const player = page.locator('vitascope-player')
  await player.getByRole('slider', { name: 'الموضع في الفيديو' }).waitFor()
  expect(await player.locator('.stage').evaluate((it) => getComputedStyle(it).direction)).toBe('ltr')
  // The language is written in the menu in itself; English comes back with one choice.
  await page.getByRole('button', { name: 'حسابك' }).click()
  await ana.call('editAccount', { body: { language: 'ar' } })
  await page.getByLabel('اللغة').selectOption('English')
  await page.getByRole('button', { name: 'Your account' }).waitFor()
  // Letters follow.
  expect((await ana.call('me')).language).toBe('en')
  await expect.poll(() => page.getAttribute('html', 'dir')).toBe('ltr')
  expect(troubles).toEqual([])
})

test('an embedded video loads nothing before it is asked to play', async () => {
  const { page } = await stage.open()
  const segments: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('.m4s')) segments.push(request.url())
  })
  const answer = await page.goto(`/embed/${open}`)
  expect(answer?.headers()['content-security-policy']).toContain('frame-ancestors *')
  await page.locator('vitascope-player').getByRole('button', { name: 'Play' }).first().waitFor()
  expect(segments).toEqual([])
})

test('a page of another site plays, seeks and silences an embedded video, and hears what it does', async () => {
  const embed = `${stage.house.address}/embed/${open}?t=2&colour=ff8800&loop=1`
  const around = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html')
    answer.end(
      `<!doctype html><title>Around</title><iframe width="640" height="360" allow="autoplay" src="${embed}"></iframe>
      <script>
        const heard = []
        addEventListener('message', ({ data, origin }) => heard.push({ ...data, origin }))
        const tell = (vitascope, value) => document.querySelector('iframe').contentWindow.postMessage({ vitascope, value }, '*')
      </script>`,
    )
  })
  await new Promise<void>((resolve) => around.listen(0, '127.0.0.1', resolve))
  try {
    const { page, troubles } = await stage.open()
    await page.goto(`http://localhost:${(around.address() as AddressInfo).port}/`)
    const player = page.frameLocator('iframe').locator('vitascope-player')
    await player.getByRole('button', { name: 'Play' }).first().waitFor()
    const fact = (name: string) =>
      player.locator('video').evaluate((it, name) => (it as unknown as Record<string, unknown>)[name], name)
    type Heard = { vitascope: string; positionMs?: number; durationMs?: number; origin: string }
    const heard = (vitascope: string) => page.evaluate<Heard[]>(`heard.filter((it) => it.vitascope === '${vitascope}')`)
    const tell = (command: string, value?: unknown) => page.evaluate(`tell('${command}', ${JSON.stringify(value)})`)

    // It is ready before anything of it has been loaded: it waits for the word to play.
    await expect.poll(() => heard('ready')).toHaveLength(1)
    await tell('mute', true)
    await tell('play')
    await expect.poll(() => heard('time'), { timeout: 20_000 }).not.toEqual([])
    const [ready, played] = [(await heard('ready'))[0]!, (await heard('play'))[0]!]
    expect(ready).toMatchObject({ origin: stage.house.address })
    expect(ready.durationMs).toBeGreaterThan(5900)
    expect(played.vitascope).toBe('play')
    // It has begun where the address said.
    expect((await heard('time'))[0]!.positionMs).toBeGreaterThan(1900)
    expect(await fact('muted')).toBe(true)
    expect(await fact('loop')).toBe(true)
    await tell('pause')
    await expect.poll(() => heard('pause')).not.toEqual([])
    await tell('seek', 4500)
    await tell('rate', 99)
    await tell('volume', -1)
    await expect.poll(() => fact('currentTime')).toBe(4.5)
    expect([await fact('playbackRate'), await fact('volume')]).toEqual([4, 0])
    // What makes no sense is not for it, and breaks nothing.
    for (const [command, value] of [
      ['seek', 'x'],
      ['rate', null],
      ['__proto__', 1],
      ['mute', 1],
    ] as const)
      await tell(command, value)
    await page.evaluate(`document.querySelector('iframe').contentWindow.postMessage('play', '*')`)
    expect([await fact('currentTime'), await fact('paused'), await fact('playbackRate')]).toEqual([4.5, true, 4])
    expect(troubles).toEqual([])
  } finally {
    around.close()
  }
})

test('an episode of the podcast is a whole file of the length and type that the feed names', {
  timeout: 60_000,
}, async () => {
  await ana.call('setDownloads', { params: { videoId: open }, body: { who: 'anyone' } })
  const feed = `/feeds/${ana.channel.handle}/podcast.xml`
  // Once everything has been made it is an episode; the feed itself is kept for a while by whoever fetched it.
  await expect
    .poll(async () => (await stage.house.anyone.call('listDownloads', { params: { videoId: open } })).items.length, {
      timeout: 40_000,
    })
    .toBeGreaterThan(0)
  const text = await (await stage.house.anyone.fetch(feed)).text()
  const [, tag = ''] = /<enclosure ([^>]*)\/>/.exec(text) ?? []
  const named = Object.fromEntries([...tag.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
  expect(named).toMatchObject({ type: 'video/mp4', url: expect.stringContaining(`/api/videos/${open}/download/`) })

  const path = new URL(named.url!).pathname
  const answer = await stage.house.anyone.fetch(path)
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'video/mp4'])
  expect([String(bytes.byteLength), answer.headers.get('content-length')]).toEqual([named.length, named.length])
  // Podcast programs go on where a download broke off.
  const rest = await stage.house.anyone.fetch(path, { headers: { range: 'bytes=1000-' } })
  expect([rest.status, (await rest.arrayBuffer()).byteLength]).toEqual([206, bytes.byteLength - 1000])

  const file = join(folder, 'episode.mp4')
  await writeFile(file, bytes)
  const { stdout } = await promisify(execFile)('ffprobe', [
    ...['-v', 'error', '-show_entries', 'format=duration:stream=codec_type', '-of', 'json', file],
  ])
  const probed = JSON.parse(stdout) as { streams: { codec_type: string }[]; format: { duration: string } }
  expect(probed.streams.map((it) => it.codec_type).sort()).toEqual(['audio', 'video'])
  expect(Number(probed.format.duration)).toBeCloseTo(6, 0)
  expect(text).toContain('<itunes:duration>6</itunes:duration>')
  const { page } = await stage.open()
  await page.goto(feed)
  const lasts = await page.evaluate<number>(
    `new Promise((resolve, reject) => {
      const video = Object.assign(document.createElementNS('http://www.w3.org/1999/xhtml', 'video'), { muted: true, src: ${JSON.stringify(path)} })
      video.onerror = () => reject(new Error(video.error.message))
      video.ontimeupdate = () => video.currentTime > 0.3 && resolve(video.duration)
      video.play()
    })`,
  )
  expect(lasts).toBeCloseTo(6, 0)
})

test('beside a video it is said that nothing follows, or that the list did not come; a long reason leaves room for the menu', async () => {
  const [cleo, dora] = [await stage.house.member('Cleo'), await stage.house.member('Dora')]
  const { page } = await stage.open(dora)
  await page.goto(`/watch/${open}`)
  await page.getByText('There is nothing else to watch yet.').waitFor()

  const next = await publish(ana, join(folder, 'clip.mp4'), { title: 'What comes next' })
  await page.route('**/next*', (route) => route.fulfill({ status: 429, json: {} }))
  await page.reload()
  await page.locator('aside').getByRole('alert').waitFor()
  await page.unroute('**/next*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.locator('aside .suggestion').getByText('What comes next').waitFor()

  const watches = async ({ id }: Member, videoId: string) =>
    hearWatch(stage.house.app, { viewer: `account:${id}`, videoId, watchedMs: 6000, durationMs: 6000 })
  for (const videoId of [open, next]) await watches(cleo, videoId)
  await watches(dora, open)
  await page.goto('/')
  const tile = page.locator('.suggestion').filter({ hasText: 'What comes next' })
  await tile.getByText(`Because you watched ${LONG_TITLE}`).waitFor()
  const [place, menu] = [
    await page.locator('.grid > li').first().boundingBox(),
    await tile.getByRole('button').boundingBox(),
  ]
  expect(menu!.x + menu!.width).toBeLessThanOrEqual(place!.x + place!.width)
})

test('after the end the next video waits for whoever writes or looks elsewhere, then goes on; a press there does not begin anew, and the keyboard goes on', async () => {
  const next = await publish(ana, join(folder, 'clip.mp4'), { title: 'What comes after' })
  await ana.call('pinNext', { params: { videoId: open }, body: { next } })
  const { page, troubles } = await stage.open()
  await page.clock.install()
  await page.goto(`/watch/${open}?t=5`)

  const end = page.locator('.end-screen')
  await end.getByRole('status').filter({ hasText: 'What comes after' }).waitFor({ timeout: 20_000 })
  const left = end.getByRole('status').locator('span')
  await page.locator('header').getByRole('combobox').focus()
  const held = await left.textContent()
  await page.clock.runFor(20_000)
  expect(await left.textContent()).toBe(held)
  await page.evaluate(
    `Object.defineProperty(document, 'hidden', { value: true, configurable: true }); document.activeElement.blur()`,
  )
  await page.clock.runFor(20_000)
  expect(await left.textContent()).toBe(held)
  await page.evaluate('delete document.hidden')
  await page.clock.runFor(20_000)
  await page.waitForURL(`**/watch/${next}`)

  await page.goto(`/watch/${next}?t=5`)
  await page.locator('header').getByRole('combobox').focus()
  await end.getByRole('button', { name: 'Cancel' }).click()
  await end.getByRole('status').waitFor({ state: 'detached' })
  expect(
    await page.evaluate(
      () => (document.querySelector('vitascope-player') as unknown as { video: HTMLVideoElement }).video.ended,
    ),
  ).toBe(true)
  expect(await accessFaults(page)).toEqual([])

  await end.getByRole('link', { name: LONG_TITLE }).focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/watch/${open}`)
  await end.waitFor({ state: 'detached' })
  expect(troubles).toEqual([])
})

test('a suggestion is sent away and called back by keyboard, and the focus stays where it stood', async () => {
  const { page, troubles } = await stage.open(ana)
  await page.goto('/')
  await page.locator('.suggestion').first().getByRole('button').first().focus()
  for (const key of ['Enter', 'Tab']) await page.keyboard.press(key)
  expect(await focused(page)).toBe('Not interested')

  await page.keyboard.press('Enter')
  const gone = page.locator('.suggestion-gone')
  await gone.waitFor()
  expect(await focused(page)).toContain('You will not be shown this again.')
  for (const key of ['Tab', 'Enter']) await page.keyboard.press(key)
  await gone.waitFor({ state: 'detached' })
  await page.keyboard.press('Tab')

  const title = page.locator('.suggestion').first().locator('.tile-title')
  await expect.poll(async () => (await focused(page)) === (await title.textContent())).toBe(true)
  expect((await ana.call('getTastes')).unwanted).toEqual([])

  // With a channel all of its tiles go, and come back with it; what was sent away is not there again when one comes back.
  const tiles = page.locator('.suggestion')
  const count = await tiles.count()
  const choose = async (words: string) => {
    await tiles.first().getByRole('button').first().click()
    await page
      .getByRole('menuitem', { name: words })
      .or(page.getByRole('button', { name: words }))
      .first()
      .click()
    await gone.waitFor()
  }
  await choose('Nothing of this channel')
  await tiles.first().waitFor({ state: 'detached' })
  await gone.getByRole('button').click()
  await gone.waitFor({ state: 'detached' })
  await expect.poll(() => tiles.count()).toBe(count)
  const name = (await title.textContent())!
  await choose('Not interested')
  await page.route('**/api/recommendations*', () => {})
  await page.getByRole('link', { name: 'Trending' }).first().click()
  await page.getByRole('heading', { name: 'Trending', level: 1 }).waitFor()
  await page.goBack()
  // Where there was only one, that nothing is left.
  await tiles.first().or(page.getByText('There is nothing more of this')).waitFor()
  expect(await page.locator('.tile-title').allTextContents()).not.toContain(name)
  expect(await gone.count()).toBe(0)
  await ana.call('removeWishes')
  expect(troubles).toEqual([])
})

test('what is sent away on one list of a page is gone from all of them, and comes back on all', async () => {
  const ben = await stage.house.member('Ben')
  for (const singer of [await stage.house.member('Eva'), await stage.house.member('Finn')])
    for (let count = 0; count < 18; count++)
      await publishedBy(stage.house, singer, { title: `${singer.name} sings ${count}`, category: 'music' })
  await ben.call('chooseTopics', { body: { topics: ['music'] } })
  const { page, troubles } = await stage.open(ben)
  const known = async () => (await ben.call('recommendHome', { query: { limit: 60 } })).items.length
  await expect.poll(known).toBeGreaterThanOrEqual(36)
  await page.goto('/')
  const shelf = page.getByRole('region', { name: 'Music' })
  const title = (await shelf.locator('.tile-title').first().textContent())!
  await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
  const both = page.locator('.suggestion').filter({ has: page.getByRole('link', { name: title, exact: true }) })
  await expect.poll(() => both.count()).toBe(2)

  await shelf.getByRole('button', { name: `Options for ${title}`, exact: true }).click()
  await page.getByRole('button', { name: 'Not interested' }).click()
  const gone = page.locator('.suggestion-gone')
  await expect.poll(() => gone.count()).toBe(2)
  await expect.poll(() => both.count()).toBe(0)
  await gone.last().getByRole('button').click()
  await expect.poll(() => both.count()).toBe(2)
  expect((await ben.call('getTastes')).unwanted).toEqual([])
  expect(troubles).toEqual([])
})
