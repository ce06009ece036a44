// Storyboards: small pictures of a title at equal distances, many to a sheet. One set of sheets serves the pointer on a seek bar (WebVTT),
// HLS (the image playlists of Roku, Disney and WarnerMedia) and DASH (thumbnail tiles, DASH-IF IOP 4.3 section 6.2.6).

import { fileUrl, inputLimits } from './allowed.ts'
import type { RunPlan } from './plan.ts'
import { totalSeconds } from './timeline.ts'

/** Tiles of one size, `columns` by `rows` to a sheet; tile `n` shows the title at `n` times `tileSeconds`. */
export type Storyboard = {
  tileWidth: number
  tileHeight: number
  columns: number
  rows: number
  tiles: number
  tileSeconds: number
  /** Size of each sheet. */
  sheetBytes: number[]
}

/** Sheets of five by five stay under 1,080 pixels each way, which weak devices still decode. */
const GRID = 5
const LONG_SIDE = 192
const MOST_TILES = 200
/** The key frames of the renditions lie no closer. */
const LEAST_SECONDS = 2

/** What the storyboard of a run is to be; sheets are yet to be made. */
export function storyboardOf(plan: RunPlan): Storyboard {
  const { width, height } = plan.video[0]!
  const scale = LONG_SIDE / Math.max(width, height)
  const seconds = totalSeconds(plan.timeline)
  const tileSeconds = Math.max(LEAST_SECONDS, Math.ceil(seconds / MOST_TILES))
  return {
    tileWidth: even(width * scale),
    tileHeight: even(height * scale),
    columns: GRID,
    rows: GRID,
    tiles: Math.max(1, Math.ceil(seconds / tileSeconds - 0.001)),
    tileSeconds,
    sheetBytes: [],
  }
}

export const sheetCount = ({ tiles, columns, rows }: Storyboard): number => Math.ceil(tiles / (columns * rows))

/** How long one full sheet lasts. */
export const sheetSeconds = ({ columns, rows, tileSeconds }: Storyboard): number => columns * rows * tileSeconds

/** The command that scales pictures, one after another in a file, and lays them out on sheets `0.jpg`, `1.jpg` ... in a folder. */
export function sheetArgs(board: Storyboard, inputPath: string, outputFolder: string): string[] {
  const { tileWidth, tileHeight, columns, rows } = board
  const chain = `scale=${tileWidth}:${tileHeight}:flags=area,setsar=1,tile=${columns}x${rows},format=yuvj420p`
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...inputLimits(), '-threads', '1'],
    ...['-i', fileUrl(inputPath), '-map', '0:v:0', '-vf', chain, '-fps_mode', 'passthrough', '-map_metadata', '-1'],
    ...['-c:v', 'mjpeg', '-q:v', '6', '-f', 'image2', '-start_number', '0', fileUrl(`${outputFolder}/%d.jpg`)],
  ]
}

/** For each tile, the key frame that shows it: the last one at or before its time, or half a tile after. `times` in seconds, rising. */
export function framesForTiles(board: Storyboard, times: readonly number[]): number[] {
  const chosen: number[] = []
  let at = 0
  for (let tile = 0; tile < board.tiles; tile++) {
    const latest = (tile + 0.5) * board.tileSeconds
    while (at + 1 < times.length && times[at + 1]! <= latest) at++
    chosen.push(at)
  }
  return chosen
}

/** WebVTT whose cues are addresses of tiles (`0.jpg#xywh=192,0,192,108`, Media Fragments 1.0), relative to the sheets. */
export function storyboardVtt(plan: RunPlan, board: Storyboard): string {
  const endSeconds = totalSeconds(plan.timeline)
  const perSheet = board.columns * board.rows
  const cues = Array.from({ length: board.tiles }, (_, tile) => {
    const place = tile % perSheet
    const x = (place % board.columns) * board.tileWidth
    const y = Math.floor(place / board.columns) * board.tileHeight
    const from = tile * board.tileSeconds
    const to = tile + 1 < board.tiles ? from + board.tileSeconds : Math.max(endSeconds, from + 0.001)
    const where = `${Math.floor(tile / perSheet)}.jpg#xywh=${x},${y},${board.tileWidth},${board.tileHeight}`
    return `${vttTime(from)} --> ${vttTime(to)}\n${where}\n`
  })
  return `WEBVTT\n\n${cues.join('\n')}`
}

/** `storyboard/index.m3u8`: an image media playlist, one entry for each sheet. */
export function storyboardPlaylist(plan: RunPlan, board: Storyboard): string {
  const endSeconds = totalSeconds(plan.timeline)
  const each = sheetSeconds(board)
  const { tileWidth, tileHeight, columns, rows, tileSeconds } = board
  const entries = Array.from({ length: sheetCount(board) }, (_, n) => [
    `#EXTINF:${Math.min(each, endSeconds - n * each).toFixed(6)},`,
    `#EXT-X-TILES:RESOLUTION=${tileWidth}x${tileHeight},LAYOUT=${columns}x${rows},DURATION=${tileSeconds.toFixed(3)}`,
    `${n}.jpg`,
  ])
  const head = [
    ...['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-TARGETDURATION:${Math.max(1, Math.round(Math.min(each, endSeconds)))}`],
    ...['#EXT-X-MEDIA-SEQUENCE:0', '#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-IMAGES-ONLY'],
  ]
  return `${[...head, ...entries.flat(), '#EXT-X-ENDLIST'].join('\n')}\n`
}

/** Bits per second that fetching all sheets in time would take: the largest one within the time it covers. */
export function storyboardBits(plan: RunPlan, board: Storyboard): number {
  const seconds = Math.min(sheetSeconds(board), totalSeconds(plan.timeline))
  return Math.max(1, Math.ceil((Math.max(1, ...board.sheetBytes) * 8) / seconds))
}

/** `01:02:03.004` */
export function vttTime(seconds: number): string {
  const ms = Math.round(seconds * 1000)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`
}

const even = (side: number): number => Math.max(2, 2 * Math.round(side / 2))
