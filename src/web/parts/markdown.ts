/**
 * Reads the small part of Markdown that comments may use into a tree: never into markup, so that nothing in a text can
 * become an element or an attribute that is not made here on purpose. One pass, whatever the text.
 */
import { linkify } from './linkify.ts'

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'break' }
  | { kind: 'strong' | 'emphasis' | 'strike'; inside: Inline[] }
  /** Only http and https, shown as it is: an address cannot hide behind other words. */
  | { kind: 'link'; href: string }
  | { kind: 'mention'; handle: string }
  | { kind: 'time'; seconds: number; text: string }

export type Block =
  | { kind: 'paragraph' | 'quote'; inside: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'code'; text: string }

const DEEPEST = 6
const TOKEN =
  /`+|\bhttps?:\/\/[^\s<>"'`]+|(?<![\p{L}\p{N}_@/.-])@[a-z0-9][a-z0-9_-]{1,28}[a-z0-9](?![\p{L}\p{N}_-])|(?<![\d:.,])(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?![\d:])|\*\*|\*|_|~~|\n/giu

/** The blocks of a text, in their order. */
export function readMarkdown(text: string): Block[] {
  const blocks: Block[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!
    if (line.trim() === '') {
      at++
      continue
    }
    if (line.startsWith('```')) {
      const end = lines.findIndex((it, n) => n > at && it.startsWith('```'))
      if (end > 0) {
        blocks.push({ kind: 'code', text: lines.slice(at + 1, end).join('\n') })
        at = end + 1
        continue
      }
      // Never closed: the rest of the text is looked through once, and not again for each further line of it.
      blocks.push({ kind: 'paragraph', inside: readInline(lines.slice(at).join('\n')) })
      return blocks
    }
    const kind = kindOf(line)
    let end = at + 1
    while (
      end < lines.length &&
      lines[end]!.trim() !== '' &&
      !lines[end]!.startsWith('```') &&
      kindOf(lines[end]!) === kind
    )
      end++
    const some = lines.slice(at, end)
    if (kind === 'paragraph') blocks.push({ kind, inside: readInline(some.join('\n')) })
    else if (kind === 'quote')
      blocks.push({ kind, inside: readInline(some.map((it) => it.replace(/^>\s?/, '')).join('\n')) })
    else
      blocks.push({
        kind: 'list',
        ordered: kind === 'ordered',
        items: some.map((it) => readInline(it.replace(LIST, ''))),
      })
    at = end
  }
  return blocks
}

const LIST = /^(?:[-*]|\d{1,3}[.)]) +/

function kindOf(line: string): 'paragraph' | 'quote' | 'list' | 'ordered' {
  if (line.startsWith('>')) return 'quote'
  if (!LIST.test(line)) return 'paragraph'
  return /^\d/.test(line) ? 'ordered' : 'list'
}

interface Frame {
  marker: string
  inside: Inline[]
}

const KINDS: Record<string, 'strong' | 'emphasis' | 'strike'> = {
  '**': 'strong',
  '*': 'emphasis',
  _: 'emphasis',
  '~~': 'strike',
}

function readInline(text: string): Inline[] {
  const stack: Frame[] = [{ marker: '', inside: [] }]
  const top = () => stack[stack.length - 1]!
  const put = (piece: Inline) => top().inside.push(piece)
  const putText = (piece: string) => {
    if (piece === '') return
    const last = top().inside.at(-1)
    if (last?.kind === 'text') last.text += piece
    else put({ kind: 'text', text: piece })
  }
  /** What was begun and not ended is text after all. */
  const unwind = (to: number) => {
    while (stack.length > to) {
      const { marker, inside } = stack.pop()!
      putText(marker)
      for (const piece of inside) piece.kind === 'text' ? putText(piece.text) : put(piece)
    }
  }
  const noEnd = new Set<string>()
  let from = 0
  TOKEN.lastIndex = 0
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    // In `**bold *and soft***` the first of three stars ends what was begun last.
    const token = match[0] === '**' && top().marker === '*' && text.startsWith('***', match.index) ? '*' : match[0]
    TOKEN.lastIndex = match.index + token.length
    putText(text.slice(from, match.index))
    from = match.index + token.length
    if (token === '\n') put({ kind: 'break' })
    else if (token.startsWith('`')) {
      const end = noEnd.has(token) ? -1 : text.indexOf(token, from)
      if (end < 0) {
        noEnd.add(token)
        putText(token)
      } else {
        put({ kind: 'code', text: text.slice(from, end).trim() })
        from = end + token.length
        TOKEN.lastIndex = from
      }
    } else if (token in KINDS) {
      const open = stack.findLastIndex((it) => it.marker === token)
      const before = text[match.index - 1] ?? ' '
      const after = text[from] ?? ' '
      const inWord = token === '_' && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after)
      if (open > 0 && !/\s/.test(before) && !inWord && (open < stack.length - 1 || top().inside.length > 0)) {
        unwind(open + 1)
        const { inside } = stack.pop()!
        put({ kind: KINDS[token]!, inside })
      } else if (open < 0 && !/\s/.test(after) && !inWord && stack.length <= DEEPEST)
        stack.push({ marker: token, inside: [] })
      else putText(token)
    } else if (token.startsWith('@')) put({ kind: 'mention', handle: token.slice(1).toLowerCase() })
    else if (/^\d/.test(token)) put({ kind: 'time', seconds: secondsOf(token), text: token })
    else for (const piece of linkify(token)) piece.href ? put({ kind: 'link', href: piece.href }) : putText(piece.text)
  }
  putText(text.slice(from))
  unwind(1)
  return stack[0]!.inside
}

/** `1:02:03` or `62:03`. */
function secondsOf(clock: string): number {
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
}
