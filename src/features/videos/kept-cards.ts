/**
 * Cards of public videos, kept by this process for as long as they are what the database would say: with every question go the versions
 * that are known (where PostgreSQL keeps both rows, and which transaction wrote them: another answer after every change), and only what has changed comes back. To read ninety
 * cards for every page would be most of what the database's answers cost here.
 */
import type { VideoCard } from '../../contract/videos.ts'
import { Lru } from '../../kit/lru.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { maySee } from './rules.ts'
import { toCard } from './show.ts'
import * as store from './store.ts'

interface KeptCard {
  card: VideoCard
  version: string
}

/** About a kilobyte each. */
const KEPT = 30_000

const memories = new WeakMap<object, Lru<KeptCard>>()

/** Cards of these videos by id, without those this viewer may not see, in one question. Nobody may change them: they are shown to others too. */
export async function freshCards(app: App, viewer: Viewer, videoIds: string[]): Promise<Map<string, VideoCard>> {
  const cards = new Map<string, VideoCard>()
  if (videoIds.length === 0) return cards
  const memory = memoryOf(app)
  const versions = videoIds.map((videoId) => {
    const known = memory.get(videoId)
    if (known) cards.set(videoId, known.card)
    return known?.version ?? null
  })
  for (const row of await store.loadChangedCards(app, videoIds, versions, viewer.accountId)) {
    cards.delete(row.asked)
    memory.delete(row.asked)
    if (row.video_id === null || !maySee(viewer, row)) continue
    const card = toCard(app, row, viewer)
    cards.set(row.video_id, card)
    // The card of another one may hold an address that is meant for one viewer only.
    if (row.privacy === 'public') memory.set(row.video_id, { card, version: row.version })
  }
  return cards
}

function memoryOf(app: App): Lru<KeptCard> {
  // The same object in every transaction of one app.
  let memory = memories.get(app.blobs)
  if (!memory) {
    memory = new Lru(KEPT, () => app.clock.nowMs())
    memories.set(app.blobs, memory)
  }
  return memory
}
