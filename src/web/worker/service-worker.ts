/**
 * The service worker: shows what is pushed, leads to it, and has a page for when there is no connection. It keeps no part of
 * the app, so that nobody is ever shown an old one: files with a hash in their names are kept by the browser's own cache.
 */
import type { PushMessage } from '../../contract/notifications.ts'

/** Where the pages leave it (see register.ts). Nothing is imported, so that the worker stays one plain script. */
const OFFLINE_ADDRESS = '/offline'

/** What is used here of the worker's scope; TypeScript has it in a library that excludes the pages' own. */
interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Fetching extends Lasting {
  request: Request
  preloadResponse: Promise<Response | undefined>
  respondWith(answer: Promise<Response>): void
}
interface Pushed extends Lasting {
  data: { json(): unknown } | null
}
interface Clicked extends Lasting {
  notification: Notification
}
interface Window {
  url: string
  focus(): Promise<unknown>
  navigate(address: string): Promise<unknown>
}
interface Scope {
  skipWaiting(): Promise<void>
  clients: {
    claim(): Promise<void>
    matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<Window[]>
    openWindow(address: string): Promise<unknown>
  }
  registration: {
    navigationPreload?: { enable(): Promise<void> }
    showNotification(title: string, options: NotificationOptions): Promise<void>
  }
  location: { origin: string }
  addEventListener(type: 'install' | 'activate', hear: (event: Lasting) => void): void
  addEventListener(type: 'fetch', hear: (event: Fetching) => void): void
  addEventListener(type: 'push', hear: (event: Pushed) => void): void
  addEventListener(type: 'notificationclick', hear: (event: Clicked) => void): void
}
const scope = self as unknown as Scope

scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()))

scope.addEventListener('activate', (event) => {
  // Pages are asked for while the worker is still starting, so that it costs them nothing.
  event.waitUntil(Promise.all([scope.registration.navigationPreload?.enable(), scope.clients.claim()]))
})

scope.addEventListener('fetch', (event) => {
  if (event.request.mode !== 'navigate') return
  event.respondWith(pageOrOffline(event))
})

/** The page from the network; without one, what the pages have left here in the reader's language. */
async function pageOrOffline(event: Fetching): Promise<Response> {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request))
  } catch (thrown) {
    const kept = await caches.match(OFFLINE_ADDRESS)
    if (kept) return kept
    throw thrown
  }
}

scope.addEventListener('push', (event) => {
  const message = readPush(event.data)
  // A browser that is pushed to must show something each time, or the push is taken from it.
  event.waitUntil(
    scope.registration.showNotification(message.title, {
      body: message.text ?? '',
      tag: message.tag,
      icon: '/app-icon.svg',
      badge: '/favicon.svg',
      data: message.path,
    }),
  )
})

function readPush(data: Pushed['data']): PushMessage {
  const said = data?.json() as PushMessage | undefined
  if (typeof said?.title === 'string') return said
  return { kind: 'moderation', title: 'Vitascope', path: '/notifications', tag: 'vitascope' }
}

scope.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(goTo(String(event.notification.data ?? '/notifications')))
})

/** Brings a window of the site to the place, or opens one; never an address of another site. */
async function goTo(path: string): Promise<void> {
  const wanted = new URL(path, scope.location.origin)
  const address = wanted.origin === scope.location.origin ? wanted.href : `${scope.location.origin}/notifications`
  const windows = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const there = windows.find((it) => it.url === address)
  if (there) await there.focus()
  else await scope.clients.openWindow(address)
}
