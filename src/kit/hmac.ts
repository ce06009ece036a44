/**
 * HMAC-SHA-256 (RFC 2104) of short texts, in two one-shot hashes: the streaming HMAC of Node costs ten times as much, and some
 * callers sign or check tens of thousands a second.
 */
import { hash } from 'node:crypto'

const BLOCK_BYTES = 64

interface Pads {
  inner: Buffer
  outer: Buffer
}

const pads = new WeakMap<Buffer, Pads>()

/** The 32 bytes of HMAC-SHA-256 of a text under a key of at most 64 bytes. */
export function hmacSha256(key: Buffer, text: string): Buffer {
  const { inner, outer } = padsOf(key)
  const digest = hash('sha256', Buffer.concat([inner, Buffer.from(text)]), 'buffer')
  return hash('sha256', Buffer.concat([outer, digest]), 'buffer')
}

function padsOf(key: Buffer): Pads {
  const known = pads.get(key)
  if (known) return known
  if (key.length > BLOCK_BYTES) throw new RangeError('a key for hmacSha256 has at most 64 bytes')
  const block = Buffer.concat([key, Buffer.alloc(BLOCK_BYTES - key.length)])
  const made = { inner: block.map((byte) => byte ^ 0x36), outer: block.map((byte) => byte ^ 0x5c) } as Pads
  pads.set(key, made)
  return made
}
