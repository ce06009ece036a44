/** The player in a real browser, alone with a small stream: it plays, obeys, waits, and says what is wrong. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTheatre, type Theatre } from './theatre.ts'

let theatre: Theatre

beforeAll(async () => {
  theatre = await openTheatre()
}, 120_000)
afterAll(() => theatre?.[Symbol.asyncDispose]())
beforeEach(() => theatre.reset())
afterEach(() => Promise.all(theatre.browser.contexts().map((context) => context.close())))

const until = { timeout: 15_000, interval: 50 }

interface Seen {
  positionS: number
  paused: boolean
  ended: boolean
  muted: boolean
  volume: number
  speed: number
  height: number
}

const look = (page: Page): Promise<Seen> =>
  page.locator('vitascope-player video').evaluate((it) => {
    const video = it as HTMLVideoElement
    const { currentTime, paused, ended, muted, volume, playbackRate, videoHeight } = video
    return { positionS: currentTime, paused, ended, muted, volume, speed: playbackRate, height: videoHeight }
  })

const plays = (page: Page, fromS = 0.2) =>
  expect.poll(async () => (await look(page)).positionS, until).toBeGreaterThan(fromS)
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

test('it plays by itself, lowest quality first, without asking for a playlist', async () => {
  const page = await theatre.open({ autoplay: '' })

  await plays(page)

  expect(theatre.asked.filter((path) => path.endsWith('.m3u8'))).toEqual([])
  const pieces = theatre.asked.filter((path) => path.endsWith('.m4s'))
  expect(pieces).toContain('/stream/360p/0.m4s')
  expect(pieces).toContain('/stream/audio/0.m4s')
  expect(pieces).not.toContain('/stream/720p/0.m4s')
  // There is room for more than 360 lines and bandwidth to spare.
  await expect.poll(async () => (await look(page)).height, until).toBe(720)
})

test('it pauses and goes on by click and by key, and not while somebody types', async () => {
  const page = await theatre.open({ autoplay: '' })
  await plays(page)

  await page.locator('vitascope-player').click({ position: { x: 300, y: 200 } })
  await expect.poll(async () => (await look(page)).paused).toBe(true)
  await page.keyboard.press('k')
  await expect.poll(async () => (await look(page)).paused).toBe(false)
  await page.keyboard.press(' ')
  await expect.poll(async () => (await look(page)).paused).toBe(true)

  // A button of the page has the focus once it was pressed: letters are for the player still, and what presses it is not.
  await page.locator('body').evaluate((body) => body.append(document.createElement('button')))
  await page.locator('body > button').focus()
  await page.keyboard.press(' ')
  expect((await look(page)).paused).toBe(true)
  await page.keyboard.press('k')
  await expect.poll(async () => (await look(page)).paused).toBe(false)
  await page.keyboard.press('k')
  await expect.poll(async () => (await look(page)).paused).toBe(true)

  await page.locator('body').evaluate((body) => body.append(document.createElement('textarea')))
  const { positionS } = await look(page)
  await page.locator('textarea').pressSequentially('k l m 5')
  expect(await page.locator('textarea').inputValue()).toBe('k l m 5')
  expect(await look(page)).toMatchObject({ paused: true, muted: false, positionS })
})

test('it seeks by key, by slider and by pointer', async () => {
  const page = await theatre.open()
  const slider = page.getByRole('slider', { name: 'Position in the video' })
  await expect.poll(async () => (await look(page)).height, until).toBeGreaterThan(0)
  const at = (positionS: number) =>
    expect.poll(async () => (await look(page)).positionS, until).toBeCloseTo(positionS, 1)

  await page.keyboard.press('5')
  await at(12)
  await page.keyboard.press('l')
  await at(22)
  await page.keyboard.press('j')
  await at(12)
  await slider.focus()
  await page.keyboard.press('ArrowLeft')
  await at(7)
  await page.keyboard.press('PageUp')
  await at(13)
  await page.keyboard.press('Home')
  await at(0)
  expect(await slider.getAttribute('aria-valuemax')).toBe('24')
  expect(await slider.getAttribute('aria-valuetext')).toBe('0 seconds of 24 seconds')

  const { x, y, width, height } = (await slider.boundingBox())!
  await page.mouse.move(x + 10, y + height / 2)
  await page.mouse.down()
  await page.mouse.move(x + width / 4, y + height / 2)
  await page.mouse.move(x + width / 2, y + height / 2)
  await page.mouse.up()
  await at(12)
})

test('standing still, it goes picture by picture, and past neither end', async () => {
  const page = await theatre.open()
  await expect.poll(async () => (await look(page)).height, until).toBeGreaterThan(0)
  // Ten pictures a second: each step lands in the middle of one.
  const at = (positionS: number) =>
    expect.poll(async () => (await look(page)).positionS, until).toBeCloseTo(positionS, 3)

  await page.keyboard.press('5')
  await at(12)
  await page.keyboard.press('.')
  await page.keyboard.press('.')
  await at(12.25)
  await page.keyboard.press(',')
  await at(12.15)
  await page.keyboard.press('0')
  await at(0)
  await page.keyboard.press(',')
  await at(0.05)

  await page.keyboard.press('k')
  await plays(page, 0.3)
  await page.keyboard.press('.')
  expect((await look(page)).paused).toBe(false)
})

test('a question mark, or the menu, lists the keys that are heard; the list keeps the focus and gives it back', async () => {
  const page = await theatre.open()
  const list = page.getByRole('dialog', { name: 'Keys' })
  const focused = () =>
    page.locator('vitascope-player').evaluate((it) => it.shadowRoot!.activeElement?.getAttribute('aria-label'))

  await page.keyboard.press('?')
  await list.waitFor()
  const lines = await list.locator('dl > div').allInnerTexts()
  expect(lines.map((line) => line.replace(/\s+/g, ' '))).toEqual(
    expect.arrayContaining([
      'K Space Play or pause',
      '. One picture on, while paused',
      '0 – 9 To 0 % – 90 % of the video',
    ]),
  )
  expect(await theatre.checkAccess(page)).toEqual([])
  expect(await focused()).toBe('Close')
  await page.keyboard.press('m')
  expect((await look(page)).muted).toBe(false)
  await page.keyboard.press('Escape')
  await list.waitFor({ state: 'hidden' })

  await button(page, 'Settings').focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Keys' }).focus()
  await page.keyboard.press('Enter')
  await list.waitFor()
  await page.keyboard.press('Enter')
  await list.waitFor({ state: 'hidden' })
  await expect.poll(focused).toBe('Settings')
})

test('quality and speed are chosen in the menu, with the keyboard alone', async () => {
  const page = await theatre.open({ autoplay: '' })
  await plays(page)

  await button(page, 'Settings').focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: /^Quality/ }).waitFor()
  await page.keyboard.press('ArrowRight')
  const choices = page.getByRole('menuitemradio')
  await expect.poll(() => choices.allTextContents()).toEqual([expect.stringMatching(/^Auto/), '720p', '360p'])
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')

  await expect.poll(async () => (await look(page)).height, until).toBe(360)
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Quality 360p' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('menuitemradio', { name: '1.5×' }).click()
  expect((await look(page)).speed).toBe(1.5)
  await page.getByRole('status').filter({ hasText: 'Speed: 1.5×' }).waitFor()
})

test('the language that is heard is chosen in the menu, and kept for the next video', async () => {
  const page = await theatre.open({ autoplay: '' })
  await plays(page)
  const heard = () => theatre.asked.filter((path) => path.includes('/audio'))
  expect(heard().some((path) => path.includes('/audio2/'))).toBe(false)

  await button(page, 'Settings').click()
  await page.getByRole('menuitem', { name: /^Audio/ }).click()
  await page.getByRole('menuitemradio').nth(1).click()
  await expect.poll(heard, until).toContainEqual(expect.stringMatching(/^\/stream\/audio2\/\d+\.m4s$/))
  await page
    .getByRole('status')
    .filter({ hasText: /^Audio: / })
    .waitFor()

  theatre.reset()
  const next = await page.context().newPage()
  await theatre.show(next, { autoplay: '' })
  await plays(next)
  expect(heard().filter((path) => path.startsWith('/stream/audio/'))).toEqual([])
})

test('with six loudspeakers the sound in 5.1 is heard at every quality, and each quality is named once', async () => {
  const page = await (await theatre.browser.newContext()).newPage()
  await page.addInitScript(() =>
    Object.defineProperty(AudioDestinationNode.prototype, 'maxChannelCount', { get: () => 6 }),
  )
  await theatre.show(page, { autoplay: '' })
  await expect.poll(async () => (await look(page)).height, until).toBe(720)
  const heard = theatre.asked.flatMap((path) => /^\/stream\/(audio[^/]*)\/\d+\.m4s$/.exec(path)?.[1] ?? [])
  expect(new Set(heard)).toEqual(new Set(['audio-surround']))

  await button(page, 'Settings').click()
  await page.getByRole('menuitem', { name: /^Quality/ }).click()
  await expect
    .poll(() => page.getByRole('menuitemradio').allTextContents())
    .toEqual([expect.stringMatching(/^Auto/), '720p', '360p'])
})

test('volume and silence are kept for the next video', async () => {
  const page = await theatre.open({ autoplay: '' })
  await plays(page)

  await page.keyboard.press('m')
  await expect.poll(async () => (await look(page)).muted).toBe(true)
  await button(page, 'Unmute').first().waitFor()
  await page.keyboard.press('m')
  await page.locator('vitascope-player').focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await expect.poll(async () => (await look(page)).volume).toBeCloseTo(0.9)

  const next = await page.context().newPage()
  await theatre.show(next)
  expect((await look(next)).volume).toBeCloseTo(0.9)
})

test('a piece that is still being made is waited for, and is no error', async () => {
  let refusals = 0
  let isMade = false
  theatre.trouble = (path) => {
    if (path !== '/stream/360p/0.m4s' || isMade) return undefined
    refusals += 1
    return { status: 503, headers: { 'retry-after': '1' } }
  }
  const page = await theatre.open({ autoplay: '' })

  await page.getByText('This part is still being prepared').waitFor()
  isMade = true
  await plays(page)

  expect(refusals).toBeGreaterThan(0)
  // It was asked for again, and not once more after it had come.
  expect(theatre.asked.filter((path) => path === '/stream/360p/0.m4s')).toHaveLength(refusals + 1)
  expect(await page.getByRole('alert').isVisible()).toBe(false)
  expect(await page.getByText('This part is still being prepared').isVisible()).toBe(false)
})

test('when the server fails it says so, and Try again goes on at the same place', async () => {
  const page = await theatre.open({ autoplay: '', start: '12' })
  await plays(page, 12.2)
  theatre.trouble = (path) => (path.endsWith('.m4s') ? { status: 500 } : undefined)
  await page.keyboard.press('1')

  await page.getByRole('alert').getByText('The video cannot be reached').waitFor({ timeout: 60_000 })
  theatre.trouble = () => undefined
  await button(page, 'Try again').click()

  await plays(page, 2.6)
  expect((await look(page)).positionS).toBeLessThan(12)
  expect(await page.getByRole('alert').isVisible()).toBe(false)
}, 90_000)

test('addresses that expire are renewed once, and the video goes on where it was', async () => {
  const page = await theatre.open({ autoplay: '', start: '10' })
  await plays(page, 10.2)
  theatre.renewed = { ...theatre.playback, hls: '/again/main.m3u8', token: 'another-token' }
  theatre.trouble = (path) => (path.startsWith('/stream/') ? { status: 403 } : undefined)

  await page.keyboard.press('1')

  await expect.poll(() => theatre.asked.some((path) => path.startsWith('/again/360p/')), until).toBe(true)
  await plays(page, 2.6)
  expect((await look(page)).positionS).toBeLessThan(10)
})

test('a video that is gone says so in the words of the server', async () => {
  theatre.trouble = () => ({ status: 404 })
  const page = await theatre.open({ autoplay: '' })

  await page.getByRole('alert').getByText('This video does not exist, or you may not see it.').waitFor()
})

test('it begins where the viewer stopped, ends, and can be seen again', async () => {
  const page = await theatre.open({ autoplay: '' }, { playback: { resumeMs: 20_000 } })
  await plays(page, 20.1)

  await expect.poll(async () => (await look(page)).ended, until).toBe(true)
  await button(page, 'Play again').first().click()

  await expect.poll(async () => (await look(page)).positionS, until).toBeLessThan(10)
  await expect.poll(async () => (await look(page)).paused).toBe(false)
})

test('it reports how it goes: position, time really watched, and the end', async () => {
  const page = await theatre.open({ autoplay: '' })
  await plays(page, 1)
  await page.keyboard.press('k')
  // One at every turn: a slow start may have had turns of its own before this one.
  const pausedMs = (await look(page)).positionS * 1000
  const last = () => theatre.beacons.at(-1)
  await expect.poll(() => Math.abs((last()?.positionMs ?? -1e6) - pausedMs), until).toBeLessThan(100)
  const paused = last()
  expect(paused).toMatchObject({ token: 'a-token', session: expect.stringMatching(/^[0-9a-z]{16}$/), ended: false })
  expect(paused!.watchedMs).toBeGreaterThan(800)
  expect(Math.abs(paused!.watchedMs - paused!.positionMs)).toBeLessThan(300)

  // A jump is not watching.
  await page.keyboard.press('9')
  await expect.poll(() => last()!.positionMs, until).toBeGreaterThan(21_000)
  expect(last()!.watchedMs - paused!.watchedMs).toBeLessThan(300)
  await page.keyboard.press('k')
  await expect.poll(() => theatre.beacons.some(({ ended }) => ended), until).toBe(true)
  expect(new Set(theatre.beacons.map(({ session }) => session)).size).toBe(1)
  expect(theatre.beacons.map(({ sequence }) => sequence)).toEqual(theatre.beacons.map((_, n) => n))
})

test('captions of the page are shown and hidden', async () => {
  const inside = '<track slot="captions" kind="captions" srclang="en" label="English" src="/captions.vtt">'
  const page = await theatre.open({ autoplay: '' }, { inside })
  await plays(page)

  await button(page, 'Captions').click()
  await page.getByText('A lamp is lit').waitFor()
  await page.keyboard.press('c')
  await page.getByText('A lamp is lit').waitFor({ state: 'hidden' })
})

test('without captions there is no button for them', async () => {
  const page = await theatre.open({ autoplay: '' })
  await plays(page)
  expect(await button(page, 'Captions').isVisible()).toBe(false)
})

test('an embed loads nothing before it is asked to play', async () => {
  const page = await theatre.open({ embed: '' })
  await button(page, 'Play').first().waitFor()
  expect(theatre.asked.filter((path) => path.startsWith('/stream/'))).toEqual([])

  await button(page, 'Play').first().click()
  await plays(page)
  expect(await button(page, 'Theatre mode').isVisible()).toBe(false)
})

test.each([
  ['a narrow phone', 320],
  ['a phone', 390],
  ['a tablet', 768],
])('on %s every control is inside the picture, and a tap shows them', async (_, width) => {
  const page = await theatre.open({ autoplay: '' }, { width, height: 800, touch: true })
  await plays(page)
  const { stageWidth, outside, wide } = await page.locator('vitascope-player').evaluate((player) => {
    const stage = player.getBoundingClientRect()
    const controls = [...player.shadowRoot!.querySelectorAll<HTMLElement>('.row > *')]
    const shown = controls.filter((it) => it.offsetParent !== null)
    const isOut = (it: Element) => {
      const box = it.getBoundingClientRect()
      return box.left < stage.left || box.right > stage.right + 0.5 || box.bottom > stage.bottom + 0.5
    }
    const { scrollWidth, clientWidth } = document.documentElement
    return { stageWidth: stage.width, outside: shown.filter(isOut).length, wide: scrollWidth > clientWidth }
  })
  expect(stageWidth).toBeGreaterThan(width * 0.9)
  expect(outside).toBe(0)
  expect(wide).toBe(false)

  const stage = page.locator('vitascope-player .stage')
  await expect.poll(() => stage.getAttribute('data-active'), until).toBe(null)
  await page.touchscreen.tap(width / 2, 40)
  await expect.poll(() => stage.getAttribute('data-active')).toBe('')
  expect((await look(page)).paused).toBe(false)
  // Every line of a menu can be tapped, the last one too.
  await button(page, 'Settings').tap()
  await page.getByRole('menuitem', { name: /^Quality/ }).tap()
  await page.getByRole('menuitemradio', { name: '360p', exact: true }).tap()
  await page.getByRole('status').filter({ hasText: 'Quality: 360p' }).waitFor()
})

test('two taps at the right side jump ten seconds', async () => {
  const page = await theatre.open({ autoplay: '' }, { width: 390, height: 800, touch: true })
  await plays(page)

  await page.touchscreen.tap(350, 100)
  await page.touchscreen.tap(350, 100)

  await plays(page, 10)
  expect((await look(page)).paused).toBe(false)
})

test('a remote control walks from the picture to every button', async () => {
  const page = await theatre.open({ autoplay: '' })
  await plays(page)
  const focused = () =>
    page
      .locator('vitascope-player')
      .evaluate((it) => it.shadowRoot!.activeElement?.getAttribute('aria-label') ?? it.tagName.toLowerCase())

  await page.locator('vitascope-player').focus()
  await page.keyboard.press('Enter')
  await expect.poll(focused).toBe('Play')
  await page.keyboard.press('ArrowRight')
  expect(await focused()).toBe('Mute')
  for (let n = 0; n < 10 && (await focused()) !== 'Full screen'; n++) await page.keyboard.press('ArrowRight')
  expect(await focused()).toBe('Full screen')
  await page.keyboard.press('ArrowUp')
  expect(await focused()).toBe('Position in the video')
  await page.keyboard.press('ArrowUp')
  expect(await focused()).toBe('vitascope-player')
})

test('it speaks the language of the page', async () => {
  const page = await theatre.open({}, { language: 'de-AT' })
  await button(page, 'Einstellungen').click()
  await page.getByRole('menuitem', { name: /^Tempo/ }).waitFor()
})

test('it asks nothing of the eyes alone: no finding of the accessibility checker', async () => {
  const page = await theatre.open(
    { autoplay: '' },
    { inside: '<track slot="captions" srclang="en" label="English" src="/captions.vtt">' },
  )
  await plays(page)
  await button(page, 'Settings').click()

  const found = await theatre.checkAccess(page)

  expect(found).toEqual([])
})

test('taken out of the page, it stops and reports', async () => {
  const page = await theatre.open({ autoplay: '' })
  await plays(page, 0.5)

  await page.locator('vitascope-player').evaluate((it) => it.remove())

  await expect.poll(() => theatre.beacons.length, until).toBeGreaterThan(0)
  const count = theatre.asked.length
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(theatre.asked.slice(count).filter((path) => path !== '/api/beacons')).toEqual([])
})

test('pointing at the seek bar shows a picture and the name of the part; captions come with the playback', async () => {
  const storyboard = `data:text/vtt,${encodeURIComponent('WEBVTT\n\n00:00:00.000 --> 00:00:12.000\nhttps://x.test/0.jpg#xywh=0,0,192,108\n\n00:00:12.000 --> 00:00:24.000\nhttps://x.test/0.jpg#xywh=192,0,160,90\n')}`
  const address = `data:text/vtt,${encodeURIComponent('WEBVTT\n\n00:00.000 --> 00:20.000\nHello there\n')}`
  const chapters = [0, 8000, 16_000].map((startMs, n) => ({ startMs, title: `Part ${n + 1}` }))
  const captions = [{ language: 'en', kind: 'captions' as const, name: 'English', address }]
  const page = await theatre.open({ autoplay: '' }, { playback: { storyboard, chapters, captions } })
  await plays(page)

  const bar = page.locator('vitascope-player .seekbar')
  const box = (await bar.boundingBox())!
  // Pointed at once, and held still until the picture has come.
  await page.mouse.move(box.x + box.width * 0.8, box.y + box.height / 2)
  const tile = page.locator('vitascope-player .tile')
  await expect
    .poll(() => tile.evaluate((it) => [(it as HTMLElement).hidden, it.clientWidth]), until)
    .toEqual([false, 160])
  expect(await page.locator('vitascope-player .chapter').textContent()).toBe('Part 3')
  expect(await page.locator('vitascope-player .marks > div').count()).toBe(2)

  await page.keyboard.press('c')
  await expect.poll(() => page.locator('vitascope-player .captions').textContent(), until).toBe('Hello there')
})
