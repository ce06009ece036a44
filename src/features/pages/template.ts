/** The built page and the list of what was built: read from beside the program, once for every build. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LANGUAGES, type LanguageCode } from '../../contract/languages.ts'
import { escapeHtml, escapeJson, type Head, rootAttributes } from './rules.ts'

const WEB_FOLDER = join(import.meta.dirname, '../../../dist/web')
/** Sources as the manifest names them: relative to the root of the web. */
const PLAYER = '../player/player.ts'
/** What the player itself loads when it begins: its streaming engine. */
const ENGINE = '../player/hls-engine.ts'
const pageSources = {
  home: [],
  watch: [PLAYER, ENGINE],
  // An embed is one of many on somebody's page, and loads nothing more before it is asked to play.
  embed: [PLAYER],
  channel: ['pages/channel.tsx'],
  upload: ['pages/upload.tsx'],
  studio: ['pages/studio.tsx'],
  other: [],
} as const
export type PageKind = keyof typeof pageSources

interface Built {
  html: string
  /** Markup that lets the browser fetch a page's code while it still reads the page. */
  preloads: Record<PageKind, string[]>
  /** The same for the texts of a language. */
  words: Record<LanguageCode, Record<'page' | 'player', string[]>>
}

interface Chunk {
  file: string
  imports?: string[]
  isEntry?: boolean
}

let kept: { builtAtMs: number; built: Promise<Built | undefined> } | undefined

/** The build as it is now; undefined where there is none, as in a checkout that serves the API only. */
export async function readBuilt(folder = WEB_FOLDER): Promise<Built | undefined> {
  const facts = await stat(join(folder, 'index.html')).catch(() => undefined)
  if (!facts) return undefined
  // A new build names new files, so a page of the old one must not be sent any more.
  if (kept?.builtAtMs !== facts.mtimeMs) kept = { builtAtMs: facts.mtimeMs, built: read(folder) }
  return kept.built
}

async function read(folder: string): Promise<Built | undefined> {
  try {
    const [html, manifest] = await Promise.all([
      readFile(join(folder, 'index.html'), 'utf8'),
      readFile(join(folder, '.vite/manifest.json'), 'utf8'),
    ])
    const chunks = JSON.parse(manifest) as Record<string, Chunk>
    const kinds = Object.keys(pageSources) as PageKind[]
    const preloads = Object.fromEntries(kinds.map((kind) => [kind, modulePreloads(chunks, pageSources[kind], html)]))
    const languages = Object.keys(LANGUAGES) as LanguageCode[]
    const words = Object.fromEntries(
      languages.map((it) => [
        it,
        {
          page: modulePreloads(chunks, [`words/${it}.ts`], html),
          player: modulePreloads(chunks, [`../player/words-${it}.ts`], html),
        },
      ]),
    )
    return { html, preloads: preloads as Built['preloads'], words: words as Built['words'] }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}

/** A page's chunks and all they import. */
function modulePreloads(chunks: Record<string, Chunk>, sources: readonly string[], html: string): string[] {
  const files = new Set<string>()
  const visit = (name: string) => {
    const chunk = chunks[name]
    if (!chunk || chunk.isEntry || files.has(chunk.file)) return
    files.add(chunk.file)
    for (const next of chunk.imports ?? []) visit(next)
  }
  for (const source of sources) visit(source)
  return [...files].filter((file) => !html.includes(file)).map((file) => `<link rel="modulepreload" href="/${file}" />`)
}

export interface Filling {
  kind: PageKind
  head: Head
  /** What the page would otherwise have to ask for. */
  boot: object
  /** Addresses of media that the player fetches first. */
  media: readonly string[]
  language: LanguageCode
  cookies: string | undefined
}

/** The finished page. The media come before the code: they take longer, and the browser starts both at once. */
export function fill(page: Built, filling: Filling): string {
  const head = [
    ...filling.media.map((address) => `<link rel="preload" as="fetch" crossorigin href="${escapeHtml(address)}" />`),
    ...page.words[filling.language].page,
    ...(pageSources[filling.kind].some((it) => it === PLAYER) ? page.words[filling.language].player : []),
    ...page.preloads[filling.kind],
    ...filling.head.tags,
  ].join('\n    ')
  const boot = `<script type="application/json" id="boot">${escapeJson(filling.boot)}</script>`
  // Replaced by functions, since `$&` in a title would mean something in a replacement text.
  return page.html
    .replace('lang="en"', () => rootAttributes(filling.language, filling.cookies))
    .replace(/<title>[^<]*<\/title>/, () => `<title>${escapeHtml(filling.head.title)}</title>`)
    .replace('<!--head-->', () => head)
    .replace('<!--boot-->', () => boot)
}
