/** Codes of authenticators against the vectors of the standards. */
import { expect, test } from 'vitest'
import { codeAt, keyAddress, stepAt, stepOfCode, toBase32 } from './totp.ts'

const key = Buffer.from('12345678901234567890')

test('the codes of RFC 6238 appendix B and RFC 4226 appendix D', () => {
  const times: [number, string][] = [
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ]
  for (const [seconds, code] of times) expect(codeAt(key, stepAt(seconds * 1000), 8)).toBe(code)
  const counts = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
  expect(counts.map((_, count) => codeAt(key, count))).toEqual(counts)
})

test('a code holds for its half minute and the ones beside it', () => {
  const now = 1_800_000_000_000
  const step = stepAt(now)
  for (const near of [-1, 0, 1]) expect(stepOfCode(key, codeAt(key, step + near), now)).toBe(step + near)
  for (const far of [-2, 2]) expect(stepOfCode(key, codeAt(key, step + far), now)).toBeUndefined()
  for (const odd of ['', '12345', '1234567', 'abcdef', '１２３４５６'])
    expect(stepOfCode(key, odd, now)).toBeUndefined()
})

test('keys are written as authenticators read them (RFC 4648 section 10)', () => {
  const vectors: [string, string][] = [
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ]
  for (const [text, base32] of vectors) expect(toBase32(Buffer.from(text))).toBe(base32)
  expect(keyAddress(key, 'My Site', 'ana@example.org')).toBe(
    'otpauth://totp/My%20Site:ana%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=My%20Site&algorithm=SHA1&digits=6&period=30',
  )
})
