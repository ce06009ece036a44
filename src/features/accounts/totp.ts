/** Codes of authenticators: TOTP (RFC 6238) over HOTP (RFC 4226), six digits of HMAC-SHA-1, a new one every half minute. */
import { createHmac, timingSafeEqual } from 'node:crypto'

const STEP_MS = 30_000
const DIGITS = 6
/** RFC 4648 section 6: what authenticators take keys in. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The number of the half minute since 1970 (RFC 6238 section 4.2). */
export function stepAt(nowMs: number): number {
  return Math.floor(nowMs / STEP_MS)
}

/** The code of one step (RFC 4226 section 5.3: dynamic truncation). */
export function codeAt(key: Buffer, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', key).update(counter).digest()
  const offset = mac[mac.length - 1]! & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/**
 * The step whose code this is: the present one or its neighbours, since clocks differ (RFC 6238 section 5.2); undefined for
 * no code of now. Whoever takes it must see that no step is taken twice.
 */
export function stepOfCode(key: Buffer, code: string, nowMs: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const now = stepAt(nowMs)
  return [now, now - 1, now + 1].find((step) => timingSafeEqual(Buffer.from(codeAt(key, step)), Buffer.from(code)))
}

export function toBase32(bytes: Buffer): string {
  let bits = 0
  let value = 0
  let out = ''
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      out += BASE32[(value >>> (bits - 5)) & 31]
      bits -= 5
    }
    value &= (1 << bits) - 1
  }
  return bits > 0 ? out + BASE32[(value << (5 - bits)) & 31] : out
}

/** What a QR code holds, as Google's Key Uri Format has it and every authenticator reads. */
export function keyAddress(key: Buffer, site: string, account: string): string {
  const label = `${encodeURIComponent(site)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${toBase32(key)}&issuer=${encodeURIComponent(site)}&algorithm=SHA1&digits=6&period=30`
}
