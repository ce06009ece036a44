/** Identifiers: short, random, unguessable, made by us and never by the database. */
import { randomBytes, randomFillSync } from 'node:crypto'

/** Drawn many at a time: to ask the system costs as much for one as for all. None is used twice. */
const pool = Buffer.alloc(4096)
let used = pool.length

function nextByte(): number {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const byte = pool[used]!
  pool[used++] = 0
  return byte
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * A random word of `length` letters and digits, each drawn evenly (bytes that would favour some letters are thrown
 * away). Twelve letters hold 71 bits: a guesser who tries a million a second needs thousands of years per hit.
 */
export function newId(length = 12): string {
  let id = ''
  while (id.length < length) {
    const byte = nextByte()
    if (byte < 248) id += ALPHABET[byte % 62]
  }
  return id
}

/** A secret of 256 bits as URL-safe text: session keys, API tokens. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Whether a text from outside could be an id at all, asked before it reaches the database or a path. */
export function looksLikeId(text: string): boolean {
  return /^[0-9A-Za-z]{8,32}$/.test(text)
}
