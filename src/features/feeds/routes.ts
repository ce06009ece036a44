/** Addresses of feeds, maps and short links. */
import type { AnyRoute, RawRoute } from '../../platform/http/http.ts'
import * as feeds from './feeds.ts'

export const routes: AnyRoute[] = [
  file(
    '/feeds/:handle/:form',
    'What is new on a channel: `rss.xml`, `atom.xml`, or `podcast.xml` of what may be downloaded.',
    feeds.tellFeed,
  ),
  file('/sitemap.xml', 'What there is, for search engines: a file a month.', feeds.tellSitemap),
  file('/sitemaps/:month', 'The videos that were published in a month, such as `2026-11.xml`.', feeds.tellMonth),
  file('/v/:videoId', 'A short address of a video.', feeds.leadOn),
]

function file(path: string, says: string, handle: RawRoute['handle']): RawRoute {
  return { kind: 'raw', methods: ['GET', 'HEAD'], path, says, handle }
}
