/**
 * Pages as the server sends them: the built page with a head for people, search engines and other sites, and with the
 * data of the page inside, so that the first picture needs no further question.
 */
import type { Me } from '../../contract/accounts.ts'
import { languageAsked } from '../../contract/languages.ts'
import { isRefusal, refuse } from '../../contract/refusals.ts'
import { Handle, Id } from '../../contract/shapes.ts'
import type { App } from '../../platform/app.ts'
import { framedBy } from '../../platform/http/headers.ts'
import type { RawAnswer, RawAsked, Viewer } from '../../platform/http/http.ts'
import { aboutMe, accountCount } from '../accounts/accounts.ts'
import { getChannel, listChannelVideos } from '../channels/channels.ts'
import { askerOf, home } from '../recommend/recommend.ts'
import { siteHead } from '../site/site.ts'
import { embedHostsOf, showVideo } from '../videos/videos.ts'
import { startPlayback } from '../watch/watch.ts'
import { type PageTitle, tell } from '../words/words.ts'
import * as rules from './rules.ts'
import { type Filling, fill, type PageKind, readBuilt } from './template.ts'

const FIRST_PAGE = { limit: 24 }
const nobody: Viewer = { accountId: undefined, role: 'anonymous', addressPrefix: '', viewerKey: '' }

export async function showHome(app: App, asked: RawAsked): Promise<RawAnswer> {
  const languages = asked.headers['accept-language']
  const [me, first] = await Promise.all([
    knownMe(app, asked.viewer),
    home(app, asked.viewer, { ...FIRST_PAGE, ...askerOf(asked) }, languages),
  ])
  const firstRun = first.items.length === 0 && me === null && (await accountCount(app)) === 0
  return page(app, asked, 200, {
    kind: 'home',
    head: rules.homeHead(asked.origin, languageAsked(asked.headers)),
    boot: { me, firstRun, home: first },
    media: [],
  })
}

/** The player's data and its first segments' addresses travel with the page. A hidden video is as one that is not there. */
export async function showWatch(app: App, asked: RawAsked): Promise<RawAnswer> {
  return orMissing(app, asked, async () => {
    const { videoId = '' } = asked.params
    const [me, video] = await Promise.all([knownMe(app, asked.viewer), findVideo(app, asked.viewer, videoId)])
    const playback = video.state === 'ready' ? await startPlayback(app, asked.viewer, videoId) : undefined
    return page(app, asked, 200, {
      kind: 'watch',
      head: rules.watchHead(asked.origin, video, languageAsked(asked.headers)),
      boot: { me, video, playback },
      media: playback?.preload ?? [],
    })
  })
}

export async function showEmbed(app: App, asked: RawAsked): Promise<RawAnswer> {
  return orMissing(app, asked, async () => {
    const { videoId = '' } = asked.params
    const video = await findVideo(app, asked.viewer, videoId)
    const playback = video.state === 'ready' ? await startPlayback(app, asked.viewer, videoId) : undefined
    const head = { title: video.title, tags: rules.plainHead(video.title, false).tags }
    const answer = await page(app, asked, 200, { kind: 'embed', head, boot: { playback }, media: [] })
    const hosts = await embedHostsOf(app, videoId)
    // Every site may, unless the owner has named some.
    return hosts ? { ...answer, headers: { ...answer.headers, 'content-security-policy': framedBy(hosts) } } : answer
  })
}

/** `/@handle`. Any other single word is no page. */
export async function showChannel(app: App, asked: RawAsked): Promise<RawAnswer> {
  return orMissing(app, asked, async () => {
    const word = asked.params.at ?? ''
    const handle = word.slice(1)
    if (!word.startsWith('@') || !Handle.safeParse(handle).success) return refuse('channel_not_found')
    const [me, channel, channelVideos] = await Promise.all([
      knownMe(app, asked.viewer),
      getChannel(app, handle),
      listChannelVideos(app, handle, FIRST_PAGE),
    ])
    return page(app, asked, 200, {
      kind: 'channel',
      head: rules.channelHead(asked.origin, channel, languageAsked(asked.headers)),
      boot: { me, channel, channelVideos },
      media: [],
    })
  })
}

/** Pages that are the same for everybody until they have asked for more: sign-in, sign-up, upload, studio. */
export async function showPlain(app: App, asked: RawAsked, title: PageTitle, kind: PageKind): Promise<RawAnswer> {
  const me = await knownMe(app, asked.viewer)
  const firstRun = me === null && (await accountCount(app)) === 0
  return page(app, asked, 200, {
    kind,
    head: rules.plainHead(tell(languageAsked(asked.headers), title), false),
    boot: { me, firstRun },
    media: [],
  })
}

/** The page of an address that leads nowhere; where machines look for media, they get a problem document instead. */
export async function showMissing(app: App, asked: RawAsked): Promise<RawAnswer> {
  if (/^\/(videos|t|assets|api)(\/|$)/.test(asked.path)) return refuse('not_found')
  return missing(app, asked)
}

/** What other sites need to show a video of ours in a frame. Only what everybody may see who has the address. */
export async function tellOembed(app: App, asked: RawAsked): Promise<RawAnswer> {
  if ((asked.query.get('format') ?? 'json') !== 'json')
    return {
      status: 501,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'Only format=json is answered.',
    }
  const videoId = rules.videoOfAddress(asked.origin, asked.query.get('url') ?? '')
  if (videoId === undefined) return refuse('not_found')
  const video = await findVideo(app, nobody, videoId)
  const largest = (name: string) => {
    const size = Number(asked.query.get(name))
    return Number.isInteger(size) && size > 0 && size < 10_000 ? size : undefined
  }
  return {
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'access-control-allow-origin': '*',
    },
    body: JSON.stringify(rules.oembedOf(asked.origin, video, largest('maxwidth'), largest('maxheight'))),
    compress: true,
  }
}

async function findVideo(app: App, viewer: Viewer, videoId: string) {
  if (!Id.safeParse(videoId).success) return refuse('video_not_found')
  return showVideo(app, viewer, videoId)
}

async function knownMe(app: App, viewer: Viewer): Promise<Me | null> {
  return viewer.accountId === undefined ? null : aboutMe(app, viewer.accountId)
}

/** What is not there, or may not be seen, is the missing page with its status, and says nothing more. */
async function orMissing(app: App, asked: RawAsked, show: () => Promise<RawAnswer>): Promise<RawAnswer> {
  try {
    return await show()
  } catch (thrown) {
    if (isRefusal(thrown) && thrown.status === 404) return missing(app, asked)
    throw thrown
  }
}

async function missing(app: App, asked: RawAsked): Promise<RawAnswer> {
  const me = await knownMe(app, asked.viewer)
  return page(app, asked, 404, {
    kind: 'other',
    head: rules.plainHead(tell(languageAsked(asked.headers), 'page.missing'), false),
    boot: { me },
    media: [],
  })
}

async function page(
  app: App,
  asked: RawAsked,
  status: number,
  filling: Omit<Filling, 'cookies' | 'language'>,
): Promise<RawAnswer> {
  const [built, site] = await Promise.all([readBuilt(), siteHead(app)])
  if (!built) {
    return {
      status: 503,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
      body: 'The pages of this platform have not been built: run `npx vite build`. The API answers below /api.\n',
    }
  }
  const { cookie: cookies } = asked.headers
  const language = languageAsked(asked.headers)
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'private, no-cache' },
    body: fill(built, { ...filling, boot: { ...filling.boot, site }, cookies, language }),
    compress: true,
  }
}
