/** Changes of playbacks as a packed row: lines of JSON, compressed. */
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import { type Playback, packParts, unpackParts } from './playback.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** The cheapest level: rows live for a minute. */
const PACKING = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/** A row never unpacks to more. */
const MOST_BYTES = 64 * 1024 * 1024

type Line = [
  videoId: string,
  session: string,
  beganMs: number,
  heardMs: number,
  watchedMs: number,
  counted: 0 | 1,
  top: number,
  seen: number,
  parts: string,
  quality: number[],
]

export function packPlaybacks(playbacks: Playback[]): Promise<Buffer> {
  const lines = playbacks.map((it): Line => {
    const times = [it.beganMs, it.heardMs, it.watchedMs] as const
    return [it.videoId, it.session, ...times, it.counted ? 1 : 0, it.top, it.seen, packParts(it.parts), it.quality]
  })
  return compress(JSON.stringify(lines), PACKING)
}

/** Reads a row. Throws when it is none: only `packPlaybacks` writes them, so that is a fault. */
export async function unpackPlaybacks(body: Buffer): Promise<Playback[]> {
  const lines = JSON.parse((await decompress(body, { maxOutputLength: MOST_BYTES })).toString()) as Line[]
  return lines.map(([videoId, session, beganMs, heardMs, watchedMs, counted, top, seen, parts, quality]) => ({
    ...{ videoId, session, beganMs, heardMs, watchedMs, top, seen, quality },
    counted: counted === 1,
    parts: unpackParts(parts),
  }))
}
