/** The decisions of watching. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as rules from './rules.ts'

const key = randomBytes(32)
const hour = rules.HOUR_MS
const proof = { videoId: 'abcdefgh1234', viewer: 'viewer:x', issuedMs: 1_800_000_000_000, durationMs: 600_000 }

describe('a playback token', () => {
  test('says what was signed, while it lives', () => {
    const token = rules.signProof(proof, key)
    expect(rules.readProof(token, key, proof.issuedMs)).toEqual(proof)
    expect(rules.readProof(token, key, proof.issuedMs + rules.TOKEN_LIFE_MS)).toEqual(proof)
    expect(rules.readProof(token, key, proof.issuedMs + rules.TOKEN_LIFE_MS + 1)).toBeUndefined()
  })

  test('may come from a clock a little ahead, not from far in the future', () => {
    const token = rules.signProof(proof, key)
    expect(rules.readProof(token, key, proof.issuedMs - 30_000)).toEqual(proof)
    expect(rules.readProof(token, key, proof.issuedMs - 2 * hour)).toBeUndefined()
  })

  test('is worth nothing under another key', () => {
    expect(rules.readProof(rules.signProof(proof, randomBytes(32)), key, proof.issuedMs)).toBeUndefined()
  })

  test('is worth nothing with any letter changed, and nonsense is no fault', () => {
    const token = rules.signProof(proof, key)
    const { length } = token
    fc.assert(
      fc.property(fc.nat(length - 1), fc.constantFrom(...'ABCabc019-_.'), (at, letter) => {
        // The last letter of base64 may hold bits that mean nothing; the bytes are what is signed.
        fc.pre(token[at] !== letter && at !== length - 1)
        const changed = token.slice(0, at) + letter + token.slice(at + 1)
        expect(rules.readProof(changed, key, proof.issuedMs)).toBeUndefined()
      }),
    )
    fc.assert(fc.property(fc.string(), (text) => rules.readProof(text, key, 0) === undefined))
  })

  test('of a member is the member’s alone; an anonymous one serves who carries it', () => {
    const mine = { ...proof, viewer: rules.viewerName({ accountId: 'ana', viewerKey: 'k' }) }
    expect(rules.mayReport(mine, { accountId: 'ana' })).toBe(true)
    expect(rules.mayReport(mine, { accountId: 'ben' })).toBe(false)
    expect(rules.mayReport(mine, { accountId: undefined })).toBe(false)
    expect(rules.mayReport(proof, { accountId: undefined })).toBe(true)
  })
})

test.each([
  ['the first moments', 4_000, 600_000, 0],
  ['the middle', 300_000, 600_000, 300_000],
  ['just before the tail', 569_000, 600_000, 569_000],
  ['the tail', 571_000, 600_000, 0],
  ['the end', 600_000, 600_000, 0],
  ['a long film half a minute before its end', 3 * hour - 29_000, 3 * hour, 0],
  ['a clip of four seconds', 3_500, 4_000, 0],
])('who stopped at %s goes on there or begins anew', (_, positionMs, durationMs, resumeMs) => {
  expect(rules.resumeAt(positionMs, durationMs)).toBe(resumeMs)
})

test('the first pieces are those of the lowest picture and of the sound', () => {
  const media = (length: number) =>
    `#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:2,\n${Array.from({ length }, (_, n) => `${n}.m4s`).join('\n#EXTINF:2,\n')}\n#EXT-X-ENDLIST\n`
  const main =
    '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",URI="audio/index.m3u8"\n' +
    '#EXT-X-STREAM-INF:BANDWIDTH=1\n360p/index.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\n720p/index.m3u8\n'
  const playlists = { 'main.m3u8': main, '360p/index.m3u8': media(3), 'audio/index.m3u8': media(3) }

  expect(rules.firstPieces(playlists)).toEqual(['360p/init.mp4', '360p/0.m4s', 'audio/init.mp4', 'audio/0.m4s'])
  expect(rules.firstPieces({})).toEqual([])
})
