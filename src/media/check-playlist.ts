// Reading HLS playlists for the checker: tags with their attributes, and segments with what applies to them. Forgiving on purpose; what is
// wrong is for the rules to say.

export type Tag = { name: string; value: string; attributes: Record<string, string>; uri?: string }

export type ListSegment = {
  uri: string
  duration: number
  range?: { from: number; length: number }
  map?: string
  discontinuity: boolean
  tiles?: Record<string, string>
}

export type Playlist = {
  url: string
  text: string
  tags: Tag[]
  segments: ListSegment[]
  kind: 'multivariant' | 'media'
}

export function readPlaylist(url: string, text: string): Playlist {
  const tags: Tag[] = []
  const segments: ListSegment[] = []
  let duration = Number.NaN
  let map: string | undefined
  let range: { from: number; length: number } | undefined
  let tiles: Record<string, string> | undefined
  let discontinuity = false
  let rangeEnd = 0
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue
    if (!line.startsWith('#')) {
      const last = tags.at(-1)
      if (last?.name === 'EXT-X-STREAM-INF' && last.uri === undefined) last.uri = resolve(url, line)
      else {
        const about = { ...(range ? { range } : {}), ...(map ? { map } : {}), ...(tiles ? { tiles } : {}) }
        segments.push({ uri: resolve(url, line), duration, discontinuity, ...about })
      }
      duration = Number.NaN
      discontinuity = false
      range = undefined
      tiles = undefined
      continue
    }
    const match = /^#(EXT[A-Z0-9-]*)(?::(.*))?$/.exec(line)
    if (!match) continue
    const tag: Tag = { name: match[1]!, value: match[2] ?? '', attributes: readAttributes(match[2] ?? '') }
    if (tag.attributes.URI !== undefined) tag.uri = resolve(url, tag.attributes.URI)
    tags.push(tag)
    if (tag.name === 'EXTINF') duration = Number.parseFloat(tag.value)
    if (tag.name === 'EXT-X-MAP') map = tag.uri
    if (tag.name === 'EXT-X-DISCONTINUITY') discontinuity = true
    if (tag.name === 'EXT-X-TILES') tiles = tag.attributes
    if (tag.name === 'EXT-X-BYTERANGE') {
      const [length, from] = tag.value.split('@').map(Number) as [number, number | undefined]
      range = { from: from ?? rangeEnd, length }
      rangeEnd = range.from + length
    }
  }
  const main = tags.some(({ name }) => name === 'EXT-X-STREAM-INF' || name === 'EXT-X-MEDIA')
  return { url, text, tags, segments, kind: main ? 'multivariant' : 'media' }
}

/** Attribute lists (RFC 8216 4.2); quotes are taken off. */
function readAttributes(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, name, quoted, plain] of text.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^",]*))/g))
    found[name!] = quoted ?? plain ?? ''
  return found
}

export const tagsNamed = (list: Playlist, name: string): Tag[] => list.tags.filter((tag) => tag.name === name)

export const hasTag = (list: Playlist, name: string): boolean => list.tags.some((tag) => tag.name === name)

export const totalOf = (list: Playlist): number => list.segments.reduce((sum, { duration }) => sum + duration, 0)

export function resolve(base: string, address: string): string {
  return URL.parse(address, base)?.href ?? address
}
