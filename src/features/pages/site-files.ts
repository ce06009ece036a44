/** The small files a site has at its root: for crawlers, for home screens, and its icon. */
import type { RawAnswer, RawAsked } from '../../platform/http/http.ts'

const DAY = 'public, max-age=86400'

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>path{stroke:#0a6963}circle{fill:#f0a31f}@media(prefers-color-scheme:dark){path{stroke:#5ed3c4}circle{fill:#f6b645}}</style><path d="M4.8 9 16 26.5 27.2 9" fill="none" stroke-width="5.6" stroke-linecap="round" stroke-linejoin="round"/><circle cx="16" cy="8" r="4.2"/></svg>`

export async function tellRobots(_app: unknown, asked: RawAsked): Promise<RawAnswer> {
  const lines = ['User-agent: *', 'Disallow: /api/', 'Disallow: /t/', 'Disallow: /studio', 'Disallow: /upload']
  return text(`${lines.join('\n')}\n\nSitemap: ${asked.origin}/sitemap.xml\n`, 'text/plain; charset=utf-8')
}

export async function tellManifest(): Promise<RawAnswer> {
  const manifest = {
    name: 'Vitascope',
    short_name: 'Vitascope',
    start_url: '/',
    display: 'standalone',
    background_color: '#0e1214',
    theme_color: '#0e1214',
    icons: [{ src: '/favicon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
  }
  return text(JSON.stringify(manifest), 'application/manifest+json; charset=utf-8')
}

export async function tellIcon(): Promise<RawAnswer> {
  return text(ICON, 'image/svg+xml')
}

function text(body: string, type: string): RawAnswer {
  return { status: 200, headers: { 'content-type': type, 'cache-control': DAY }, body, compress: true }
}
