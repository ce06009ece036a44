/**
 * HMAC-SHA-256 (RFC 2104) of short texts, in two one-shot hashes: the streaming HMAC of Node costs ten times as much, and some
 * callers sign or check tens of thousands a second.
 */
import { hash } from 'node:crypto'

const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
/** Texts up to this many characters are laid into a buffer that is there already; UTF-8 makes at most three bytes of each. */
const SHORT = 1000

interface Pads {
  /** The inner pad with room for a text behind it, and the outer one with room for a digest. */
  inner: Buffer
  outer: Buffer
}

const pads = new WeakMap<Buffer, Pads>()

/** The 32 bytes of HMAC-SHA-256 of a text under a key of at most 64 bytes. */
export function hmacSha256(key: Buffer, text: string): Buffer {
  const { inner, outer } = padsOf(key)
  const digest = hash('sha256', innerOf(inner, text), DIGEST_FORM)
  outer.write(digest, BLOCK_BYTES, DIGEST_BYTES, DIGEST_FORM)
  return Buffer.from(hash('sha256', outer, DIGEST_FORM), DIGEST_FORM)
}

/** A digest as a string of bytes costs a third of one as a buffer. */
const DIGEST_FORM = 'binary'

function innerOf(inner: Buffer, text: string): Buffer {
  if (text.length > SHORT) return Buffer.concat([inner.subarray(0, BLOCK_BYTES), Buffer.from(text)])
  return inner.subarray(0, BLOCK_BYTES + inner.write(text, BLOCK_BYTES))
}

function padsOf(key: Buffer): Pads {
  const known = pads.get(key)
  if (known) return known
  if (key.length > BLOCK_BYTES) throw new RangeError('a key for hmacSha256 has at most 64 bytes')
  const made = {
    inner: Buffer.alloc(BLOCK_BYTES + 3 * SHORT, 0x36),
    outer: Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c),
  }
  for (const [index, byte] of key.entries()) {
    made.inner[index]! ^= byte
    made.outer[index]! ^= byte
  }
  pads.set(key, made)
  return made
}
