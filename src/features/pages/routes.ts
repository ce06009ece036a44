/** Addresses of pages, and of the small files that belong to a site. */
import type { RawRoute } from '../../platform/http/http.ts'
import * as pages from './pages.ts'
import { tellIcon, tellManifest, tellRobots } from './site-files.ts'

export const routes: RawRoute[] = [
  page('/', 'Home: the newest videos.', pages.showHome),
  page('/watch/:videoId', 'A video.', pages.showWatch),
  page('/embed/:videoId', 'A video for a frame on another site.', pages.showEmbed),
  page('/upload', 'Upload videos.', (app, asked) => pages.showPlain(app, asked, 'Upload', 'upload')),
  page('/studio', 'The videos of the account.', (app, asked) => pages.showPlain(app, asked, 'My videos', 'studio')),
  page('/sign-in', 'Sign in.', (app, asked) => pages.showPlain(app, asked, 'Sign in', 'other')),
  page('/sign-up', 'Create an account.', (app, asked) => pages.showPlain(app, asked, 'Create account', 'other')),
  page('/oembed', 'What other sites need to show a video in a frame (oEmbed 1.0).', pages.tellOembed),
  page('/robots.txt', 'What crawlers should leave alone.', tellRobots),
  page('/manifest.webmanifest', 'The site as an app on a home screen.', tellManifest),
  page('/favicon.svg', 'The icon.', tellIcon),
  page('/:at', 'A channel, by `@handle`; any other word is the page that says so.', pages.showChannel),
  page('/*', 'The page of addresses that lead nowhere.', pages.showMissing),
]

function page(path: string, says: string, handle: RawRoute['handle']): RawRoute {
  return { kind: 'raw', methods: ['GET', 'HEAD'], path, says, handle }
}
