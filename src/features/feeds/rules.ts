/** Feeds and maps as text: RSS 2.0, Atom (RFC 4287), podcasts (Apple's tags), sitemaps with videos. Everything is escaped here. Pure. */
import type { Channel } from '../../contract/channels.ts'
import type { VideoCard } from '../../contract/videos.ts'

export interface Item extends VideoCard {
  description: string
  file?: { address: string; sizeBytes: number } | undefined
}

export interface Feed {
  origin: string
  /** Where the feed itself is. */
  self: string
  site: string
  channel: Channel
  items: Item[]
}

/** As the protocol has it: a file of a sitemap holds at most so many. */
export const MOST_IN_MAP = 50_000

/** Text for XML 1.0: escaped, and without the characters that no XML document may hold (section 2.2). */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

type Attributes = Record<string, string | number | undefined>

function tag(name: string, attributes: Attributes, ...inside: string[]): string {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined)
  const head = [name, ...given.map(([key, value]) => `${key}="${escapeXml(String(value))}"`)].join(' ')
  return inside.length === 0 ? `<${head}/>` : `<${head}>${inside.join('')}</${name}>`
}

const words = (name: string, text: string) => tag(name, {}, escapeXml(text))
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

const pageOf = (feed: Feed, it: Item) => `${feed.origin}/watch/${it.id}`
const publishedOf = (it: Item) => new Date(it.published ?? it.created)

function rss(feed: Feed): string {
  const page = `${feed.origin}/@${feed.channel.handle}`
  const items = feed.items.map((it) =>
    tag(
      'item',
      {},
      words('title', it.title),
      words('link', pageOf(feed, it)),
      tag('guid', { isPermaLink: 'true' }, escapeXml(pageOf(feed, it))),
      words('pubDate', publishedOf(it).toUTCString()),
      words('description', it.description),
      ...(it.thumbnail ? [tag('media:thumbnail', { url: feed.origin + it.thumbnail })] : []),
    ),
  )
  return `${HEAD}${tag(
    'rss',
    { version: '2.0', 'xmlns:atom': 'http://www.w3.org/2005/Atom', 'xmlns:media': 'http://search.yahoo.com/mrss/' },
    tag(
      'channel',
      {},
      words('title', feed.channel.name),
      words('link', page),
      words('description', feed.channel.description || feed.channel.name),
      tag('atom:link', { href: feed.self, rel: 'self', type: 'application/rss+xml' }),
      ...items,
    ),
  )}`
}

function atom(feed: Feed): string {
  const page = `${feed.origin}/@${feed.channel.handle}`
  const newest = feed.items[0] ? publishedOf(feed.items[0]) : new Date(feed.channel.created)
  const entries = feed.items.map((it) =>
    tag(
      'entry',
      {},
      words('id', pageOf(feed, it)),
      words('title', it.title),
      tag('link', { href: pageOf(feed, it) }),
      words('published', publishedOf(it).toISOString()),
      words('updated', publishedOf(it).toISOString()),
      words('summary', it.description),
    ),
  )
  return `${HEAD}${tag(
    'feed',
    { xmlns: 'http://www.w3.org/2005/Atom' },
    words('id', page),
    words('title', feed.channel.name),
    words('updated', newest.toISOString()),
    tag('author', {}, words('name', feed.channel.name)),
    tag('link', { href: page }),
    tag('link', { href: feed.self, rel: 'self' }),
    ...entries,
  )}`
}

/** Only what has a file that everybody may download: a podcast program fetches it hours later, signed in as nobody. */
function podcast(feed: Feed): string {
  const page = `${feed.origin}/@${feed.channel.handle}`
  const items = feed.items.flatMap((it) =>
    it.file
      ? [
          tag(
            'item',
            {},
            words('title', it.title),
            words('link', pageOf(feed, it)),
            tag('guid', { isPermaLink: 'false' }, escapeXml(it.id)),
            words('pubDate', publishedOf(it).toUTCString()),
            words('description', it.description),
            tag('enclosure', { url: it.file.address, length: it.file.sizeBytes, type: 'video/mp4' }),
            ...(it.durationMs === undefined
              ? []
              : [words('itunes:duration', String(Math.round(it.durationMs / 1000)))]),
            ...(it.thumbnail ? [tag('itunes:image', { href: feed.origin + it.thumbnail })] : []),
          ),
        ]
      : [],
  )
  return `${HEAD}${tag(
    'rss',
    {
      version: '2.0',
      'xmlns:atom': 'http://www.w3.org/2005/Atom',
      'xmlns:itunes': 'http://www.itunes.com/dtds/podcast-1.0.dtd',
    },
    tag(
      'channel',
      {},
      words('title', feed.channel.name),
      words('link', page),
      words('description', feed.channel.description || feed.channel.name),
      words('itunes:author', feed.channel.name),
      words('itunes:explicit', 'false'),
      tag('itunes:category', { text: 'TV & Film' }),
      ...(feed.channel.avatar ? [tag('itunes:image', { href: feed.origin + feed.channel.avatar })] : []),
      tag('atom:link', { href: feed.self, rel: 'self', type: 'application/rss+xml' }),
      ...items,
    ),
  )}`
}

export const FORMS = {
  'rss.xml': { type: 'application/rss+xml', text: rss },
  'atom.xml': { type: 'application/atom+xml', text: atom },
  'podcast.xml': { type: 'application/rss+xml', text: podcast },
} as const

/** Every month from one to another, newest first, as `2026-11`. */
export function monthsFrom(first: Date, last: Date): string[] {
  const months: string[] = []
  const at = new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), 1))
  while (at >= new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), 1)) && months.length < MOST_IN_MAP) {
    months.push(at.toISOString().slice(0, 7))
    at.setUTCMonth(at.getUTCMonth() - 1)
  }
  return months
}

export function sitemapIndex(origin: string, months: string[]): string {
  const maps = months.map((month) => tag('sitemap', {}, words('loc', `${origin}/sitemaps/${month}.xml`)))
  return `${HEAD}${tag('sitemapindex', { xmlns: 'http://www.sitemaps.org/schemas/sitemap/0.9' }, ...maps, '')}`
}

export interface Mapped {
  video_id: string
  title: string
  description: string
  thumbnail_key: string | null
  duration_ms: number | null
  published_at: Date
}

const MOST_SECONDS = 28_800

/** Google's video sitemap: a video without a picture is an address alone, for the picture is required. */
export function sitemapOf(origin: string, rows: Mapped[]): string {
  const urls = rows.map((it) => {
    const loc = words('loc', `${origin}/watch/${it.video_id}`)
    if (it.thumbnail_key === null) return tag('url', {}, loc)
    const seconds = it.duration_ms === null ? 0 : Math.round(Number(it.duration_ms) / 1000)
    const video = tag(
      'video:video',
      {},
      words('video:thumbnail_loc', `${origin}/${it.thumbnail_key}`),
      words('video:title', it.title),
      words('video:description', it.description.slice(0, 2000) || it.title),
      words('video:player_loc', `${origin}/embed/${it.video_id}`),
      ...(seconds >= 1 && seconds <= MOST_SECONDS ? [words('video:duration', String(seconds))] : []),
      words('video:publication_date', it.published_at.toISOString()),
    )
    return tag('url', {}, loc, video)
  })
  return `${HEAD}${tag(
    'urlset',
    {
      xmlns: 'http://www.sitemaps.org/schemas/sitemap/0.9',
      'xmlns:video': 'http://www.google.com/schemas/sitemap-video/1.1',
    },
    ...urls,
    '',
  )}`
}
