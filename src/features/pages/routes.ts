/** Addresses of pages, and of the small files that belong to a site. */
import type { RawRoute } from '../../platform/http/http.ts'
import * as pages from './pages.ts'
import { tellAppIcon, tellIcon, tellManifest, tellRobots } from './site-files.ts'

export const routes: RawRoute[] = [
  page('/', 'Home: suggestions.', pages.showHome),
  page('/watch/:videoId', 'A video.', pages.showWatch),
  page('/embed/:videoId', 'A video for a frame on another site.', pages.showEmbed),
  page('/upload', 'Upload videos.', (app, asked) => pages.showPlain(app, asked, 'page.upload', 'upload')),
  page('/studio', 'The videos of the account.', (app, asked) =>
    pages.showPlain(app, asked, 'page.my_videos', 'studio'),
  ),
  page('/studio/*', 'Pages of the studio.', (app, asked) => pages.showPlain(app, asked, 'page.studio', 'studio')),
  page('/search', 'Search.', (app, asked) => pages.showPlain(app, asked, 'page.search', 'other')),
  page('/browse', 'Categories, languages and tags.', (app, asked) =>
    pages.showPlain(app, asked, 'page.browse', 'other'),
  ),
  page('/trending', 'What is watched more and more.', (app, asked) =>
    pages.showPlain(app, asked, 'page.trending', 'other'),
  ),
  page('/subscriptions', 'What is new on channels one follows.', (app, asked) =>
    pages.showPlain(app, asked, 'page.subscriptions', 'other'),
  ),
  page('/history', 'What the account has watched.', (app, asked) =>
    pages.showPlain(app, asked, 'page.history', 'other'),
  ),
  page('/library', 'Playlists and liked videos.', (app, asked) => pages.showPlain(app, asked, 'page.library', 'other')),
  page('/playlist/:playlistId', 'A playlist.', (app, asked) => pages.showPlain(app, asked, 'page.playlist', 'other')),
  page('/notifications', 'What is new for the account.', (app, asked) =>
    pages.showPlain(app, asked, 'page.notifications', 'other'),
  ),
  page('/sign-in', 'Sign in.', (app, asked) => pages.showPlain(app, asked, 'page.sign_in', 'other')),
  page('/sign-up', 'Create an account.', (app, asked) => pages.showPlain(app, asked, 'page.sign_up', 'other')),
  page('/settings', 'Settings of the account.', (app, asked) => pages.showPlain(app, asked, 'page.settings', 'other')),
  page('/forgotten', 'Ask for a new password.', (app, asked) => pages.showPlain(app, asked, 'page.password', 'other')),
  page('/new-password', 'Set a new password.', (app, asked) => pages.showPlain(app, asked, 'page.password', 'other')),
  page('/confirm', 'Confirm an e-mail address.', (app, asked) => pages.showPlain(app, asked, 'page.confirm', 'other')),
  page('/unsubscribe', 'End letters of one kind.', (app, asked) =>
    pages.showPlain(app, asked, 'page.unsubscribe', 'other'),
  ),
  page('/moderation', 'Moderation, for staff.', (app, asked) =>
    pages.showPlain(app, asked, 'page.moderation', 'other'),
  ),
  page('/admin', 'Administration.', (app, asked) => pages.showPlain(app, asked, 'page.administration', 'other')),
  page('/admin/*', 'Pages of the administration.', (app, asked) =>
    pages.showPlain(app, asked, 'page.administration', 'other'),
  ),
  page('/about', 'About the site, and its terms.', (app, asked) => pages.showPlain(app, asked, 'page.about', 'other')),
  page('/oembed', 'What other sites need to show a video in a frame (oEmbed 1.0).', pages.tellOembed),
  page('/robots.txt', 'What crawlers should leave alone.', tellRobots),
  page('/manifest.webmanifest', 'The site as an app on a home screen.', tellManifest),
  page('/favicon.svg', 'The icon.', tellIcon),
  page('/app-icon.svg', 'The icon on a ground of its own, for home screens.', tellAppIcon),
  page('/:at', 'A channel, by `@handle`; any other word is the page that says so.', pages.showChannel),
  page('/*', 'The page of addresses that lead nowhere.', pages.showMissing),
]

function page(path: string, says: string, handle: RawRoute['handle']): RawRoute {
  return { kind: 'raw', methods: ['GET', 'HEAD'], path, says, handle }
}
