// Taking the protection off a sample (ISO/IEC 23001-7), for the checker: AES in counter mode over all protected bytes (`cenc`), or block
// chaining in a pattern that begins anew with each subsample (`cbcs`).

import { createDecipheriv } from 'node:crypto'

/** What `tenc` says of the samples of a track. `crypt` and `skip` count blocks of 16 bytes; both 0: every block. */
export type TrackEncryption = {
  version: number
  isProtected: boolean
  /** 32 hexadecimal digits. */
  kid: string
  ivBytes: number
  constantIv?: Uint8Array
  crypt: number
  skip: number
}

/** One entry of `senc`: without subsamples the whole sample is protected. */
export type SampleEncryption = { iv: Uint8Array; subsamples?: { clear: number; cipher: number }[] }

const BLOCK = 16

/** The sample in clear. What is wrong with the entry is for the rules to say: ranges beyond the sample are cut. */
export function decryptSample(
  scheme: 'cenc' | 'cbcs',
  key: Uint8Array,
  track: TrackEncryption,
  entry: SampleEncryption,
  sample: Uint8Array,
): Uint8Array {
  const out = Uint8Array.from(sample)
  const iv = Buffer.alloc(BLOCK)
  iv.set(entry.iv.length > 0 ? entry.iv : (track.constantIv ?? new Uint8Array()))
  const counter = scheme === 'cenc' ? createDecipheriv('aes-128-ctr', key, iv) : undefined
  let at = 0
  for (const { clear, cipher } of entry.subsamples ?? [{ clear: 0, cipher: sample.length }]) {
    at += clear
    const part = out.subarray(at, at + cipher)
    if (counter) part.set(counter.update(part))
    else decryptPattern(key, iv, track, part)
    at += cipher
  }
  return out
}

function decryptPattern(key: Uint8Array, iv: Buffer, { crypt, skip }: TrackEncryption, part: Uint8Array): void {
  const chain = createDecipheriv('aes-128-cbc', key, iv).setAutoPadding(false)
  const [run, gap] = crypt === 0 ? [Number.POSITIVE_INFINITY, 0] : [crypt, skip]
  for (let at = 0; at + BLOCK <= part.length; ) {
    const blocks = Math.min(run, Math.floor((part.length - at) / BLOCK))
    part.set(chain.update(part.subarray(at, at + blocks * BLOCK)), at)
    at += (blocks + gap) * BLOCK
  }
}

/** Whether a segment that was encrypted as a whole (AES-128 in CBC) ends in 1 to 16 bytes that each tell their number. */
export function endsInPadding(bytes: Uint8Array, key: Uint8Array): boolean {
  const [before, last] = [bytes.subarray(-2 * BLOCK, -BLOCK), bytes.subarray(-BLOCK)]
  const block = createDecipheriv('aes-128-cbc', key, before).setAutoPadding(false).update(last)
  const count = block[BLOCK - 1]!
  return count >= 1 && count <= BLOCK && block.subarray(BLOCK - count).every((byte) => byte === count)
}
