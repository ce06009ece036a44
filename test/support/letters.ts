/** The letters that a house has sent: they lie as files in its data folder. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { House } from './house.ts'

export interface ReadLetter {
  to: string
  subject: string
  text: string
  /** As they came, unfolded, a line each with a line feed before and after. */
  headers: string
}

/** Sends what waits, and reads every letter, oldest first. */
export async function lettersOf(house: House): Promise<ReadLetter[]> {
  await house.runJobs()
  const folder = join(house.folder, 'mail')
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml')).sort()
  return Promise.all(names.map(async (name) => readLetter(await readFile(join(folder, name), 'utf8'))))
}

/** The key in the last letter to this address; undefined without one. */
export async function keyFor(house: House, email: string): Promise<string | undefined> {
  const mine = (await lettersOf(house)).filter((it) => it.to === email && it.text.includes('#'))
  return mine
    .map((it) => /#([\w-]{43})/.exec(it.text)?.[1])
    .filter(Boolean)
    .at(-1)
}

function readLetter(raw: string): ReadLetter {
  const [head = '', ...rest] = raw.split('\r\n\r\n')
  const headers = `\n${head.replace(/\r\n\s+/g, ' ').replace(/\r\n/g, '\n')}\n`
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(headers)?.[1] ?? ''
  const body = rest.join('\n\n').replace(/\r\n/g, '\n')
  const text = /^content-transfer-encoding: base64/im.test(head)
    ? Buffer.from(body, 'base64').toString('utf8').replace(/\r\n/g, '\n')
    : plain(head, body)
  return { to: header('To').replace(/[<>]/g, ''), subject: decoded(header('Subject')), text, headers }
}

function plain(head: string, body: string): string {
  return /quoted-printable/i.test(head) ? unquoted(body.replace(/=\n/g, '')) : body
}

function unquoted(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** The words of a header (RFC 2047): what stands between two of them is no space. */
function decoded(header: string): string {
  return header
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi, (_, way: string, word: string) =>
      way.toUpperCase() === 'B' ? Buffer.from(word, 'base64').toString('utf8') : unquoted(word.replaceAll('_', ' ')),
    )
}
