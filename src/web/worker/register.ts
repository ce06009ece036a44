/** Begins the service worker once the page has nothing more urgent to do, and leaves it a page for when nothing can be reached. */
import { say } from '../words/say.ts'

const WAIT_MS = 3000
const OFFLINE_CACHE = 'vitascope-offline'
const OFFLINE_ADDRESS = '/offline'

/** Only the built site has a worker; a browser without them, or one that refuses, has the site all the same. */
export function beginWorker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const begin = () => {
    navigator.serviceWorker.register('/service-worker.js').then(leaveOfflinePage, () => undefined)
  }
  if ('requestIdleCallback' in window) requestIdleCallback(begin, { timeout: WAIT_MS })
  else setTimeout(begin, WAIT_MS)
}

async function leaveOfflinePage(): Promise<void> {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  }
  const cache = await caches.open(OFFLINE_CACHE)
  await cache.put(OFFLINE_ADDRESS, new Response(offlinePage(), { headers }))
}

const STYLE = `
  body { display: grid; place-content: center; justify-items: center; gap: 1rem; min-height: 100dvh; margin: 0; padding: 1.5rem;
    box-sizing: border-box; background: #f7f8f6; color: #10191a; font: 1rem/1.5 system-ui, sans-serif; text-align: center }
  h1 { margin: 0; font-size: 1.5rem } p { margin: 0; max-width: 30rem }
  a { padding: .7rem 1.3rem; border-radius: 99px; background: #0a6963; color: #fff; font-weight: 600; text-decoration: none }
  @media (prefers-color-scheme: dark) { body { background: #0e1214; color: #eaf0ef } a { background: #5ed3c4; color: #04211e } }`

/** It can do nothing but be read; its link asks for the same address again. */
function offlinePage(): string {
  const { lang, dir } = document.documentElement
  const words = [say('offline.title'), say('offline.hint'), say('app.retry')].map((text) =>
    text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`),
  )
  const [title, hint, retry] = words
  return `<!doctype html><html lang="${lang}" dir="${dir || 'ltr'}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style><h1>${title}</h1><p>${hint}</p><a href="">${retry}</a>`
}
