/** Pages over HTTP: right status, right head, the data of the page inside, and nothing of what is hidden. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPages } from '../../../test/e2e/browser.ts'
import { makeClip, publish } from '../../../test/e2e/clips.ts'
import { type House, type Member, openHouse } from '../../../test/support/house.ts'

let house: House
let ana: Member
let folder: string
const ids = { public: '', unlisted: '', private: '' }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitascope-clips-'))
  await buildPages()
  house = await openHouse({ workers: true })
  ana = await house.member('Ana')
  const clip = await makeClip(folder, 'clip.mp4', { seconds: 2, width: 160, height: 90 })
  for (const privacy of ['public', 'unlisted', 'private'] as const) {
    ids[privacy] = await publish(ana, clip, { title: `A ${privacy} <b>"title"</b>`, privacy })
  }
}, 90_000)
afterAll(async () => {
  await house?.close()
  await rm(folder, { recursive: true, force: true })
})

const bootOf = (html: string) =>
  JSON.parse(/<script type="application\/json" id="boot">(.*)<\/script>/.exec(html)?.[1] ?? '')

test('a watch page carries its cards, its video and its playback', async () => {
  const answer = await house.anyone.fetch(`/watch/${ids.public}`)
  const html = await answer.text()
  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('private, no-cache')
  expect(html).toContain('<title>A public &lt;b&gt;&quot;title&quot;&lt;/b&gt; - Vitascope</title>')
  expect(html).toContain(`<link rel="canonical" href="${house.address}/watch/${ids.public}" />`)
  expect(html).toMatch(/<link rel="modulepreload" href="\/assets\/player-[\w-]+\.js" \/>/)
  expect(html).toMatch(/<link rel="modulepreload" href="\/assets\/hls-engine-[\w-]+\.js" \/>/)

  const boot = bootOf(html)
  expect(boot).toMatchObject({ me: null, video: { id: ids.public }, playback: { videoId: ids.public } })
  expect(Object.keys(boot.playback.playlists)).toContain('main.m3u8')
  // What the page tells the browser to fetch ahead is there.
  for (const address of boot.playback.preload) {
    expect(html).toContain(`<link rel="preload" as="fetch" crossorigin href="${address}" />`)
    expect((await house.anyone.fetch(address)).status, address).toBe(200)
  }
})

test('a private video is the missing page for others and a page for its owner, both out of every index', async () => {
  for (const page of ['watch', 'embed']) {
    const answer = await house.anyone.fetch(`/${page}/${ids.private}`)
    const html = await answer.text()
    expect(answer.status).toBe(404)
    expect(html).not.toContain('A private')
    expect(html).not.toContain(ids.private)
  }
  const own = await ana.fetch(`/watch/${ids.private}`)
  const html = await own.text()
  expect(own.status).toBe(200)
  expect(html).toContain('noindex')
  expect(html).not.toContain('og:')
  expect(bootOf(html).me).toMatchObject({ id: ana.id })
})

test('oEmbed answers for what everybody may see who has the address', async () => {
  const ask = (address: string, more = '') =>
    house.anyone.fetch(`/oembed?url=${encodeURIComponent(`${house.address}${address}`)}${more}`)
  const answer = await ask(`/watch/${ids.public}`, '&maxwidth=320')
  expect(await answer.json()).toMatchObject({
    type: 'video',
    version: '1.0',
    width: 320,
    height: 180,
    author_name: 'Ana',
  })
  expect((await ask(`/watch/${ids.unlisted}`)).status).toBe(200)
  expect((await ask(`/watch/${ids.private}`)).status).toBe(404)
  expect((await ask('/studio')).status).toBe(404)
  expect((await ask(`/watch/${ids.public}`, '&format=xml')).status).toBe(501)
})

test('home and channel carry their lists; hidden videos are in neither', async () => {
  for (const address of ['/', `/@${ana.channel.handle}`]) {
    const boot = bootOf(await (await house.anyone.fetch(address)).text())
    const items = boot.channelVideos?.items ?? boot.home.items.map((it: { video: { id: string } }) => it.video)
    expect(items.map((item: { id: string }) => item.id)).toEqual([ids.public])
  }
})

test.each([
  '/watch/nosuchvideo',
  '/watch/..%2f..%2fetc',
  '/@nobody-here',
  '/@Not-A-Handle',
  '/nothing',
  '/no/such/page',
])('%s is the missing page, with its status', async (address) => {
  const answer = await house.anyone.fetch(address)
  expect(answer.status).toBe(404)
  expect(answer.headers.get('content-type')).toContain('text/html')
})

test('machines that look for media or the API get a problem document and no page', async () => {
  for (const address of [
    '/videos/nosuch/run/main.m3u8',
    '/t/forged/videos/x/y/main.m3u8',
    '/api/nothing',
    '/assets/x.js',
  ]) {
    const answer = await house.anyone.fetch(address)
    expect(answer.status, address).toBeGreaterThanOrEqual(400)
    expect(answer.headers.get('content-type'), address).toContain('application/problem+json')
  }
})

test('the small files of a site are there', async () => {
  expect(await (await house.anyone.fetch('/robots.txt')).text()).toContain('Disallow: /api/')
  expect((await house.anyone.fetch('/favicon.svg')).headers.get('content-type')).toContain('image/svg+xml')
  expect(await (await house.anyone.fetch('/manifest.webmanifest')).json()).toMatchObject({ name: 'Vitascope' })
})
