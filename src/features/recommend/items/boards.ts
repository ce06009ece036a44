/**
 * What is warm now: everywhere, in one language, and in one country. All heats fade alike, so an order changes only where somebody
 * watched, and boards are kept rather than made: each is what it was and what has warmed since. Pure, but for what it keeps.
 */
import { type Catalogue, HEAT_HALF_LIFE_MS } from '../catalogue.ts'

export interface Boards {
  /** The warmest videos of all, warmest first. */
  hot: number[]
  /** By number of the language. */
  hotOf: Map<number, number[]>
  /** What has warmed, or come, since the boards were last looked at. */
  warmed: Set<number>
  /** By letters of the country: what was watched from there, grown with time instead of faded, so that sums of any age compare. */
  countries: Map<string, Country>
}

interface Country {
  /** By video. */
  sums: Map<number, number>
  /** The warmest as of a moment, warmest first; made anew when it is asked for after a while in which somebody watched. */
  board: [video: number, sum: number][]
  boardAtMs: number
  hasChanged: boolean
}

const HOT = 1000
const HOT_IN_LANGUAGE = 200
/** Of one country; what is least watched is forgotten beyond that. */
const MOST_IN_COUNTRY = 1000
const MOST_COUNTRIES = 300
const COUNTRY_BOARD = 100
const COUNTRY_BOARD_LIFE_MS = 500
/** So few that have warmed are put in their places one by one; of more the whole board is sorted. */
const FEW = 40
/** Any fixed moment: sums are told in watches as of then. */
const LANDMARK_MS = Date.UTC(2026, 0, 1)

export function noBoards(): Boards {
  return { hot: [], hotOf: new Map(), warmed: new Set(), countries: new Map() }
}

type Known = Boards & { catalogue: Catalogue }

/** The warmest videos, warmest first. */
export function hotNow(it: Known, nowMs: number): number[] {
  if (it.warmed.size === 0) return it.hot
  const { catalogue } = it
  const fresh = [...it.warmed]
  it.warmed.clear()
  it.hot = merged(catalogue, it.hot, fresh, nowMs, HOT)
  for (const [language, videos] of Map.groupBy(fresh, (video) => catalogue.rows.languageOf(video)))
    it.hotOf.set(language, merged(catalogue, it.hotOf.get(language) ?? [], videos, nowMs, HOT_IN_LANGUAGE))
  return it.hot
}

/** The same among videos in one language. */
export function hotIn(it: Known, language: number, nowMs: number): number[] {
  hotNow(it, nowMs)
  return it.hotOf.get(language) ?? []
}

function merged(catalogue: Catalogue, before: number[], fresh: number[], nowMs: number, most: number): number[] {
  if (fresh.length <= FEW && before.length > 0) {
    for (const video of fresh) place(catalogue, before, video, nowMs, most)
    return before
  }
  return [...new Set([...before, ...fresh])]
    .map((video) => ({ video, heat: catalogue.heatOf(video, nowMs) }))
    .sort((one, other) => other.heat - one.heat || other.video - one.video)
    .slice(0, most)
    .map(({ video }) => video)
}

/** Takes one video out of a board, warmest first, and puts it where it belongs now. */
function place(catalogue: Catalogue, board: number[], video: number, nowMs: number, most: number): void {
  const stood = board.indexOf(video)
  if (stood >= 0) board.splice(stood, 1)
  const heat = catalogue.heatOf(video, nowMs)
  let low = 0
  let high = board.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = catalogue.heatOf(board[middle]!, nowMs)
    if (other > heat || (other === heat && board[middle]! > video)) low = middle + 1
    else high = middle
  }
  if (low < most) board.splice(low, 0, video)
  if (board.length > most) board.pop()
}

/** Somebody in this country watched it then, or so many did; nothing where the country is not known. */
export function warmIn(it: Boards, country: string, video: number, atMs: number, times = 1): void {
  if (country === '') return
  let known = it.countries.get(country)
  if (!known) {
    if (it.countries.size >= MOST_COUNTRIES) return
    known = { sums: new Map(), board: [], boardAtMs: 0, hasChanged: true }
    it.countries.set(country, known)
  }
  known.hasChanged = true
  known.sums.set(video, (known.sums.get(video) ?? 0) + times * 2 ** ((atMs - LANDMARK_MS) / HEAT_HALF_LIFE_MS))
  // Cleared now and then, so that one watch costs little.
  if (known.sums.size < 2 * MOST_IN_COUNTRY) return
  known.sums = new Map(warmestOf(known.sums, MOST_IN_COUNTRY))
}

function warmestOf(sums: Map<number, number>, count: number): [video: number, sum: number][] {
  return [...sums].sort((one, other) => other[1] - one[1] || other[0] - one[0]).slice(0, count)
}

/** What is warmest in a country, the warmest at 1 and half as much heat a little below, as far as people there have watched anything. */
export function hotFrom(it: Boards, country: string, count: number, nowMs: number): { video: number; share: number }[] {
  const known = it.countries.get(country)
  if (!known) return []
  if (known.hasChanged && Math.abs(nowMs - known.boardAtMs) >= COUNTRY_BOARD_LIFE_MS) {
    known.board = warmestOf(known.sums, COUNTRY_BOARD)
    known.boardAtMs = nowMs
    known.hasChanged = false
  }
  const scale = 2 ** ((nowMs - LANDMARK_MS) / HEAT_HALF_LIFE_MS)
  const most = Math.log1p(known.board[0]![1] / scale) || 1
  return known.board.slice(0, count).map(([video, sum]) => ({ video, share: Math.log1p(sum / scale) / most }))
}
