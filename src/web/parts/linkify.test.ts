/** Addresses in plain text become links; nothing else does. */
import { expect, test } from 'vitest'
import { linkify, withTimes } from './linkify.ts'

const links = (text: string) => linkify(text).flatMap((piece) => piece.href ?? [])

test('the pieces joined again are the text', () => {
  const text = 'See https://example.org/a?b=1#c, then http://example.org.\n\n<script>alert(1)</script> end'
  expect(
    linkify(text)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(text)
})

test('the full stop after an address stays outside it', () => {
  expect(links('Read https://example.org/page.')).toEqual(['https://example.org/page'])
  expect(links('(https://example.org/page)')).toEqual(['https://example.org/page'])
  expect(links('https://example.org/wiki/V_(film)')).toEqual(['https://example.org/wiki/V_(film)'])
})

test('only http and https become links', () => {
  expect(links('javascript:alert(1) data:text/html,x ftp://example.org mailto:a@example.org')).toEqual([])
})

test('an address that carries a name and password to mislead is left as text', () => {
  expect(links('https://bank.example@evil.example/')).toEqual([])
})

test('a very long text takes no noticeable time', () => {
  const text = `http://${'a.'.repeat(5000)}`
  const began = performance.now()
  linkify(text)
  expect(performance.now() - began).toBeLessThan(1000)
})

test('times are cut out of a description, and nothing that only looks like one', () => {
  const cut = (text: string) => withTimes(linkify(text)).filter((piece) => piece.seconds !== undefined)
  expect(cut('0:00 Beginning\n12:34 Middle\n1:02:03 End')).toEqual([
    { text: '0:00', seconds: 0 },
    { text: '12:34', seconds: 754 },
    { text: '1:02:03', seconds: 3723 },
  ])
  expect(cut('We won 3:1, see https://example.org/10:20 or 2026-11-22T10:20:30:40 and 12:345')).toEqual([])
  const text = 'At 1:05, then (2:10).'
  expect(
    withTimes(linkify(text))
      .map((piece) => piece.text)
      .join(''),
  ).toBe(text)
})
