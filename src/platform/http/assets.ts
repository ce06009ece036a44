/** The built web: files of `assets/`, whose names hold a hash of their content, and the few that lie beside it. */
import { createReadStream, readdirSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { refuse } from '../../contract/refusals.ts'
import { MIB } from '../../kit/bytes.ts'
import { Lru } from '../../kit/lru.ts'
import { chosenEncoding } from './answers.ts'
import type { RawAnswer, RawAsked, RawRoute } from './http.ts'

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}
const PACKED_TYPES = /^(text|application|image\/svg)/
const IMMUTABLE = 'public, max-age=31536000, immutable'
const HOUR = 'public, max-age=3600'
/** Larger files are streamed as they are. */
const HELD_FILE_BYTES = 4 * MIB

interface Held {
  bytes: Buffer
  etag: string
}

/** Routes for the web folder; none when there is no such folder (a server of the API alone). */
export function assetRoutes(webFolder: string | undefined): RawRoute[] {
  if (webFolder === undefined) return []
  const held = new Lru<Held>(64 * MIB, () => Date.now())
  const route = (path: string, says: string, handle: RawRoute['handle']): RawRoute => {
    return { kind: 'raw', methods: ['GET', 'HEAD'], path, says, anonymous: true, handle }
  }
  return [
    route('/assets/*', 'Files of the built web.', (_app, asked) =>
      serveFile(held, webFolder, `assets/${asked.params['*']}`, asked, IMMUTABLE),
    ),
    ...filesBeside(webFolder).map((name) =>
      route(`/${name}`, 'A file of the built web.', (_app, asked) => serveFile(held, webFolder, name, asked, HOUR)),
    ),
  ]
}

function filesBeside(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries
      .filter((it) => it.isFile() && /^[\w-][\w.-]*$/.test(it.name) && extname(it.name) !== '.html')
      .map((it) => it.name)
  } catch {
    return []
  }
}

async function serveFile(
  held: Lru<Held>,
  folder: string,
  name: string,
  asked: RawAsked,
  cacheControl: string,
): Promise<RawAnswer> {
  // Words of plain letters only, none beginning with a dot: no way out of the folder can be spelled with these.
  if (!/^[\w-][\w.-]*(\/[\w-][\w.-]*){0,5}$/.test(name)) refuse('not_found')
  const path = join(folder, name)
  const facts = await stat(path).catch(() => undefined)
  if (!facts?.isFile()) refuse('not_found')
  const type = TYPES[extname(name)] ?? 'application/octet-stream'
  const encoding =
    PACKED_TYPES.test(type) && facts.size >= 1024 ? chosenEncoding(asked.headers['accept-encoding']) : undefined
  const etag = `"${facts.size.toString(36)}-${Math.round(facts.mtimeMs).toString(36)}${encoding ? `-${encoding}` : ''}"`
  const headers: Record<string, string> = {
    'content-type': type,
    'cache-control': cacheControl,
    etag,
    vary: 'Accept-Encoding',
  }
  if (asked.headers['if-none-match']?.split(',').some((it) => it.trim().replace(/^W\//, '') === etag))
    return { status: 304, headers }
  if (facts.size > HELD_FILE_BYTES) {
    return { status: 200, headers: { ...headers, 'content-length': String(facts.size) }, body: createReadStream(path) }
  }
  const key = `${name} ${etag}`
  const bytes = held.get(key)?.bytes ?? (await readPacked(path, encoding))
  held.set(key, { bytes, etag }, { size: bytes.byteLength })
  if (encoding) headers['content-encoding'] = encoding
  return { status: 200, headers, body: bytes }
}

/** As the build has packed it, or else packed now and kept. */
async function readPacked(path: string, encoding: 'br' | 'gzip' | undefined): Promise<Buffer> {
  if (encoding === undefined) return readFile(path)
  const packed = await readFile(`${path}.${encoding === 'br' ? 'br' : 'gz'}`).catch(() => undefined)
  return packed ?? pack(await readFile(path), encoding)
}

/** Packed once and kept, so the best ratio is worth its time. */
async function pack(bytes: Buffer, encoding: 'br' | 'gzip' | undefined): Promise<Buffer> {
  if (encoding === 'br') return promisify(brotliCompress)(bytes)
  return encoding === 'gzip' ? promisify(gzip)(bytes) : bytes
}
