/** The small files a site has at its root: for crawlers, for home screens, and its icon. */
import type { App } from '../../platform/app.ts'
import type { RawAnswer, RawAsked } from '../../platform/http/http.ts'
import { siteHead } from '../site/site.ts'

const DAY = 'public, max-age=86400'

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>path{stroke:#0a6963}circle{fill:#f0a31f}@media(prefers-color-scheme:dark){path{stroke:#5ed3c4}circle{fill:#f6b645}}</style><path d="M4.8 9 16 26.5 27.2 9" fill="none" stroke-width="5.6" stroke-linecap="round" stroke-linejoin="round"/><circle cx="16" cy="8" r="4.2"/></svg>`

/** The mark on a ground of its own with room around it, for shapes that home screens cut (maskable: the inner 80 %). */
const APP_ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><path fill="#0e1214" d="M0 0h512v512H0z"/><g transform="translate(116 128) scale(8.75)"><path d="M4.8 9 16 26.5 27.2 9" fill="none" stroke="#5ed3c4" stroke-width="5.6" stroke-linecap="round" stroke-linejoin="round"/><circle cx="16" cy="8" r="4.2" fill="#f6b645"/></g></svg>`

export async function tellRobots(_app: unknown, asked: RawAsked): Promise<RawAnswer> {
  const lines = ['User-agent: *', 'Disallow: /api/', 'Disallow: /t/', 'Disallow: /studio', 'Disallow: /upload']
  return text(`${lines.join('\n')}\n\nSitemap: ${asked.origin}/sitemap.xml\n`, 'text/plain; charset=utf-8')
}

/** Named as the site is; the shortcuts are what one would open from a home screen (W3C Web Application Manifest). */
export async function tellManifest(app: App): Promise<RawAnswer> {
  const { name } = await siteHead(app)
  const manifest = {
    id: '/',
    name,
    short_name: name.slice(0, 12),
    start_url: '/',
    scope: '/',
    display: 'standalone',
    orientation: 'any',
    background_color: '#0e1214',
    theme_color: '#0e1214',
    icons: [
      { src: '/favicon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
      { src: '/app-icon.svg', sizes: '192x192 512x512 any', type: 'image/svg+xml', purpose: 'any maskable' },
    ],
    shortcuts: [
      { name: 'Subscriptions', url: '/subscriptions' },
      { name: 'Upload', url: '/upload' },
      { name: 'History', url: '/history' },
    ],
  }
  return text(JSON.stringify(manifest), 'application/manifest+json; charset=utf-8')
}

export async function tellIcon(): Promise<RawAnswer> {
  return text(ICON, 'image/svg+xml')
}

export async function tellAppIcon(): Promise<RawAnswer> {
  return text(APP_ICON, 'image/svg+xml')
}

function text(body: string, type: string): RawAnswer {
  return { status: 200, headers: { 'content-type': type, 'cache-control': DAY }, body, compress: true }
}
