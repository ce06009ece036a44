/** The pages by address. Each page's code is fetched when it is opened; the frame around them is here from the start. */
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router'
import { NotFoundPage } from './pages/not-found.tsx'
import { TroublePage } from './pages/trouble.tsx'
import { Shell } from './parts/shell.tsx'

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Outlet,
  notFoundComponent: MissingInShell,
})

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: ShellWithOutlet })

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/home.tsx'), 'HomePage'),
})
const watch = createRoute({
  getParentRoute: () => shell,
  path: '/watch/$videoId',
  component: lazyRouteComponent(() => import('./pages/watch.tsx'), 'WatchPage'),
})
const channel = createRoute({
  getParentRoute: () => shell,
  path: '/@{$handle}',
  component: lazyRouteComponent(() => import('./pages/channel.tsx'), 'ChannelPage'),
})
const upload = createRoute({
  getParentRoute: () => shell,
  path: '/upload',
  component: lazyRouteComponent(() => import('./pages/upload.tsx'), 'UploadPage'),
})
const studio = createRoute({
  getParentRoute: () => shell,
  path: '/studio',
  validateSearch: (search: Record<string, unknown>): { edit?: string } =>
    typeof search.edit === 'string' ? { edit: search.edit } : {},
  component: lazyRouteComponent(() => import('./pages/studio.tsx'), 'StudioPage'),
})
/** Where to go after signing in: only an address of this site. */
const onward = (search: Record<string, unknown>): { to?: string } =>
  typeof search.to === 'string' && /^\/(?![/\\])/.test(search.to) ? { to: search.to } : {}
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
  component: lazyRouteComponent(() => import('./pages/embed.tsx'), 'EmbedPage'),
})

const tree = root.addChildren([shell.addChildren([home, watch, channel, upload, studio, signIn, signUp]), embed])

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    scrollRestoration: true,
    defaultPreload: 'intent',
    defaultErrorComponent: TroublePage,
    defaultNotFoundComponent: NotFoundPage,
    defaultPendingMs: 400,
  })
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
