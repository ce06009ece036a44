/** Foreign parsers that come without types: only what the tests ask of them. */
declare module 'mpd-parser' {
  interface Segment {
    resolvedUri: string
    duration: number
    number: number
  }
  interface Playlist {
    attributes: { NAME: string; BANDWIDTH: number; CODECS: string; RESOLUTION?: { width: number; height: number } }
    segments: Segment[]
  }
  export function parse(
    text: string,
    options: { manifestUri: string },
  ): {
    duration: number
    playlists: Playlist[]
    mediaGroups: Record<string, Record<string, Record<string, { language: string; playlists: Playlist[] }>>>
  }
}
