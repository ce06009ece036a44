/**
 * The pages by address. What everybody looks at is here from the start: it is small, and a further request would cost
 * more than its bytes. The others are fetched when they are opened; to those that are often opened from outside the server adds what the
 * browser fetches at once.
 */
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router'
import { EmbedPage } from './pages/embed.tsx'
import { HomePage } from './pages/home.tsx'
import { NotFoundPage } from './pages/not-found.tsx'
import { TroublePage } from './pages/trouble.tsx'
import { WatchPage } from './pages/watch.tsx'
import { notePage } from './parts/origins.ts'
import { readAddress } from './parts/search-address.ts'
import { Shell } from './parts/shell.tsx'

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Outlet,
  notFoundComponent: MissingInShell,
})

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: ShellWithOutlet })

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: HomePage,
})
const watch = createRoute({
  getParentRoute: () => shell,
  path: '/watch/$videoId',
  component: WatchPage,
})
const channel = createRoute({
  getParentRoute: () => shell,
  path: '/@{$handle}',
  validateSearch: (search: Record<string, unknown>): { tab?: 'playlists' | 'about' } =>
    search.tab === 'playlists' || search.tab === 'about' ? { tab: search.tab } : {},
  component: lazyRouteComponent(() => import('./pages/channel.tsx'), 'ChannelPage'),
})
const upload = createRoute({
  getParentRoute: () => shell,
  path: '/upload',
  component: lazyRouteComponent(() => import('./pages/upload.tsx'), 'UploadPage'),
})
const search = createRoute({
  getParentRoute: () => shell,
  path: '/search',
  validateSearch: readAddress,
  component: lazyRouteComponent(() => import('./pages/search.tsx'), 'SearchPage'),
})
const browse = createRoute({
  getParentRoute: () => shell,
  path: '/browse',
  component: lazyRouteComponent(() => import('./pages/browse.tsx'), 'BrowsePage'),
})
const trending = createRoute({
  getParentRoute: () => shell,
  path: '/trending',
  validateSearch: (search: Record<string, unknown>): { category?: string } => {
    const { category } = readAddress(search)
    return category === undefined ? {} : { category }
  },
  component: lazyRouteComponent(() => import('./pages/trending.tsx'), 'TrendingPage'),
})
const studio = createRoute({
  getParentRoute: () => shell,
  path: '/studio',
  validateSearch: (search: Record<string, unknown>): { channel?: string } =>
    typeof search.channel === 'string' ? { channel: search.channel } : {},
  component: lazyRouteComponent(() => import('./pages/studio.tsx'), 'StudioPage'),
})
const studioVideo = createRoute({
  getParentRoute: () => shell,
  path: '/studio/video/$videoId',
  component: lazyRouteComponent(() => import('./pages/studio-video.tsx'), 'StudioVideoPage'),
})
const studioComments = createRoute({
  getParentRoute: () => shell,
  path: '/studio/comments',
  component: lazyRouteComponent(() => import('./pages/studio-comments.tsx'), 'StudioCommentsPage'),
})
const studioChannels = createRoute({
  getParentRoute: () => shell,
  path: '/studio/channels',
  component: lazyRouteComponent(() => import('./pages/studio-channels.tsx'), 'StudioChannelsPage'),
})
const studioChannel = createRoute({
  getParentRoute: () => shell,
  path: '/studio/channel/$handle',
  component: lazyRouteComponent(() => import('./pages/studio-channel.tsx'), 'StudioChannelPage'),
})
const studioAnalytics = createRoute({
  getParentRoute: () => shell,
  path: '/studio/analytics',
  validateSearch: (search: Record<string, unknown>): { video?: string } =>
    typeof search.video === 'string' ? { video: search.video } : {},
  component: lazyRouteComponent(() => import('./pages/studio-analytics.tsx'), 'StudioAnalyticsPage'),
})
const adminRecommendations = createRoute({
  getParentRoute: () => shell,
  path: '/admin/recommendations',
  component: lazyRouteComponent(() => import('./pages/admin-recommendations.tsx'), 'AdminRecommendationsPage'),
})
const adminAnalytics = createRoute({
  getParentRoute: () => shell,
  path: '/admin/analytics',
  component: lazyRouteComponent(() => import('./pages/admin-analytics.tsx'), 'AdminAnalyticsPage'),
})
const subscriptions = createRoute({
  getParentRoute: () => shell,
  path: '/subscriptions',
  component: lazyRouteComponent(() => import('./pages/subscriptions.tsx'), 'SubscriptionsPage'),
})
const history = createRoute({
  getParentRoute: () => shell,
  path: '/history',
  component: lazyRouteComponent(() => import('./pages/history.tsx'), 'HistoryPage'),
})
const library = createRoute({
  getParentRoute: () => shell,
  path: '/library',
  component: lazyRouteComponent(() => import('./pages/library.tsx'), 'LibraryPage'),
})
const playlist = createRoute({
  getParentRoute: () => shell,
  path: '/playlist/$playlistId',
  component: lazyRouteComponent(() => import('./pages/playlist.tsx'), 'PlaylistPage'),
})
const notifications = createRoute({
  getParentRoute: () => shell,
  path: '/notifications',
  component: lazyRouteComponent(() => import('./pages/notifications.tsx'), 'NotificationsPage'),
})
const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  validateSearch: partOf('people', 'suggestions', 'notifications', 'programs', 'data'),
  component: lazyRouteComponent(() => import('./pages/settings.tsx'), 'SettingsPage'),
})
const forgotten = createRoute({
  getParentRoute: () => shell,
  path: '/forgotten',
  component: lazyRouteComponent(() => import('./pages/letters.tsx'), 'ForgottenPage'),
})
const newPassword = createRoute({
  getParentRoute: () => shell,
  path: '/new-password',
  component: lazyRouteComponent(() => import('./pages/letters.tsx'), 'NewPasswordPage'),
})
const confirm = createRoute({
  getParentRoute: () => shell,
  path: '/confirm',
  component: lazyRouteComponent(() => import('./pages/letters.tsx'), 'ConfirmPage'),
})
const unsubscribe = createRoute({
  getParentRoute: () => shell,
  path: '/unsubscribe',
  component: lazyRouteComponent(() => import('./pages/letters.tsx'), 'UnsubscribePage'),
})
const moderation = createRoute({
  getParentRoute: () => shell,
  path: '/moderation',
  validateSearch: partOf('handled', 'review', 'sign-ups', 'words'),
  component: lazyRouteComponent(() => import('./pages/moderation.tsx'), 'ModerationPage'),
})
const administration = createRoute({
  getParentRoute: () => shell,
  path: '/admin',
  component: lazyRouteComponent(() => import('./pages/administration.tsx'), 'AdministrationPage'),
})
const administrationPart = createRoute({
  getParentRoute: () => shell,
  path: '/admin/$part',
  component: lazyRouteComponent(() => import('./pages/administration.tsx'), 'AdministrationPage'),
})
const about = createRoute({
  getParentRoute: () => shell,
  path: '/about',
  component: lazyRouteComponent(() => import('./pages/about.tsx'), 'AboutPage'),
})
/** Where to go after signing in: only an address of this site. */
const onward = (search: Record<string, unknown>): { to?: string; refused?: string } => ({
  ...(typeof search.to === 'string' && /^\/(?![/\\])/.test(search.to) ? { to: search.to } : {}),
  // What signing in elsewhere was refused with: a code, nothing that is shown as it is.
  ...(typeof search.refused === 'string' && /^[a-z_]{1,40}$/.test(search.refused) ? { refused: search.refused } : {}),
})
const signIn = createRoute({
  getParentRoute: () => shell,
  path: '/sign-in',
  validateSearch: onward,
  component: lazyRouteComponent(() => import('./pages/sign-in.tsx'), 'SignInPage'),
})
const signUp = createRoute({
  getParentRoute: () => shell,
  path: '/sign-up',
  validateSearch: onward,
  component: lazyRouteComponent(() => import('./pages/sign-up.tsx'), 'SignUpPage'),
})
const embed = createRoute({
  getParentRoute: () => root,
  path: '/embed/$videoId',
  component: EmbedPage,
})

/** Which part of a page is shown: one of these words, and without any the first part. */
function partOf<Part extends string>(...parts: readonly Part[]) {
  return (search: Record<string, unknown>): { part?: Part } => {
    const part = parts.find((it) => it === search.part)
    return part === undefined ? {} : { part }
  }
}

const tree = root.addChildren([
  shell.addChildren([
    home,
    watch,
    channel,
    search,
    browse,
    trending,
    upload,
    studio,
    studioVideo,
    studioComments,
    studioChannels,
    studioChannel,
    studioAnalytics,
    adminAnalytics,
    adminRecommendations,
    signIn,
    signUp,
    subscriptions,
    history,
    library,
    playlist,
    notifications,
    settings,
    forgotten,
    newPassword,
    confirm,
    unsubscribe,
    moderation,
    administration,
    administrationPart,
    about,
  ]),
  embed,
])

export function makeRouter(queries: QueryClient) {
  const router = createRouter({
    routeTree: tree,
    context: { queries },
    scrollRestoration: true,
    defaultPreload: 'intent',
    defaultErrorComponent: TroublePage,
    defaultNotFoundComponent: NotFoundPage,
    defaultPendingMs: 400,
  })
  // Before the page is there, for what it shows may tell where it was come from.
  router.subscribe('onBeforeLoad', ({ toLocation }) => notePage(toLocation.href))
  return router
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}

function ShellWithOutlet() {
  return (
    <Shell>
      <Outlet />
    </Shell>
  )
}

function MissingInShell() {
  return (
    <Shell>
      <NotFoundPage />
    </Shell>
  )
}
