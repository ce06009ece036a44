// Timed texts: WebVTT (W3C) and SubRip in any encoding, read by a parser of our own and written anew, so that nothing of a file that
// somebody sent is ever served: no styles, no regions, no unknown tags, no odd bytes.

import { vttTime } from './storyboard.ts'

/** Times in milliseconds from the title's start. `text` is WebVTT cue text that is safe as it stands; `settings` such as `line:0`. */
export type Cue = { startMs: number; endMs: number; text: string; settings: string }

export const MAX_TEXT_BYTES = 4 * 1024 * 1024
const MAX_CUES = 50_000
const MAX_CUE_CHARS = 2_000
const MAX_TIME_MS = 100 * 3_600_000

/** Encodings that subtitle files in a language come in when they are not UTF-8; the rest of the world is taken for Western. */
const LEGACY: Record<string, string> = {
  ...{ ar: 'windows-1256', bg: 'windows-1251', cs: 'windows-1250', el: 'windows-1253', et: 'windows-1257' },
  ...{ fa: 'windows-1256', he: 'windows-1255', hr: 'windows-1250', hu: 'windows-1250', ja: 'shift_jis', ko: 'euc-kr' },
  ...{ lt: 'windows-1257', lv: 'windows-1257', mk: 'windows-1251', pl: 'windows-1250', ro: 'windows-1250' },
  ...{ ru: 'windows-1251', sk: 'windows-1250', sl: 'windows-1250', sr: 'windows-1251', th: 'windows-874' },
  ...{ tr: 'windows-1254', uk: 'windows-1251', vi: 'windows-1258', zh: 'gb18030' },
}

/** The text of a file: by its byte order mark, else as UTF-8 where it is, else UTF-16 without a mark, else as files in this language come. */
export function decodeText(bytes: Uint8Array, language: string): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  const head = bytes.subarray(0, 400)
  const zeros = [0, 1].map((odd) => head.filter((byte, at) => at % 2 === odd && byte === 0).length)
  if (Math.max(...zeros) > head.length / 8)
    return new TextDecoder(zeros[1]! > zeros[0]! ? 'utf-16le' : 'utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const base = language.toLowerCase().split('-')[0]!
    const encoding = /^zh-(hant|tw|hk)/i.test(language) ? 'big5' : (LEGACY[base] ?? 'windows-1252')
    return new TextDecoder(encoding).decode(bytes)
  }
}

/** Reads WebVTT or SubRip, whichever it is. Undefined when it holds no cue: then it is neither. Cues come out in order of time. */
export function readCues(text: string): Cue[] | undefined {
  const lines = clean(text).split('\n')
  const isVtt = /^WEBVTT(?:[ \t]|$)/.test(lines[0] ?? '')
  const cues: Cue[] = []
  for (let at = isVtt ? 1 : 0; at < lines.length && cues.length < MAX_CUES; at++) {
    const line = lines[at]!
    // Styles and regions are not for us, and a note may hold anything.
    if (isVtt && /^(NOTE|STYLE|REGION)(\s|$)/.test(line)) {
      while (at + 1 < lines.length && lines[at + 1] !== '') at++
      continue
    }
    const times = readTimes(line)
    if (!times) continue
    const body: string[] = []
    while (at + 1 < lines.length && lines[at + 1] !== '' && !readTimes(lines[at + 1]!)) body.push(lines[++at]!)
    // SubRip files with blank lines lost: the number of the next cue stands at the end of this one's text.
    if (readTimes(lines[at + 1] ?? '') && /^\d+$/.test(body.at(-1) ?? '')) body.pop()
    const cue = makeCue(times, body.join('\n').slice(0, MAX_CUE_CHARS))
    if (cue) cues.push(cue)
  }
  return cues.length > 0 ? cues.sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs) : undefined
}

/** WebVTT for players of every kind. The map says for HLS that cue times are those of the title (RFC 8216 3.5). */
export function writeVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(({ startMs, endMs, settings, text }) => {
    const head = `${vttTime(startMs / 1000)} --> ${vttTime(endMs / 1000)}${settings ? ` ${settings}` : ''}`
    return `${head}\n${text}\n`
  })
  return ['WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n', ...blocks].join('\n')
}

/** One line end, no control characters, no replacement of what could not be decoded. */
function clean(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

const TIME = '(?:(\\d{1,4}):)?(\\d{1,2}):(\\d{1,2})[.,](\\d{1,3})'
const TIMES = new RegExp(`^\\s*${TIME}\\s*-->\\s*${TIME}(?:\\s+(.*))?$`)

type Times = { startMs: number; endMs: number; settings: string }

function readTimes(line: string): Times | undefined {
  const match = TIMES.exec(line)
  if (!match) return undefined
  const ms = (at: number) =>
    ((Number(match[at] ?? 0) * 60 + Number(match[at + 1])) * 60 + Number(match[at + 2])) * 1000 +
    Number(match[at + 3]!.padEnd(3, '0'))
  return { startMs: ms(1), endMs: ms(5), settings: readSettings(match[9] ?? '') }
}

/** Settings of WebVTT that only place the cue (4.4); anything else, and SubRip's coordinates, are left out. */
function readSettings(text: string): string {
  const known: Record<string, RegExp> = {
    vertical: /^(rl|lr)$/,
    line: /^(-?\d{1,3}|\d{1,3}(\.\d+)?%)(,(start|center|end))?$/,
    position: /^\d{1,3}(\.\d+)?%(,(line-left|center|line-right))?$/,
    size: /^\d{1,3}(\.\d+)?%$/,
    align: /^(start|center|end|left|right)$/,
  }
  return text
    .split(/\s+/)
    .filter((word) => {
      const [name, value] = word.split(':', 2) as [string, string | undefined]
      return value !== undefined && Object.hasOwn(known, name) && known[name]!.test(value)
    })
    .join(' ')
}

function makeCue({ startMs, endMs, settings }: Times, raw: string): Cue | undefined {
  if (endMs <= startMs || startMs >= MAX_TIME_MS || endMs > MAX_TIME_MS) return undefined
  // SubStation's marks of place, which SubRip files often carry: 7 to 9 are the top of the picture.
  const top = /\{\\an?([789])\}/.test(raw)
  const text = safeText(raw.replace(/\{\\[^}\n]*\}/g, ''))
  if (text.trim() === '') return undefined
  return { startMs, endMs, text, settings: settings || (top ? 'line:0' : '') }
}

const TAGS = new Set(['b', 'i', 'u', 'ruby', 'rt', 'v', 'lang', 'c'])
const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  lrm: '\u200e',
  rlm: '\u200f',
}

/** Cue text in which only the tags of WebVTT stand (4.2.2), closed in order, and everything else is text. */
export function safeText(raw: string): string {
  const open: string[] = []
  let out = ''
  for (const piece of raw.split(/(<[^<>\n]*>)/)) {
    const tag = /^<(\/?)([a-zA-Z]*)((?:\.[\w-]+)*)(?:[ \t]+([^<>]*))?>$/.exec(piece)
    if (!tag) {
      // What looks like a tag but is none (a time within the cue, markup of other worlds) is dropped; the rest is text.
      if (!/^<[^<>]*>$/.test(piece)) out += escapeText(piece)
      continue
    }
    const name = tag[2]!.toLowerCase()
    if (!TAGS.has(name)) continue
    if (tag[1] === '') {
      const note = name === 'v' || name === 'lang' ? (tag[4] ?? '').replace(/[&<>]/g, '').trim() : ''
      if (name === 'lang' && !/^[A-Za-z0-9-]{1,35}$/.test(note)) continue
      open.push(name)
      out += `<${name}${note ? ` ${note}` : ''}>`
    } else if (open.includes(name)) {
      for (let last = open.pop(); last !== undefined; last = last === name ? undefined : open.pop()) out += `</${last}>`
    }
  }
  for (const name of open.reverse()) out += `</${name}>`
  return out.replace(/-->/g, '--&gt;')
}

function escapeText(text: string): string {
  return text
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,5}));/gi, (whole, decimal, hex, name: string | undefined) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole
      const code = Number.parseInt(decimal ?? hex, decimal ? 10 : 16)
      return code >= 32 && code <= 0x10ffff && !(code >= 0x7f && code < 0xa0) && !(code >= 0xd800 && code < 0xe000)
        ? String.fromCodePoint(code)
        : ''
    })
    .replace(/[&<>]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[char]!)
}
