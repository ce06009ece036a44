/** The heads of pages, as text: titles, descriptions, cards for other sites, structured data. Everything is escaped here. */
import type { Channel } from '../../contract/channels.ts'
import { directionOf, type LanguageCode } from '../../contract/languages.ts'
import type { Video } from '../../contract/videos.ts'
import { tell } from '../words/words.ts'

const NAME = 'Vitascope'
const DESCRIPTION_CHARACTERS = 200
/** What a frame on another site measures when nobody says otherwise. */
const EMBED_WIDTH = 640
const EMBED_HEIGHT = 360

export interface Head {
  title: string
  /** Finished markup, a line per tag. */
  tags: string[]
}

/** Text as content or as an attribute in double quotes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** Data as the content of a script element: no text in it can end the element or open a comment (HTML 4.12.1.3). */
export function escapeJson(data: unknown): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

export function plainHead(title: string, indexed: boolean): Head {
  return { title: title === NAME ? NAME : `${title} - ${NAME}`, tags: indexed ? [] : [noIndex] }
}

export function homeHead(origin: string, language: LanguageCode): Head {
  const says = tell(language, 'page.home_says')
  return {
    title: tell(language, 'page.home', { site: NAME }),
    tags: [
      named('description', says),
      `<link rel="canonical" href="${escapeHtml(`${origin}/`)}" />`,
      property('og:site_name', NAME),
      property('og:type', 'website'),
      property('og:title', NAME),
      property('og:description', says),
      property('og:url', `${origin}/`),
    ],
  }
}

export function channelHead(origin: string, channel: Channel, language: LanguageCode): Head {
  const address = `${origin}/@${channel.handle}`
  const feeds = `${origin}/feeds/${channel.handle}`
  const says =
    shortened(channel.description) || tell(language, 'page.channel_says', { channel: channel.name, site: NAME })
  return {
    title: `${channel.name} - ${NAME}`,
    tags: [
      named('description', says),
      `<link rel="canonical" href="${escapeHtml(address)}" />`,
      property('og:site_name', NAME),
      `<link rel="alternate" type="application/rss+xml" href="${escapeHtml(`${feeds}/rss.xml`)}" title="RSS" />`,
      `<link rel="alternate" type="application/atom+xml" href="${escapeHtml(`${feeds}/atom.xml`)}" title="Atom" />`,
      property('og:type', 'profile'),
      property('og:title', channel.name),
      property('og:description', says),
      property('og:url', address),
    ],
  }
}

/**
 * The head of a video's page. Private videos get their title and nothing for other sites; unlisted ones get the cards,
 * since whoever has the address may share it, but are kept out of search engines.
 */
export function watchHead(origin: string, video: Video, language: LanguageCode): Head {
  const title = `${video.title} - ${NAME}`
  if (video.privacy === 'private' || video.state !== 'ready') return { title, tags: [noIndex] }
  const address = `${origin}/watch/${video.id}`
  const embed = `${origin}/embed/${video.id}`
  const says =
    shortened(video.description) || tell(language, 'page.video_says', { channel: video.channel.name, site: NAME })
  const picture = video.thumbnail === undefined ? undefined : `${origin}${video.thumbnail}`
  const { width, height } = embedSize(video)
  return {
    title,
    tags: [
      ...(video.privacy === 'public' ? [] : [noIndex]),
      named('description', says),
      `<link rel="canonical" href="${escapeHtml(address)}" />`,
      `<link rel="alternate" type="application/json+oembed" href="${escapeHtml(oembedAddress(origin, address))}" title="${escapeHtml(video.title)}" />`,
      property('og:site_name', NAME),
      property('og:type', 'video.other'),
      property('og:title', video.title),
      property('og:description', says),
      property('og:url', address),
      ...(picture === undefined ? [] : [property('og:image', picture), property('og:image:alt', video.title)]),
      property('og:video', embed),
      property('og:video:secure_url', embed),
      property('og:video:type', 'text/html'),
      property('og:video:width', String(width)),
      property('og:video:height', String(height)),
      ...(video.durationMs === undefined
        ? []
        : [property('og:video:duration', String(Math.round(video.durationMs / 1000)))]),
      ...video.tags.slice(0, 10).map((tag) => property('og:video:tag', tag)),
      named('twitter:card', 'player'),
      named('twitter:title', video.title),
      named('twitter:description', says),
      ...(picture === undefined ? [] : [named('twitter:image', picture)]),
      named('twitter:player', embed),
      named('twitter:player:width', String(width)),
      named('twitter:player:height', String(height)),
      `<script type="application/ld+json">${escapeJson(videoObject(origin, video, says))}</script>`,
    ],
  }
}

/** https://schema.org/VideoObject */
function videoObject(origin: string, video: Video, says: string) {
  return {
    '@context': 'https://schema.org',
    '@type': 'VideoObject',
    name: video.title,
    description: says,
    url: `${origin}/watch/${video.id}`,
    embedUrl: `${origin}/embed/${video.id}`,
    uploadDate: video.published ?? video.created,
    ...(video.thumbnail === undefined ? {} : { thumbnailUrl: [`${origin}${video.thumbnail}`] }),
    ...(video.durationMs === undefined ? {} : { duration: isoDuration(video.durationMs) }),
    ...(video.language === undefined ? {} : { inLanguage: video.language }),
    ...(video.tags.length === 0 ? {} : { keywords: video.tags.join(', ') }),
    author: { '@type': 'Person', name: video.channel.name, url: `${origin}/@${video.channel.handle}` },
    interactionStatistic: {
      '@type': 'InteractionCounter',
      interactionType: { '@type': 'WatchAction' },
      userInteractionCount: video.views,
    },
  }
}

/** `PT1H2M3S` (ISO 8601), whole seconds. */
export function isoDuration(ms: number): string {
  const total = Math.max(1, Math.round(ms / 1000))
  const parts = [
    [Math.floor(total / 3600), 'H'],
    [Math.floor((total % 3600) / 60), 'M'],
    [total % 60, 'S'],
  ] as const
  return `PT${parts.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('')}`
}

/** The largest frame of the video's own shape within what was asked for, 640x360 if nothing was. */
export function embedSize(
  shape: { width?: number | undefined; height?: number | undefined },
  maxWidth = EMBED_WIDTH,
  maxHeight = EMBED_HEIGHT,
): { width: number; height: number } {
  const ratio = shape.width && shape.height ? shape.width / shape.height : 16 / 9
  const width = Math.min(maxWidth, Math.round(maxHeight * ratio))
  return { width: Math.max(1, width), height: Math.max(1, Math.round(width / ratio)) }
}

/** The video of a page address of ours, or undefined: what oEmbed is asked about. */
export function videoOfAddress(origin: string, address: string): string | undefined {
  const asked = URL.parse(address)
  if (!asked || asked.origin !== origin) return undefined
  return /^\/(?:watch|embed)\/([0-9A-Za-z]{8,32})$/.exec(asked.pathname)?.[1]
}

export function oembedAddress(origin: string, address: string): string {
  return `${origin}/oembed?format=json&url=${encodeURIComponent(address)}`
}

/** The answer of oEmbed 1.0, type `video` (https://oembed.com, 2.3.4.2). */
export function oembedOf(origin: string, video: Video, maxWidth?: number, maxHeight?: number) {
  const { width, height } = embedSize(video, maxWidth, maxHeight)
  const source = escapeHtml(`${origin}/embed/${video.id}`)
  return {
    version: '1.0',
    type: 'video',
    provider_name: NAME,
    provider_url: `${origin}/`,
    title: video.title,
    author_name: video.channel.name,
    author_url: `${origin}/@${video.channel.handle}`,
    ...(video.thumbnail === undefined
      ? {}
      : {
          thumbnail_url: `${origin}${video.thumbnail}`,
          thumbnail_width: video.width ?? 640,
          thumbnail_height: video.height ?? 360,
        }),
    width,
    height,
    html: `<iframe src="${source}" width="${width}" height="${height}" title="${escapeHtml(video.title)}" style="border:0" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>`,
  }
}

/** The reader's language, and what they chose earlier and the browser sent along, as attributes of the root element. */
export function rootAttributes(language: LanguageCode, cookies: string | undefined): string {
  const theme = /(?:^|; )vitascope_theme=(light|dark)(?:;|$)/.exec(cookies ?? '')?.[1]
  return `lang="${language}" dir="${directionOf(language)}"${theme ? ` data-theme="${theme}"` : ''}`
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  const letters = [...line]
  return letters.length <= DESCRIPTION_CHARACTERS ? line : `${letters.slice(0, DESCRIPTION_CHARACTERS - 1).join('')}…`
}

const noIndex = '<meta name="robots" content="noindex" />'

function named(name: string, content: string): string {
  return `<meta name="${name}" content="${escapeHtml(content)}" />`
}

function property(name: string, content: string): string {
  return `<meta property="${name}" content="${escapeHtml(content)}" />`
}
