/** What `vitascope media check` does: fetches a title with everything it names, and holds it against every rule of packaging. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { check, collect, type Fetched, type Presentation } from '../media/check.ts'

/** Where samples are protected: keys by key id, in hexadecimal digits, and the address of the same title without protection. */
export interface Protected {
  keys: Record<string, string>
  clear: string
}

/** Prints the findings; 1 when there is one that must be mended. */
export async function checkAddress(address: string, json: boolean, hidden?: Protected): Promise<number> {
  const found = await collectTitle(address)
  const clear = hidden && (await collectTitle(hidden.clear))
  const findings = check({ ...found, ...(hidden && clear ? { keys: hidden.keys, clear } : {}) })
  if (json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`)
  else {
    for (const { id, level, message, url: where } of findings)
      process.stdout.write(`${id} ${level}  ${message}${where ? `  ${where}` : ''}\n`)
    const count = (level: string) => findings.filter((it) => it.level === level).length
    process.stdout.write(`${found.files.size} files: ${count('M')} must, ${count('S')} should, ${count('N')} notes\n`)
  }
  return findings.some(({ level }) => level === 'M') ? 1 : 0
}

/** A title with everything it names, from the address or path of its playlist or manifest; main.mpd beside main.m3u8 comes along. */
export async function collectTitle(address: string): Promise<Presentation> {
  const http = /^https?:\/\//.test(address)
  const url = http ? address : pathToFileURL(address).href
  const isDash = /\.mpd(\?|$)/.test(url)
  const get = http ? fetchOne : readOne
  const beside = url.replace(/main\.m3u8(?=\?|$)/, 'main.mpd')
  const dash = isDash ? url : beside !== url && (await get(beside)).status === 200 ? beside : undefined
  return collect({ ...(isDash ? {} : { hls: url }), ...(dash ? { dash } : {}) }, get, http)
}

/** Reads `KID:KEY[,KID:KEY...]`, each of 32 hexadecimal digits, with or without the hyphens of a UUID; undefined for anything else. */
export function readKeys(text: string): Record<string, string> | undefined {
  const pairs = text.toLowerCase().replaceAll('-', '').split(',')
  const found = pairs.map((pair) => /^([0-9a-f]{32}):([0-9a-f]{32})$/.exec(pair))
  return found.every((it) => it !== null) ? Object.fromEntries(found.map(([, kid, key]) => [kid!, key!])) : undefined
}

/** Fetches one address; what cannot be reached has status 0. */
export async function fetchOne(url: string): Promise<Fetched> {
  try {
    const answer = await fetch(url, { headers: { 'accept-encoding': 'gzip' }, signal: AbortSignal.timeout(60_000) })
    const encoding = answer.headers.get('content-encoding')
    const unmade = answer.headers.get('vitascope-unmade')
    return {
      url,
      status: answer.status,
      type: (answer.headers.get('content-type') ?? '').split(';')[0]!.trim(),
      ...(encoding === null ? {} : { encoding }),
      redirected: answer.redirected,
      ...(unmade === null ? {} : { unmade: unmade.split(/[\s,]+/).filter(Boolean) }),
      bytes: new Uint8Array(await answer.arrayBuffer()),
    }
  } catch {
    return { url, status: 0, type: '', redirected: false, bytes: new Uint8Array() }
  }
}

/** Reads one file by its address; what is not there has status 404. */
export async function readOne(url: string): Promise<Fetched> {
  const bytes = await readFile(fileURLToPath(url)).catch(() => undefined)
  return { url, status: bytes ? 200 : 404, type: '', redirected: false, bytes: bytes ?? new Uint8Array() }
}
