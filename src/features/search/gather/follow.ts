/**
 * Follows events: what changed is brought to what the database says then, so it does not matter in what order or how often it
 * was heard.
 */
import type { App } from '../../../platform/app.ts'
import { eventKind } from '../../../platform/bus/bus.ts'
import { metric } from '../../../platform/meter.ts'
import { channelChanged } from '../../channels/channels.ts'
import { videoChanged } from '../../videos/videos.ts'
import type { Kind, SearchEngine } from '../engine/engine.ts'
import { toChannelDocument, toDocuments, toPlaylistDocument } from './documents.ts'
import * as store from './store.ts'

/** Told by the database itself, whoever changed the row (migration 0120). */
const playlistChanged = eventKind<{ playlistId: string }>('playlists.changed')

const indexLag = metric({
  kind: 'histogram',
  name: 'search_index_lag_seconds',
  says: 'From hearing of a change to finding it.',
  labels: [],
  buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
})

/** Changes that are brought in together. */
const BATCH = 500

/** What follows the events: an index, and what is remembered of what is shown. */
export interface Follower {
  readonly engine: SearchEngine
  /** Nothing that was known of this may be shown any more. */
  forget(kind: Kind, id: string): void
  /** A batch has been brought in. */
  settled(): Promise<void>
}

interface Change {
  kind: Kind
  id: string
  accountId?: string
  heardMs: number
}

/** Follows from now on, for as long as the bus is open. */
export function followChanges(app: App, follower: Follower): void {
  const dirty = new Map<string, Change>()
  let isWorking = false
  const workOff = () => {
    if (isWorking) return
    isWorking = true
    bringIn(app, follower, dirty)
      .catch((error) => app.log.error({ error: String(error) }, 'search index gave up on changes'))
      .finally(() => {
        isWorking = false
        if (dirty.size > 0) workOff()
      })
  }
  const hear = (change: Omit<Change, 'heardMs'>) => {
    follower.forget(change.kind, change.id)
    dirty.set(`${change.kind} ${change.id}`, { ...change, heardMs: performance.now() })
    workOff()
  }
  app.bus.listen(videoChanged, ({ body }) => hear({ kind: 'video', id: body.videoId, accountId: body.accountId }))
  app.bus.listen(channelChanged, ({ body }) => hear({ kind: 'channel', id: body.channelId }))
  app.bus.listen(playlistChanged, ({ body }) => hear({ kind: 'playlist', id: body.playlistId }))
}

async function bringIn(app: App, follower: Follower, dirty: Map<string, Change>): Promise<void> {
  for (let failures = 0; dirty.size > 0; ) {
    const batch = [...dirty].slice(0, BATCH)
    for (const [key] of batch) dirty.delete(key)
    try {
      const changes = batch.map(([, change]) => change)
      await bringInVideos(app, follower, changes)
      await bringInPlaylists(app, follower, idsOf(changes, 'playlist'))
      for (const channelId of idsOf(changes, 'channel')) await bringInChannel(app, follower, channelId)
      for (const { heardMs } of changes) app.meter.observe(indexLag, {}, (performance.now() - heardMs) / 1000)
      failures = 0
    } catch (error) {
      // The database is away or closing: what was heard stays to be done, as long as there is hope.
      if (++failures > 20) {
        dirty.clear()
        throw error
      }
      for (const [key, change] of batch) if (!dirty.has(key)) dirty.set(key, change)
      app.log.warn({ error: String(error) }, 'search index waits for the database')
      await new Promise((resolve) => setTimeout(resolve, 250 * failures).unref())
    }
  }
  await follower.settled()
}

function idsOf(changes: readonly Change[], kind: Kind): string[] {
  return changes.filter((change) => change.kind === kind).map(({ id }) => id)
}

async function bringInVideos(app: App, follower: Follower, changes: readonly Change[]): Promise<void> {
  const ids = idsOf(changes, 'video')
  if (ids.length === 0) return
  const rows = await store.listForIndex(app, ids)
  await replace(follower, 'video', ids, await toDocuments(app, rows, app.clock.nowMs()))
  // A channel with its first video appears, one with its last taken away goes.
  await putChannels(app, follower, {
    accountIds: [...new Set(changes.flatMap(({ accountId }) => accountId ?? []))],
    channelIds: [...new Set(rows.map((row) => row.channel_id))],
  })
}

async function bringInPlaylists(app: App, follower: Follower, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await replace(follower, 'playlist', ids, (await store.listPlaylists(app, ids)).map(toPlaylistDocument))
}

/** Of these documents those that there are; the others of these ids are gone. */
async function replace(
  { engine, forget }: Follower,
  kind: Kind,
  ids: string[],
  documents: Parameters<SearchEngine['put']>[0],
): Promise<void> {
  const there = new Set(documents.map(({ id }) => id))
  const gone = ids.filter((id) => !there.has(id))
  if (gone.length > 0) await engine.remove(kind, gone)
  if (documents.length > 0) await engine.put(documents)
  for (const id of ids) forget(kind, id)
}

async function putChannels(
  app: App,
  follower: Follower,
  of: { accountIds: string[]; channelIds: string[] },
): Promise<store.ChannelRow[]> {
  const rows = await store.listChannels(app, of)
  const ids = [...new Set([...rows.map((row) => row.channel_id), ...of.channelIds])]
  const full = rows.filter((row) => Number(row.video_count) > 0)
  await replace(follower, 'channel', ids, full.map(toChannelDocument))
  return rows
}

/** Its name and handle are found in its videos and in the playlists of its account as well. */
async function bringInChannel(app: App, follower: Follower, channelId: string): Promise<void> {
  const [row] = await putChannels(app, follower, { accountIds: [], channelIds: [channelId] })
  if (!row) return
  for (let after = ''; ; ) {
    const rows = await store.pageOfChannelVideos(app, channelId, after, BATCH)
    const ids = rows.map((it) => it.video_id)
    await replace(follower, 'video', ids, await toDocuments(app, rows, app.clock.nowMs()))
    if (rows.length < BATCH) break
    after = rows.at(-1)!.video_id
  }
  const beside = await store.listPlaylistsBeside(app, [channelId])
  const ids = beside.map((it) => it.playlist_id)
  await replace(follower, 'playlist', ids, beside.map(toPlaylistDocument))
}
