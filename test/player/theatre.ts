/**
 * A stage for the player alone: the element as it is built for pages, a stream, a server that can be told to make
 * trouble, and a browser to look from.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import type { Beacon, Playback } from '../../src/contract/watch.ts'
import { leanHls } from '../../src/player/lean-hls.ts'
import { makeStream, readPlaylists, STREAM_SECONDS } from './stream.ts'

export interface Trouble {
  status: number
  headers?: Record<string, string>
}

export interface Theatre extends AsyncDisposable {
  browser: Browser
  address: string
  playback: Playback
  /** Paths of the requests so far, in order. */
  asked: string[]
  beacons: Beacon[]
  /** Asked for every file of the stream; an answer takes the file's place. */
  trouble: (path: string) => Trouble | undefined
  /** What the server answers to a request for a new playback; undefined: the video is gone. */
  renewed: Playback | undefined
  /** A page with a player of the given attributes in it, which has been given the playback. */
  open(attributes?: Record<string, string>, options?: OpenOptions): Promise<Page>
  /** The same in a page that is open already, so that it shares what the browser keeps. */
  show(page: Page, attributes?: Record<string, string>, options?: OpenOptions): Promise<void>
  /** What axe finds against WCAG 2.2 A and AA in the player. */
  checkAccess(page: Page): Promise<string[]>
  /** Forgets requests, beacons and trouble. */
  reset(): void
}

export interface OpenOptions {
  playback?: Partial<Playback>
  width?: number
  height?: number
  touch?: boolean
  dark?: boolean
  language?: string
  /** HTML inside the element. */
  inside?: string
}

const FLAGS = [
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking',
  '--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required',
].flatMap((line) => line.split(' '))

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4s': 'video/iso.segment',
  '.mp4': 'video/mp4',
  '.vtt': 'text/vtt',
}

const PAGE =
  '<!doctype html><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><body></body>'

const CAPTIONS = 'WEBVTT\n\n00:00.000 --> 00:20.000\nA lamp is lit\nand the <i>reel</i> begins to turn.\n'

export async function openTheatre(): Promise<Theatre> {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-player-'))
  await Promise.all([makeStream(join(folder, 'stream')), buildPlayer(join(folder, 'player'))])

  let stages = 0
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://player.test').pathname)
    theatre.asked.push(path)
    const answer = (status: number, type: string, body: string | Buffer = '', headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': type, ...headers }).end(body)
    if (path === '/page') return answer(200, 'text/html', PAGE)
    if (path === '/captions.vtt') return answer(200, 'text/vtt', CAPTIONS)
    if (path === '/api/beacons') {
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(piece)
      // What a page of an earlier test says while it is being closed may come late.
      if (request.headers.referer === `${address}/page?stage=${stages}`)
        theatre.beacons.push(JSON.parse(Buffer.concat(pieces).toString()))
      return response.writeHead(204).end()
    }
    if (path.startsWith('/api/videos/')) {
      if (theatre.renewed) return answer(200, 'application/json', JSON.stringify(theatre.renewed))
      const problem = { code: 'video_not_found', title: 'This video does not exist, or you may not see it.' }
      return answer(404, 'application/problem+json', JSON.stringify(problem))
    }
    const trouble = path.startsWith('/player/') ? undefined : theatre.trouble(path)
    if (trouble) return answer(trouble.status, 'text/plain', '', trouble.headers)
    // A second address of the same stream, as a renewed grant has one.
    const file = await readFile(join(folder, path.replace('/again/', '/stream/'))).catch(() => undefined)
    if (!file) return answer(404, 'text/plain')
    answer(200, TYPES[extname(path)] ?? 'application/octet-stream', file, { 'cache-control': 'no-store' })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS })

  const playback: Playback = {
    videoId: 'abcdefgh1234',
    title: 'How a lamp becomes a picture',
    durationMs: STREAM_SECONDS * 1000,
    width: 1280,
    height: 720,
    hls: '/stream/main.m3u8',
    dash: '/stream/main.mpd',
    captions: [],
    chapters: [],
    token: 'a-token',
    resumeMs: 0,
    playlists: await readPlaylists(join(folder, 'stream')),
    preload: [],
  }
  const theatre: Theatre = {
    browser,
    address,
    playback,
    asked: [],
    beacons: [],
    trouble: () => undefined,
    renewed: undefined,
    async open(attributes = {}, options = {}) {
      const { width = 1280, height = 800, touch = false, dark = false } = options
      const context = await browser.newContext({
        viewport: { width, height },
        hasTouch: touch,
        isMobile: touch,
        colorScheme: dark ? 'dark' : 'light',
      })
      const page = await context.newPage()
      await theatre.show(page, attributes, options)
      return page
    },
    async show(page, attributes = {}, options = {}) {
      const { dark = false, language = 'en', inside = '' } = options
      page.on('pageerror', (error) => console.error('in the page:', error))
      await page.goto(`${address}/page?stage=${++stages}`)
      await page.evaluate(stage, { attributes, inside, dark, language, playback: { ...playback, ...options.playback } })
      await page.addScriptTag({ url: '/player/player.js', type: 'module' })
    },
    async checkAccess(page) {
      await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
      return page.evaluate(async () => {
        const { axe } = window as unknown as { axe: { run(context: string, options: object): Promise<AxeResults> } }
        const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
        const { violations } = await axe.run('vitascope-player', { runOnly })
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
      })
    },
    reset() {
      // Before the next page is opened the last one is still the stage's: what it says late would be taken for the next one's.
      stages++
      theatre.asked = []
      theatre.beacons = []
      theatre.trouble = () => undefined
      theatre.renewed = undefined
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
  return theatre
}

interface AxeResults {
  violations: { id: string; nodes: { html: string }[] }[]
}

interface Scene {
  attributes: Record<string, string>
  inside: string
  dark: boolean
  language: string
  playback: Playback
}

/** Runs in the page: puts the player into it. */
function stage({ attributes, inside, dark, language, playback }: Scene): void {
  document.documentElement.lang = language
  document.body.style.cssText = `margin:0;padding:max(0px, min(2.5vw, 2rem));background:${dark ? '#0e1214' : '#f7f8f6'}`
  const player = document.createElement('vitascope-player') as HTMLElement & { playback?: Playback }
  for (const [name, value] of Object.entries(attributes)) player.setAttribute(name, value)
  player.innerHTML = inside
  player.style.setProperty('--player-radius', innerWidth < 700 ? '0' : '14px')
  player.style.maxWidth = '1080px'
  player.style.margin = '0 auto'
  // Before the class is known, as a page that was rendered by the server does it.
  player.playback = playback
  document.body.append(player)
}

/** Builds the element the way the pages are built. */
async function buildPlayer(outDir: string): Promise<void> {
  const root = join(import.meta.dirname, '../../src/player')
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    plugins: [leanHls()],
    build: {
      outDir,
      emptyOutDir: true,
      minify: false,
      lib: { entry: join(root, 'player.ts'), formats: ['es'], fileName: () => 'player.js' },
    },
  })
}
