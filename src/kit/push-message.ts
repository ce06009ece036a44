/** Messages to browsers by way of their makers' servers: encrypted for the browser alone (RFC 8291), signed as ours (RFC 8292). */
import { createCipheriv, createECDH, createPrivateKey, hkdfSync, randomBytes, sign } from 'node:crypto'

const RECORD_BYTES = 4096
const POINT_BYTES = 65
const HEADER_BYTES = 16 + 4 + 1 + POINT_BYTES
const TAG_BYTES = 16
/** What a message may hold: one record, less its header, padding mark and tag; services need not take more (RFC 8030 section 7.2). */
export const MOST_MESSAGE_BYTES = RECORD_BYTES - HEADER_BYTES - TAG_BYTES - 1

export interface Browser {
  /** Uncompressed point on P-256, 65 bytes. */
  publicKey: Buffer
  /** 16 bytes that only the browser and we know. */
  secret: Buffer
}

/** Whether these bytes are a point on P-256 that a secret can be agreed on with. */
export function isPoint(bytes: Buffer): boolean {
  if (bytes.length !== POINT_BYTES || bytes[0] !== 4) return false
  const own = createECDH('prime256v1')
  own.generateKeys()
  try {
    own.computeSecret(bytes)
    return true
  } catch {
    return false
  }
}

/** The message in the coding `aes128gcm` (RFC 8188), one record. The second argument is for tests of the published example only. */
export function encryptFor(
  browser: Browser,
  message: Buffer,
  drawn: { privateKey?: Buffer; salt?: Buffer } = {},
): Buffer {
  if (message.length > MOST_MESSAGE_BYTES) throw new RangeError(`${message.length} bytes do not fit into one record`)
  const own = createECDH('prime256v1')
  if (drawn.privateKey) own.setPrivateKey(drawn.privateKey)
  else own.generateKeys()
  const ownPoint = own.getPublicKey()
  const salt = drawn.salt ?? randomBytes(16)

  const about = Buffer.concat([Buffer.from('WebPush: info\0'), browser.publicKey, ownPoint])
  const shared = derived(own.computeSecret(browser.publicKey), browser.secret, about, 32)
  const key = derived(shared, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = derived(shared, salt, Buffer.from('Content-Encoding: nonce\0'), 12)

  const header = Buffer.alloc(HEADER_BYTES)
  salt.copy(header)
  header.writeUInt32BE(RECORD_BYTES, 16)
  header.writeUInt8(POINT_BYTES, 20)
  ownPoint.copy(header, 21)
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  // 2 marks the end of the last record (RFC 8188 section 2).
  const sealed = Buffer.concat([cipher.update(message), cipher.update(Buffer.of(2)), cipher.final()])
  return Buffer.concat([header, sealed, cipher.getAuthTag()])
}

function derived(secret: Buffer, salt: Buffer, about: Buffer, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, about, bytes))
}

/** Keys by which services know whom a message is from. */
export interface SenderKeys {
  /** What browsers are given when they subscribe: base64url of the point. */
  publicKey: string
  privateKey: ReturnType<typeof createPrivateKey>
}

/** Keys from 32 random bytes; undefined for the one in four thousand million that make none. */
export function senderKeys(secret: Buffer): SenderKeys | undefined {
  const pair = createECDH('prime256v1')
  try {
    pair.setPrivateKey(secret)
  } catch {
    return undefined
  }
  const point = pair.getPublicKey()
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: secret.toString('base64url'),
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  }
  return { publicKey: point.toString('base64url'), privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) }
}

/** The Authorization header of a message to this address. `contact` is a mailto: or https: address of ours. */
export function authorizationFor(keys: SenderKeys, address: string, contact: string, expiresSeconds: number): string {
  const part = (it: unknown) => Buffer.from(JSON.stringify(it)).toString('base64url')
  const claims = { aud: new URL(address).origin, exp: expiresSeconds, sub: contact }
  const said = `${part({ typ: 'JWT', alg: 'ES256' })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(said), { key: keys.privateKey, dsaEncoding: 'ieee-p1363' })
  return `vapid t=${said}.${signature.toString('base64url')}, k=${keys.publicKey}`
}
