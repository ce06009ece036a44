/** Addresses and grants of delivery: what is let through, and everything that only looks like it. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  cacheControl,
  grantExpiryS,
  mintGrant,
  notModified,
  rangeAtOnce,
  readAddress,
  readGrant,
  windowEnd,
} from './rules.ts'

const key = randomBytes(32)
const path = '/videos/aaaaaaaaaaaa/bbbbbbbbbbbb'

test('each file of a run has one address', () => {
  expect(readAddress(`${path}/main.m3u8`)?.file).toEqual({ kind: 'multivariant' })
  expect(readAddress(`${path}/360p/index.m3u8`)?.file).toEqual({ kind: 'playlist', rendition: '360p' })
  expect(readAddress(`${path}/audio/init.mp4`)?.file).toEqual({ kind: 'init', rendition: 'audio' })
  expect(readAddress(`${path}/2160p/17.m4s`)).toEqual({
    grant: undefined,
    videoId: 'aaaaaaaaaaaa',
    runId: 'bbbbbbbbbbbb',
    file: { kind: 'segment', rendition: '2160p', n: 17 },
    key: 'videos/aaaaaaaaaaaa/bbbbbbbbbbbb/2160p/17.m4s',
  })
})

test.each([
  `${path}/360p/../main.m3u8`,
  `${path}/360p/%2e%2e/main.m3u8`,
  `${path}/360p%2f0.m4s`,
  `/${path}/main.m3u8`,
  `${path}//main.m3u8`,
  `${path}/main.m3u8/`,
  `${path}/360p/007.m4s`,
  `${path}/360p/1e3.m4s`,
  `${path}/360p/99999999.m4s`,
  `${path}/plan.json`,
  `${path}/360P/0.m4s`,
  '/videos/short/bbbbbbbbbbbb/main.m3u8',
  `/t/${path}/main.m3u8`,
  `/t/a.b/t/a.b${path}/main.m3u8`,
  `/t/a.b.c${path}/main.m3u8`,
  '/videos/aaaaaaaaaaaa/bbbbbbbbbbbb/main.m3u8\n',
])('%j is no address', (odd) => {
  expect(readAddress(odd)).toBeUndefined()
})

test('a grant opens its own video until it expires, and nothing else', () => {
  const grant = { videoId: 'aaaaaaaaaaaa', expiresS: 1_000_000, under: 'private' as const, accountId: 'cccccccccccc' }
  const text = mintGrant(key, grant)
  expect(readGrant(key, text, 'aaaaaaaaaaaa', 999_999)).toEqual(grant)
  expect(readGrant(key, text, 'aaaaaaaaaaab', 999_999)).toBe('grant_invalid')
  expect(readGrant(key, text, 'aaaaaaaaaaaa', 1_000_031)).toBe('grant_expired')
  expect(readGrant(randomBytes(32), text, 'aaaaaaaaaaaa', 999_999)).toBe('grant_invalid')
})

test('no changed character of a grant goes unnoticed', () => {
  const text = mintGrant(key, { videoId: 'aaaaaaaaaaaa', expiresS: 1_000_000, under: 'unlisted' })
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom(...'ABCXYZabcxyz019-_.'), (at, letter) => {
      const changed = text.slice(0, at) + letter + text.slice(at + 1)
      fc.pre(changed !== text)
      return readGrant(key, changed, 'aaaaaaaaaaaa', 0) === 'grant_invalid'
    }),
  )
  for (let length = 0; length < text.length; length++)
    expect(readGrant(key, text.slice(0, length), 'aaaaaaaaaaaa', 0)).toBe('grant_invalid')
})

test('the address of a video stays the same for an hour', () => {
  const hour = 3_600_000
  expect(grantExpiryS(10 * hour + 1, 6)).toBe(grantExpiryS(11 * hour, 6))
  expect(grantExpiryS(10 * hour + 1, 6) * 1000).toBeGreaterThanOrEqual(10 * hour + 1 + 6 * hour)
})

test('the segments of a title fall into windows without a rest', () => {
  for (let count = 1; count < 12; count++) {
    for (let n = 0; n < count; n++) {
      expect(windowEnd(n, count)).toBeGreaterThan(n)
      expect(windowEnd(n, count)).toBeLessThanOrEqual(count)
    }
  }
})

test('a copy is good while its tag is', () => {
  const modified = new Date('2026-01-01T00:00:00.500Z')
  expect(notModified({ 'if-none-match': 'W/"x", "e"' }, '"e"', modified)).toBe(true)
  expect(notModified({ 'if-none-match': '"x"', 'if-modified-since': modified.toUTCString() }, '"e"', modified)).toBe(
    false,
  )
  expect(notModified({ 'if-modified-since': modified.toUTCString() }, '"e"', modified)).toBe(true)
  expect(notModified({}, '"e"', modified)).toBe(false)
})

test('what is asked for can be told before anything is known of the blob, but not where a copy or its length decides', () => {
  expect(rangeAtOnce({})).toBe('whole')
  expect(rangeAtOnce({ range: 'bytes=10-19' })).toEqual({ from: 10, to: 19 })
  expect(rangeAtOnce({ range: 'bytes=10-' })).toMatchObject({ from: 10 })
  expect(rangeAtOnce({ range: 'bytes=0-1, 4-5' })).toBe('whole')
  for (const range of ['bytes=-10', 'bytes=-0']) expect(rangeAtOnce({ range })).toBeUndefined()
  expect(rangeAtOnce({ 'if-none-match': '"e"' })).toBeUndefined()
  expect(rangeAtOnce({ range: 'bytes=10-19', 'if-range': '"e"' })).toBeUndefined()
})

test('what carries a grant is kept by nobody else', () => {
  expect(cacheControl({ kind: 'init', rendition: '360p' }, true)).toContain('private')
  expect(cacheControl({ kind: 'multivariant' }, true)).toBe('private, no-cache')
})
