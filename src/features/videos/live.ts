/** The WebSocket of videos: tells how those stand that somebody is looking at, at once and after every change. */
import { LiveAsk, type LiveNews } from '../../contract/live.ts'
import { isRefusal } from '../../contract/refusals.ts'
import type { App } from '../../platform/app.ts'
import type { Asked, Socket, Viewer } from '../../platform/http/http.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'
import { progressOf, seeVideo, toCard, videoChanged } from './videos.ts'

/** Shouted by uploads while bytes arrive; each word is JSON of videoId, offsetBytes, lengthBytes. */
const UPLOAD_CHANNEL = 'upload'
/** At most four messages a second about one video. */
const PAUSE_MS = 250

interface Followed {
  /** What is known of bytes on their way; newer than the table. */
  upload: { offsetBytes: number; lengthBytes: number } | undefined
  toldAtMs: number
  timer: NodeJS.Timeout | undefined
  telling: boolean
  again: boolean
}

/** Follows, for one socket, the videos its client names; each message replaces the list. */
export async function follow(app: App, socket: Socket, { viewer }: Asked): Promise<void> {
  const followed = new Map<string, Followed>()

  const soon = (videoId: string) => {
    const it = followed.get(videoId)
    if (!it || it.timer) return
    const waitMs = Math.max(0, it.toldAtMs + PAUSE_MS - performance.now())
    it.timer = setTimeout(() => {
      it.timer = undefined
      void tell(videoId, it)
    }, waitMs)
  }
  const tell = async (videoId: string, it: Followed) => {
    if (it.telling) {
      it.again = true
      return
    }
    it.telling = true
    it.toldAtMs = performance.now()
    try {
      const news = await newsOf(app, viewer, videoId, it.upload)
      if (news && followed.get(videoId) === it) socket.send(JSON.stringify(news))
    } catch (fault) {
      app.log.warn({ err: fault, videoId }, 'news could not be told')
    }
    it.telling = false
    if (it.again) {
      it.again = false
      soon(videoId)
    }
  }

  socket.onMessage((message) => {
    const ask = readAsk(message)
    if (!ask) return socket.close()
    const wanted = new Set(ask.follow)
    for (const [videoId, it] of followed) {
      if (wanted.has(videoId)) continue
      clearTimeout(it.timer)
      followed.delete(videoId)
    }
    for (const videoId of wanted) {
      if (followed.has(videoId)) continue
      followed.set(videoId, { upload: undefined, toldAtMs: -PAUSE_MS, timer: undefined, telling: false, again: false })
      soon(videoId)
    }
  })

  const stopEvents = app.bus.listen(videoChanged, ({ body }) => soon(body.videoId))
  const stopShouts = app.bus.hearShouts(UPLOAD_CHANNEL, (word) => {
    const { videoId, offsetBytes, lengthBytes } = JSON.parse(word) as {
      videoId: string
      offsetBytes: number
      lengthBytes: number
    }
    const it = followed.get(videoId)
    if (!it) return
    it.upload = { offsetBytes, lengthBytes }
    soon(videoId)
  })
  socket.onClose(() => {
    stopEvents()
    stopShouts()
    for (const it of followed.values()) clearTimeout(it.timer)
    followed.clear()
  })
}

function readAsk(message: string): LiveAsk | undefined {
  try {
    return LiveAsk.safeParse(JSON.parse(message)).data
  } catch {
    return undefined
  }
}

/** How one video stands for this viewer; undefined when there is none to see. Asked anew each time: it may have become private. */
async function newsOf(
  app: App,
  viewer: Viewer,
  videoId: string,
  heard: Followed['upload'],
): Promise<LiveNews | undefined> {
  const row = await seeVideo(app, viewer, videoId).catch((thrown: unknown) => {
    if (isRefusal(thrown, 'video_not_found')) return undefined
    throw thrown
  })
  if (!row) return undefined
  const mine = rules.mayEdit(viewer, row)
  const card = toCard(app, row, viewer)
  const progress = await progressOf(app, row)
  const reason = mine ? rules.reasonOf(row) : undefined
  const upload = row.state === 'uploading' && mine ? (heard ?? (await storedUpload(app, videoId))) : undefined
  return {
    videoId,
    state: row.state,
    ...(reason ? { reason } : {}),
    ...(card.thumbnail === undefined ? {} : { thumbnail: card.thumbnail }),
    ...(card.durationMs === undefined ? {} : { durationMs: card.durationMs }),
    ...(upload ? { upload } : {}),
    ...(progress ? { progress } : {}),
  }
}

async function storedUpload(app: App, videoId: string) {
  const row = await store.sumUpload(app, videoId)
  return row && { offsetBytes: row.offset_bytes, lengthBytes: row.length_bytes }
}
