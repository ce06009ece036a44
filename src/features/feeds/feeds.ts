/** Feeds: what is new on a channel for programs that read RSS, Atom and podcasts, and what there is for search engines. */
import { isRefusal } from '../../contract/refusals.ts'
import { Handle, Id } from '../../contract/shapes.ts'
import type { VideoCard } from '../../contract/videos.ts'
import type { App } from '../../platform/app.ts'
import type { RawAnswer, RawAsked } from '../../platform/http/http.ts'
import { getChannel, listChannelVideos } from '../channels/channels.ts'
import { exactBytes, listDownloads } from '../downloads/downloads.ts'
import { siteSettings } from '../site/site.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

const ITEMS = 30
/** So long a feed or a map of the site is what it was: readers ask far more often than there is something new. */
const KEPT_MS = 5 * 60_000
/** Of so many of the newest episodes the size is told to the byte; of older ones as that of their segments, a little less. */
const COUNTED_EPISODES = 10

/** The feed of a channel in one of three forms. */
export async function tellFeed(app: App, asked: RawAsked): Promise<RawAnswer> {
  const { handle = '', form = '' } = asked.params
  const write = rules.FORMS[form as keyof typeof rules.FORMS]
  if (!write || !Handle.safeParse(handle).success) return nothing()
  const body = await kept(app, `feeds:${asked.origin}:${handle}:${form}`, async () => {
    try {
      return write.text(await readFeed(app, asked, handle, form === 'podcast.xml'))
    } catch (thrown) {
      if (isRefusal(thrown, 'channel_not_found')) return ''
      throw thrown
    }
  })
  return body === '' ? nothing() : xml(body, write.type)
}

async function readFeed(app: App, asked: RawAsked, handle: string, withFiles: boolean): Promise<rules.Feed> {
  const channel = await getChannel(app, handle)
  const { items } = await listChannelVideos(app, handle, { limit: ITEMS })
  const descriptions = await store.descriptionsOf(
    app,
    items.map((it) => it.id),
  )
  const files = withFiles ? await Promise.all(items.map((it, place) => fileOf(app, asked, it, place))) : []
  return {
    origin: asked.origin,
    self: `${asked.origin}${asked.path}`,
    site: (await siteSettings(app)).name,
    channel,
    items: items.map((it, index) => ({ ...it, description: descriptions.get(it.id) ?? '', file: files[index] })),
  }
}

/** What a podcast program can fetch: a file that everybody may download. Without one it is not in the podcast. */
async function fileOf(app: App, asked: RawAsked, card: VideoCard, place: number) {
  const anybody = { ...asked.viewer, accountId: undefined, role: 'anonymous' as const }
  const { items } = await listDownloads(app, anybody, card.id)
  const smallest = items.toSorted((a, b) => a.sizeBytes - b.sizeBytes)[0]
  if (!smallest) return undefined
  const counted =
    place < COUNTED_EPISODES ? await exactBytes(app, anybody, card.id, smallest.rendition, asked.signal) : undefined
  return { address: asked.origin + smallest.address, sizeBytes: counted ?? smallest.sizeBytes }
}

/** The map of the site: one file a month of what was published then. */
export async function tellSitemap(app: App, asked: RawAsked): Promise<RawAnswer> {
  const body = await kept(app, `feeds:${asked.origin}:map`, async () => {
    const first = await store.firstPublished(app)
    return rules.sitemapIndex(asked.origin, rules.monthsFrom(first ?? app.clock.now(), app.clock.now()))
  })
  return xml(body, 'application/xml')
}

export async function tellMonth(app: App, asked: RawAsked): Promise<RawAnswer> {
  const month = /^(\d{4})-(0[1-9]|1[0-2])\.xml$/.exec(asked.params.month ?? '')
  if (!month) return nothing()
  const body = await kept(app, `feeds:${asked.origin}:${month[0]}`, async () => {
    const from = new Date(Date.UTC(Number(month[1]), Number(month[2]) - 1, 1))
    const until = new Date(Date.UTC(Number(month[1]), Number(month[2]), 1))
    return rules.sitemapOf(asked.origin, await store.listPublishedBetween(app, from, until, rules.MOST_IN_MAP))
  })
  return xml(body, 'application/xml')
}

/** A short address of a video: leads to its page, at the time it names. */
export async function leadOn(_app: App, asked: RawAsked): Promise<RawAnswer> {
  const { videoId = '' } = asked.params
  if (!Id.safeParse(videoId).success) return nothing()
  const time = asked.query.get('t')
  const at = time !== null && /^[0-9hms.]{1,12}$/.test(time) ? `?t=${time}` : ''
  return { status: 301, headers: { location: `/watch/${videoId}${at}`, 'cache-control': 'public, max-age=86400' } }
}

async function kept(app: App, key: string, write: () => Promise<string>): Promise<string> {
  const known = await app.cache.get<string>(key)
  if (known !== undefined) return known
  const written = await write()
  await app.cache.set(key, written, KEPT_MS)
  return written
}

function xml(body: string, type: string): RawAnswer {
  return {
    status: 200,
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'public, max-age=300',
      'access-control-allow-origin': '*',
    },
    body,
    compress: true,
  }
}

function nothing(): RawAnswer {
  return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'There is nothing here.\n' }
}
