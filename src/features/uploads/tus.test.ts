/** The wire of tus, as tables: every header that can be wrong, and what is said about it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RefusalCode } from '../../contract/refusals.ts'
import { concatFinal, encodeMetadata, partMetadata, splitParts } from '../../contract/tus.ts'
import * as tus from './tus.ts'

const b64 = (text: string | Uint8Array) => Buffer.from(text as string).toString('base64')

function codeOf(work: () => unknown): RefusalCode | undefined {
  try {
    work()
    return undefined
  } catch (refusal) {
    return (refusal as { code: RefusalCode }).code
  }
}

describe('metadata', () => {
  test('what one side writes the other reads, whatever the text', () => {
    const plain = fc
      .string({ unit: 'grapheme' })
      .filter((text) => !/[\u0000-\u001f\u007f-\u009f]/.test(text) && text.isWellFormed())
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), plain, { maxKeys: 8 }), (metadata) => {
        expect({ ...tus.readMetadata({ 'upload-metadata': encodeMetadata(metadata) }) }).toEqual({ ...metadata })
      }),
    )
  })

  test.each([
    ['a newline in the value', `filename ${b64('a\nb.mp4')}`],
    ['a NUL in the value', `filename ${b64('a\0.mp4')}`],
    ['the same key twice', `filename ${b64('a')},filename ${b64('b')}`],
    ['what is not base64', 'filename ***'],
    ['base64 that is cut short', 'filename YWJ'],
    ['broken UTF-8', `filename ${b64(Uint8Array.of(0x61, 0xff, 0xfe))}`],
    ['half a surrogate, as UTF-8 must not have it', `filename ${b64(Uint8Array.of(0xed, 0xa0, 0x80))}`],
    ['a value without a key', `filename  ${b64('a')}`],
    ['an empty pair', `filename ${b64('a')},,title ${b64('b')}`],
    ['a third word', `filename ${b64('a')} more`],
    ['a key outside ASCII', `f\u00efle ${b64('a')}`],
    ['more keys than anyone needs', Array.from({ length: 40 }, (_, n) => `k${n} YQ==`).join(',')],
  ])('%s is refused', (_, header) => {
    expect(codeOf(() => tus.readMetadata({ 'upload-metadata': header }))).toBe('upload_metadata_invalid')
  })

  test('a key may stand alone, and names of every object are just keys', () => {
    expect({ ...tus.readMetadata({ 'upload-metadata': `is_private,__proto__ ${b64('x')}` }) }).toEqual(
      Object.fromEntries([
        ['is_private', ''],
        ['__proto__', 'x'],
      ]),
    )
  })
})

describe('lengths and offsets', () => {
  test.each([
    '-1',
    'NaN',
    '',
    '1e3',
    '0x10',
    '9223372036854775808',
    '18446744073709551616',
    '9007199254740993',
    '1.5',
    ' 5',
    '1,2',
    undefined,
  ])('a length of %s is refused', (text) => {
    expect(codeOf(() => tus.readLength({ 'upload-length': text }))).toBe('upload_length_invalid')
  })
  test('a deferred length is refused', () => {
    expect(codeOf(() => tus.readLength({ 'upload-defer-length': '1' }))).toBe('upload_length_invalid')
  })
  test('what fits in 2^53 is read exactly', () => {
    expect(tus.readLength({ 'upload-length': '9007199254740991' })).toBe(Number.MAX_SAFE_INTEGER)
  })
  test('an offset must be a number of bytes', () => {
    expect(codeOf(() => tus.readOffset({ 'upload-offset': '-5' }))).toBe('bad_request')
  })
})

describe('checksums', () => {
  test('sha1, sha256 and md5 are known, by any case', () => {
    const sha1 = tus.readChecksum({ 'upload-checksum': `SHA1 ${b64(Buffer.alloc(20, 7))}` })
    expect(sha1).toEqual({ algorithm: 'sha1', digest: Buffer.alloc(20, 7) })
  })
  test.each([
    ['crc32 AAAA', 'checksum_unsupported'],
    ['', 'checksum_unsupported'],
    ['sha1 AAAA', 'bad_request'],
    ['md5', 'bad_request'],
  ])('%s is refused', (header, code) => {
    expect(codeOf(() => tus.readChecksum({ 'upload-checksum': header }))).toBe(code)
  })
})

describe('concatenation', () => {
  test('parts are named by address, with or without host', () => {
    const header = concatFinal(['/api/uploads/aaaaaaaa1', 'https://x.example:8443/api/uploads/bbbbbbbb2'])
    expect(tus.readConcat({ 'upload-concat': header })).toEqual({ kind: 'final', parts: ['aaaaaaaa1', 'bbbbbbbb2'] })
  })
  test.each([
    'final',
    'final;',
    'final;/elsewhere/aaaaaaaa1',
    'final;/api/uploads/../../etc',
    'final;/api/uploads/aaaaaaaa1 /api/uploads/aaaaaaaa1',
    'half',
  ])('%s is refused', (header) => {
    expect(codeOf(() => tus.readConcat({ 'upload-concat': header }))).toBe('upload_concat_invalid')
  })
})

test('no more parts are joined than anyone needs', () => {
  const header = concatFinal(Array.from({ length: tus.MAX_PARTS + 1 }, (_, n) => `/api/uploads/aaaaaaaa${n}`))
  expect(codeOf(() => tus.readConcat({ 'upload-concat': header }))).toBe('upload_concat_invalid')
})

test('another version of the protocol is refused, and told which one is spoken', () => {
  expect(codeOf(() => tus.checkVersion({ 'tus-resumable': '0.2.2' }))).toBe('tus_version_unsupported')
  expect(codeOf(() => tus.checkVersion({}))).toBe('tus_version_unsupported')
})

test('only POST can mean another method', () => {
  expect(tus.methodOf('POST', { 'x-http-method-override': 'patch' })).toBe('PATCH')
  expect(tus.methodOf('HEAD', { 'x-http-method-override': 'DELETE' })).toBe('HEAD')
})

test('parts cover the file, one after another, none too small', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 40 }),
      fc.integer({ min: 1, max: 16 }),
      fc.integer({ min: 1, max: 2 ** 27 }),
      (size, count, min) => {
        const parts = splitParts(size, count, min)
        let next = 0
        for (const part of parts) {
          expect(part.offset).toBe(next)
          expect(part.sizeBytes).toBeGreaterThan(0)
          next += part.sizeBytes
        }
        expect(next).toBe(size)
        expect(parts.length).toBeLessThanOrEqual(count)
        expect(parts.length === 1 || size >= min * parts.length).toBe(true)
      },
    ),
  )
  expect(partMetadata('g', { offset: 5, sizeBytes: 1 }, 9)).toEqual({ 'part-of': 'g', 'part-offset': '5', total: '9' })
})
