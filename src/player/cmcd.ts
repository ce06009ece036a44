/**
 * What the player says with its requests for segments: common media client data (CTA-5004), in headers, so that addresses stay what
 * caches and preloads know them by.
 */

export interface ClientFacts {
  contentId: string
  sessionId: string
  /** Bits per second of what is fetched, and what the network was measured to carry. */
  bitsPerSecond: number
  throughput: number
  /** Kind of object: picture, sound, both, or the beginning of a file. */
  object: 'v' | 'a' | 'av' | 'i'
  durationMs: number
  bufferMs: number
  /** The buffer ran empty since the request before. */
  starved: boolean
  /** Nothing plays yet, or again: this is wanted at once. */
  urgent: boolean
}

/** The four headers; numbers rounded as the standard asks, so that they tell nobody apart. */
export function clientHeaders(facts: ClientFacts): Record<string, string> {
  const hundreds = (value: number) => Math.round(value / 100) * 100
  const kilobits = (value: number) => Math.round(value / 1000)
  const object = [`br=${kilobits(facts.bitsPerSecond)}`, `d=${Math.round(facts.durationMs)}`, `ot=${facts.object}`]
  const request = [`bl=${hundreds(facts.bufferMs)}`, `mtp=${hundreds(kilobits(facts.throughput))}`]
  if (facts.urgent) request.push('su')
  return {
    'cmcd-object': object.join(','),
    'cmcd-request': request.join(','),
    'cmcd-session': `cid="${facts.contentId}",sf=h,sid="${facts.sessionId}",st=v`,
    ...(facts.starved ? { 'cmcd-status': 'bs' } : {}),
  }
}
