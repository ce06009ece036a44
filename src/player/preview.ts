/** Small pictures of the title at the seek bar, and the names of its parts. The list of pictures is fetched when somebody first points. */
import { el, setText } from './dom.ts'
import type { Store } from './store.ts'

interface Tile {
  fromMs: number
  toMs: number
  sheet: string
  x: number
  y: number
  width: number
  height: number
}

export interface Preview {
  /** Goes into the tip, above the time. */
  parts: HTMLElement[]
  /** Shows what there is to see at a time. */
  show(timeMs: number): void
}

export function makePreview(store: Store): Preview {
  const picture = el('div', { class: 'tile', hidden: true })
  const name = el('div', { class: 'chapter', hidden: true })
  let asked: string | undefined
  let tiles: Tile[] = []
  let pointedMs = 0

  function showTile() {
    const tile = store.state.storyboard === undefined ? undefined : tileAt(tiles, pointedMs)
    picture.hidden = tile === undefined
    if (!tile) return
    picture.style.inlineSize = `${tile.width}px`
    picture.style.blockSize = `${tile.height}px`
    picture.style.background = `url("${tile.sheet}") ${-tile.x}px ${-tile.y}px`
  }

  function ask(address: string) {
    asked = address
    tiles = []
    fetch(address)
      .then(async (answer) => {
        if (!answer.ok || asked !== address) return
        tiles = readTiles(await answer.text(), new URL(address, document.baseURI))
        // Whoever points is still, and waits for the picture.
        showTile()
      })
      // Pointing works without pictures.
      .catch(() => {})
  }

  return {
    parts: [picture, name],
    show(timeMs) {
      const { storyboard, chapters } = store.state
      if (storyboard !== undefined && storyboard !== asked) ask(storyboard)
      pointedMs = timeMs
      showTile()
      const chapter = chapters.findLast(({ startMs }) => startMs <= timeMs)
      name.hidden = chapter === undefined
      setText(name, chapter?.title ?? '')
    },
  }
}

/** The tile that is on at a time; the list is in order. */
function tileAt(tiles: Tile[], timeMs: number): Tile | undefined {
  return tiles.findLast(({ fromMs }) => fromMs <= timeMs) ?? tiles[0]
}

const CUE = /([\d:.]+) --> ([\d:.]+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/g

/** WebVTT whose cues are places on sheets of pictures. */
export function readTiles(text: string, base: URL): Tile[] {
  return [...text.matchAll(CUE)].map(([, from, to, sheet, ...place]) => {
    const [x, y, width, height] = place.map(Number) as [number, number, number, number]
    return { fromMs: readMs(from!), toMs: readMs(to!), sheet: new URL(sheet!, base).href, x, y, width, height }
  })
}

function readMs(time: string): number {
  return Math.round(time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1000)
}
