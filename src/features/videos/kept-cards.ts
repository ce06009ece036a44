/**
 * Cards of public videos, kept by this process for as long as they are what the database would say: with every question go the versions
 * that are known (where PostgreSQL keeps both rows, and which transaction wrote them: another answer after every change), and only what has changed comes back. To read dozens of
 * cards for every list would be most of what the database's answers cost here. Pages of suggestions have cards of their own, from memory.
 */
import type { VideoCard } from '../../contract/videos.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { maySee } from './rules.ts'
import { toCard } from './show.ts'
import * as store from './store.ts'

interface KeptCard {
  card: VideoCard
  version: string
}

/** Each video has one place here, by its name, and takes it from whichever stood there: nothing is ever looked for to be forgotten. About a kilobyte each. */
const PLACES = 32_768

interface Memory {
  cards: (KeptCard | undefined)[]
  /**
   * By the same places, the hash of what was asked for last and not kept. A card is kept when it is asked for again: most never are,
   * and what is kept for a moment only is what the collector has to look for among everything that lasts.
   */
  asked: Uint32Array
}

const memories = new WeakMap<object, Memory>()

/** Cards of these videos by id, without those this viewer may not see, in one question. Nobody may change them: they are shown to others too. */
export async function freshCards(app: App, viewer: Viewer, videoIds: string[]): Promise<Map<string, VideoCard>> {
  const cards = new Map<string, VideoCard>()
  if (videoIds.length === 0) return cards
  const memory = memoryOf(app)
  const versions = videoIds.map((videoId) => {
    const known = memory.cards[hashOf(videoId) & (PLACES - 1)]
    if (known?.card.id !== videoId) return null
    cards.set(videoId, known.card)
    return known.version
  })
  for (const row of await store.loadChangedCards(app, videoIds, versions, viewer.accountId)) {
    cards.delete(row.asked)
    if (row.video_id === null || !maySee(viewer, row)) continue
    const card = toCard(app, row, viewer)
    cards.set(row.video_id, card)
    // The card of another one may hold an address that is meant for one viewer only.
    if (row.privacy === 'public') keep(memory, { card, version: row.version })
  }
  return cards
}

function keep({ cards, asked }: Memory, it: KeptCard): void {
  const hash = hashOf(it.card.id)
  const place = hash & (PLACES - 1)
  if (cards[place]?.card.id === it.card.id || asked[place] === hash) cards[place] = it
  else asked[place] = hash
}

/** FNV-1a, its high bits folded into the low ones. */
function hashOf(videoId: string): number {
  let hash = 2166136261
  for (let at = 0; at < videoId.length; at++) hash = Math.imul(hash ^ videoId.charCodeAt(at), 16777619)
  return (hash ^ (hash >>> 15)) >>> 0
}

function memoryOf(app: App): Memory {
  // The same object in every transaction of one app.
  let memory = memories.get(app.blobs)
  if (!memory) {
    memory = { cards: new Array<KeptCard | undefined>(PLACES).fill(undefined), asked: new Uint32Array(PLACES) }
    memories.set(app.blobs, memory)
  }
  return memory
}
