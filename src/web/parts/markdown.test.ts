/** Markdown of comments: what it makes of friendly texts, and that hostile ones stay text. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Block, type Inline, readMarkdown } from './markdown.ts'

/** The tree in a few letters. */
const short = (text: string): string => readMarkdown(text).map(block).join('|')
const block = (it: Block): string =>
  it.kind === 'list'
    ? `${it.ordered ? 'ol' : 'ul'}(${it.items.map(inline).join(';')})`
    : it.kind === 'code'
      ? `pre(${it.text})`
      : `${it.kind[0]}(${inline(it.inside)})`
const inline = (pieces: Inline[]): string =>
  pieces
    .map((it) => {
      if (it.kind === 'text') return it.text
      if (it.kind === 'break') return '/'
      if (it.kind === 'code') return `code(${it.text})`
      if (it.kind === 'link') return `link(${it.href})`
      if (it.kind === 'mention') return `at(${it.handle})`
      if (it.kind === 'time') return `time(${it.seconds})`
      return `${it.kind}(${inline(it.inside)})`
    })
    .join('')

test.each([
  ['plain text', 'p(plain text)'],
  ['one\ntwo\n\nthree', 'p(one/two)|p(three)'],
  [
    '**bold** and *soft* and _soft_ and ~~gone~~',
    'p(strong(bold) and emphasis(soft) and emphasis(soft) and strike(gone))',
  ],
  ['**bold *and soft***', 'p(strong(bold emphasis(and soft)))'],
  ['`a * b * c` and ``x ` y``', 'p(code(a * b * c) and code(x ` y))'],
  ['> said\n> twice\nanswer', 'q(said/twice)|p(answer)'],
  ['- a\n- **b**\n1. c\n2) d', 'ul(a;strong(b))|ol(c;d)'],
  ['```\n<b>*x*</b>\n```\nafter', 'pre(<b>*x*</b>)|p(after)'],
  [
    'see https://a.example/x_(y)_z, or (https://b.example).',
    'p(see link(https://a.example/x_(y)_z), or (link(https://b.example)).)',
  ],
  [
    'at 0:42, 12:05 and 1:02:03; not 10:99, 1:2 or 2026:11:22:10',
    'p(at time(42), time(725) and time(3723); not 10:99, 1:2 or 2026:11:22:10)',
  ],
  ['@ana and @ben-2: mail@ana.example, @x', 'p(at(ana) and at(ben-2): mail@ana.example, @x)'],
  ['snake_case_name 2 * 3 * 4 ** 5', 'p(snake_case_name 2 * 3 * 4 ** 5)'],
])('%j', (text, tree) => {
  expect(short(text)).toBe(tree)
})

test.each([
  ['<script>alert(1)</script>', 'p(<script>alert(1)</script>)'],
  ['[click](javascript:alert(1))', 'p([click](javascript:alert(1)))'],
  ['javascript:alert(1) data:text/html,x vbscript:x', 'p(javascript:alert(1) data:text/html,x vbscript:x)'],
  ['https://user:pass@evil.example/', 'p(https://user:pass@evil.example/)'],
  ['![x](https://t.example/p.gif)', 'p(![x](link(https://t.example/p.gif)))'],
  ['**never closed *at all `nor this', 'p(**never closed *at all `nor this)'],
  ['** not bold ** ****', 'p(** not bold ** ****)'],
])('hostile or broken: %j', (text, tree) => {
  expect(short(text)).toBe(tree)
})

/** Every character that a reader would see. */
const said = (pieces: Inline[]): string =>
  pieces
    .map((it) =>
      'inside' in it
        ? said(it.inside)
        : it.kind === 'link'
          ? it.href
          : it.kind === 'mention'
            ? `@${it.handle}`
            : it.kind === 'break'
              ? '\n'
              : it.text,
    )
    .join('')

test('no text is lost but the marks, and no address but http gets through', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          '*',
          '**',
          '_',
          '~~',
          '`',
          '\n',
          ' ',
          'a',
          'ß',
          '🙂',
          '> ',
          '- ',
          '@ana',
          '1:23',
          'https://x.example',
          '<',
          '](',
          'javascript:',
        ),
      ),
      (parts) => {
        const text = parts.join('')
        const tree = readMarkdown(text)
        const plain = tree
          .map((it) =>
            it.kind === 'code' ? it.text : it.kind === 'list' ? it.items.map(said).join('') : said(it.inside),
          )
          .join('')
        const letters = (it: string) => it.replace(/[^aß🙂]/gu, '').length
        expect(letters(plain)).toBe(letters(text))
        for (const link of JSON.stringify(tree).match(/"href":"[^"]*"/g) ?? []) expect(link).toMatch(/^"href":"https?:/)
      },
    ),
    { numRuns: 400 },
  )
})

test('texts that drive readers mad are read in time', () => {
  const mad = [
    '*a '.repeat(4000),
    '**'.repeat(5000),
    '`'.repeat(9999),
    '` `` ```'.repeat(1500),
    '> '.repeat(6000),
    '```\n'.repeat(3001),
    '_a*b~~'.repeat(2000),
    '1:'.repeat(6000),
    '@a'.repeat(6000),
    `https://${'a.'.repeat(6000)}`,
    `${'('.repeat(3000)}https://x.example/${')'.repeat(9000)}`,
  ]
  const startMs = performance.now()
  for (const text of mad) readMarkdown(text)
  expect(performance.now() - startMs).toBeLessThan(1500)
})
