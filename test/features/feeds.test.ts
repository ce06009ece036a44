/** Feeds, maps, short links and frames: what other programs and sites are given, and what not. */
import { expect, test } from 'vitest'
import { openHouse } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'

const NASTY = 'Rock & Roll <script>alert("1")</script> \u{1F3B8}'

/** A parser that takes no nonsense: every element is closed, every text escaped. */
function wellFormed(xml: string): string[] {
  const open: string[] = []
  const seen: string[] = []
  const rest = xml
    .replace(/^<\?xml[^>]*\?>\s*/, '')
    .replace(/<(\/?)([\w:]+)((?:\s+[\w:]+="[^"<]*")*)\s*(\/?)>/g, (_, close, name, _attributes, empty) => {
      if (close) expect(open.pop()).toBe(name)
      else {
        seen.push(name)
        if (!empty) open.push(name)
      }
      return ''
    })
  expect(open).toEqual([])
  expect(rest).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;|#39;)/)
  return seen
}

test('a channel is read as RSS, Atom and podcast: what is public, escaped, newest first', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const [one, two] = [
    await publishedBy(house, ana, { title: NASTY, description: 'a < b & c' }),
    await publishedBy(house, ana),
  ]
  const hidden = await publishedBy(house, ana, { privacy: 'unlisted', title: 'Not for all' })

  for (const [form, type, item] of [
    ['rss.xml', 'application/rss+xml', 'item'],
    ['atom.xml', 'application/atom+xml', 'entry'],
    ['podcast.xml', 'application/rss+xml', 'item'],
  ] as const) {
    const answer = await house.anyone.fetch(`/feeds/${ana.channel.handle}/${form}`)
    const text = await answer.text()
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`])
    const names = wellFormed(text)
    // Nothing may be downloaded here, so the podcast has no episodes.
    expect(names.filter((name) => name === item)).toHaveLength(form === 'podcast.xml' ? 0 : 2)
    expect(text).not.toContain(hidden)
    if (form === 'rss.xml') {
      expect(text).toContain('Rock &amp; Roll &lt;script&gt;')
      expect(text.indexOf(two)).toBeLessThan(text.indexOf(one))
    }
  }
  for (const path of ['/feeds/nobody-here/rss.xml', `/feeds/${ana.channel.handle}/other.xml`, '/feeds/%22%3E/rss.xml'])
    expect((await house.anyone.fetch(path)).status).toBe(404)
})

test('search engines are told what is public, month by month', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const open = await publishedBy(house, ana, { title: NASTY })
  const hidden = await publishedBy(house, ana, { privacy: 'unlisted' })
  await house.app.db
    .updateTable('videos')
    .set({ thumbnail_key: `videos/${open}/t.jpg` })
    .where('video_id', '=', open)
    .execute()

  const index = await (await house.anyone.fetch('/sitemap.xml')).text()
  wellFormed(index)
  const [, map = ''] = /<loc>[^<]*(\/sitemaps\/\d{4}-\d\d\.xml)<\/loc>/.exec(index) ?? []
  const text = await (await house.anyone.fetch(map)).text()
  expect(wellFormed(text)).toContain('video:video')
  expect(text).toContain(open)
  expect(text).not.toContain(hidden)
  expect((await house.anyone.fetch('/sitemaps/2026-13.xml')).status).toBe(404)
  expect(await (await house.anyone.fetch('/robots.txt')).text()).toContain('/sitemap.xml')
})

test('a short address leads to the video and nowhere else', async () => {
  await using house = await openHouse()
  const to = async (path: string) => {
    const answer = await house.anyone.fetch(path, { redirect: 'manual' })
    return [answer.status, answer.headers.get('location')]
  }
  expect(await to('/v/abcdefgh1234?t=90')).toEqual([301, '/watch/abcdefgh1234?t=90'])
  expect(await to('/v/abcdefgh1234?t=%0d%0ax')).toEqual([301, '/watch/abcdefgh1234'])
  expect(await to('/v/..%2f..%2fevil.example')).toEqual([404, null])
})

test('a video stands in the frames of the sites its owner names, and of no others', async () => {
  await using house = await openHouse()
  const [ana, bo] = [await house.member('Ana'), await house.member('Bo')]
  // Not ready: its page has no playback, and is a page all the same.
  const { id: videoId } = await ana.call('createVideo', { body: { title: 'A walk' } })
  const params = { videoId }
  const policy = async () => {
    const answer = await house.anyone.fetch(`/embed/${videoId}`)
    return /frame-ancestors ([^;]*)/.exec(answer.headers.get('content-security-policy') ?? '')?.[1]
  }
  const before = await policy()

  await ana.call('editVideo', { params, body: { embedHosts: ['School.example', '*.partner.example:8443'] } })
  expect(before).toBe('*')
  expect(await policy()).toBe(
    "'self' https://school.example http://school.example https://*.partner.example:8443 http://*.partner.example:8443",
  )
  expect((await ana.call('getVideo', { params })).embedHosts).toEqual(['school.example', '*.partner.example:8443'])
  expect((await bo.call('getVideo', { params })).embedHosts).toBeUndefined()
  await ana.call('editVideo', { params, body: { embedHosts: [] } })
  expect(await policy()).toBe("'self'")
  await ana.call('editVideo', { params, body: { embedHosts: null } })
  expect(await policy()).toBe('*')
  for (const host of ['evil.example; script-src *', "'none'", '*', 'https://a.example', 'a b', 'a.example/x', '*.com.'])
    await expect(ana.call('editVideo', { params, body: { embedHosts: [host] } })).rejects.toMatchObject({
      code: 'bad_request',
    })
})
