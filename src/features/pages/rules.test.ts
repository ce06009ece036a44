/** Heads of pages: what people write is never markup, and what other sites are told is right. */
import { expect, test } from 'vitest'
import type { Video } from '../../contract/videos.ts'
import * as rules from './rules.ts'

const ORIGIN = 'https://video.example.org'

const video: Video = {
  id: 'abcDEF123456',
  title: 'Boats',
  channel: { id: 'channel12345', handle: 'ana', name: 'Ana' },
  durationMs: 3_725_400,
  width: 1920,
  height: 1080,
  thumbnail: '/videos/abcDEF123456/run/thumbnail.jpg',
  views: 7,
  privacy: 'public',
  state: 'ready',
  created: '2026-01-02T03:04:05.000Z',
  published: '2026-01-02T03:05:00.000Z',
  description: 'In the harbour.',
  tags: ['boats'],
  category: 'other',
  licence: 'cc-by',
  likes: 0,
  dislikes: 0,
  commentCount: 0,
  commentsPolicy: 'open',
  downloads: false,
  mine: false,
}

test('what people write ends neither an attribute nor a script', () => {
  const nasty = `"><script>alert(1)</script><!-- </ScRiPt> '&$&`
  const { tags } = rules.watchHead(
    ORIGIN,
    {
      ...video,
      title: nasty,
      description: nasty,
      tags: [nasty],
      channel: { ...video.channel, name: nasty },
    },
    'en',
  )
  const text = tags.join('\n')
  expect(text).not.toMatch(/<script>alert/i)
  expect(text.match(/<\/script>/gi)).toHaveLength(1)
  expect(text).not.toContain('<!--')
  const data = JSON.parse(/<script type="application\/ld\+json">(.*)<\/script>/.exec(text)?.[1] ?? '')
  expect(data.name).toBe(nasty)
})

test('data inside a page comes out as it went in', () => {
  const data = { title: '</script><!--\u2028\u2029', deep: [{ a: '<' }] }
  const text = rules.escapeJson(data)
  expect(text).not.toMatch(/[<\u2028\u2029]/)
  expect(JSON.parse(text)).toEqual(data)
})

test('a public video has cards, an unlisted one cards but no index, a private one nothing', () => {
  const textOf = (privacy: Video['privacy']) => rules.watchHead(ORIGIN, { ...video, privacy }, 'en').tags.join('\n')
  expect(textOf('public')).toContain(`<meta property="og:video" content="${ORIGIN}/embed/abcDEF123456" />`)
  expect(textOf('public')).not.toContain('noindex')
  expect(textOf('unlisted')).toContain('og:video')
  expect(textOf('unlisted')).toContain('noindex')
  expect(textOf('private')).toBe('<meta name="robots" content="noindex" />')
})

test('structured data names length, time and place of a video', () => {
  const text = rules.watchHead(ORIGIN, video, 'en').tags.join('\n')
  const data = JSON.parse(/<script type="application\/ld\+json">(.*)<\/script>/.exec(text)?.[1] ?? '')
  expect(data).toMatchObject({
    '@type': 'VideoObject',
    duration: 'PT1H2M5S',
    uploadDate: '2026-01-02T03:05:00.000Z',
    embedUrl: `${ORIGIN}/embed/abcDEF123456`,
    thumbnailUrl: [`${ORIGIN}/videos/abcDEF123456/run/thumbnail.jpg`],
  })
})

test.each([
  [0, 'PT1S'],
  [59_400, 'PT59S'],
  [60_000, 'PT1M'],
  [3_600_000, 'PT1H'],
])('%i ms is %s', (ms, text) => {
  expect(rules.isoDuration(ms)).toBe(text)
})

test('a frame has the shape of its video and fits into what was asked for', () => {
  expect(rules.embedSize(video)).toEqual({ width: 640, height: 360 })
  expect(rules.embedSize({ width: 1080, height: 1920 })).toEqual({ width: 203, height: 361 })
  expect(rules.embedSize(video, 320, 1000)).toEqual({ width: 320, height: 180 })
  expect(rules.embedSize({}, 640, 90)).toEqual({ width: 160, height: 90 })
})

test('only page addresses of this site belong to a video', () => {
  expect(rules.videoOfAddress(ORIGIN, `${ORIGIN}/watch/abcDEF123456?t=3#x`)).toBe('abcDEF123456')
  expect(rules.videoOfAddress(ORIGIN, `${ORIGIN}/embed/abcDEF123456`)).toBe('abcDEF123456')
  expect(rules.videoOfAddress(ORIGIN, 'https://other.example/watch/abcDEF123456')).toBeUndefined()
  expect(rules.videoOfAddress(ORIGIN, `${ORIGIN}/watch/../etc`)).toBeUndefined()
  expect(rules.videoOfAddress(ORIGIN, 'javascript:alert(1)')).toBeUndefined()
})

test('cookies choose language and theme, and can say nothing else', () => {
  expect(rules.rootAttributes('en', undefined)).toBe('lang="en" dir="ltr"')
  expect(rules.rootAttributes('ar', 'vitascope_theme=dark')).toBe('lang="ar" dir="rtl" data-theme="dark"')
  expect(rules.rootAttributes('de', 'vitascope_theme="><script>; vitascope_language="x')).toBe('lang="de" dir="ltr"')
})
