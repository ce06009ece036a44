/** HTTP byte ranges (RFC 9110 section 14). */

/** Bytes `from` to `to`, both included, as HTTP counts them. */
export interface ByteRange {
  from: number
  to: number
}

/**
 * Reads a Range header against a body of `sizeBytes`. Returns the one range asked for, 'whole' when the header is
 * absent, malformed, of another unit, or asks for several ranges (all of which a server may answer with 200), and
 * 'unsatisfiable' when nothing of it lies inside the body (416).
 */
export function readRange(header: string | undefined, sizeBytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = header === undefined ? null : /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header.trim())
  if (!match) return 'whole'
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return 'whole'
  if (first === '') {
    const length = Number(last)
    if (length === 0 || sizeBytes === 0) return 'unsatisfiable'
    return { from: Math.max(0, sizeBytes - length), to: sizeBytes - 1 }
  }
  const from = Number(first)
  const to = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (last !== '' && Number(last) < from) return 'whole'
  if (from >= sizeBytes) return 'unsatisfiable'
  return { from, to }
}
