// Timed texts: what people send in, and what is served of it.
import { expect, test } from 'vitest'
import { decodeText, readCues, safeText, writeVtt } from './vtt.ts'

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((it) => (typeof it === 'string' ? Buffer.from(it) : Buffer.from(it))))

test('a SubRip file becomes WebVTT, with its marks of place and without its fonts', () => {
  const cues = readCues(
    '1\r\n00:00:01,500 --> 00:00:03,000 X1:10 X2:20\r\n<font color="red">Hello</font> <i>there</i>\r\n\r\n2\r\n00:01:00,000 --> 00:01:02,5\r\n{\\an8}Up & away\r\nsecond line\r\n',
  )

  expect(cues).toEqual([
    { startMs: 1500, endMs: 3000, text: 'Hello <i>there</i>', settings: '' },
    { startMs: 60_000, endMs: 62_500, text: 'Up &amp; away\nsecond line', settings: 'line:0' },
  ])
  expect(writeVtt(cues!)).toBe(
    'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:00:01.500 --> 00:00:03.000\nHello <i>there</i>\n\n00:01:00.000 --> 00:01:02.500 line:0\nUp &amp; away\nsecond line\n',
  )
})

test('WebVTT keeps its cues and places and loses styles, regions, notes and scripts', () => {
  const cues = readCues(
    'WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { background: url(https://evil.example/x) }\n\nREGION\nid:a\n\nNOTE\n00:00:09.000 --> 00:00:10.000\nnot a cue\n\nname\n00:05.000 --> 00:06.000 line:10% align:start region:a evil:1\n<v Ana onload=x><script>alert(1)</script><c.red>Hi</v> <img src=x onerror=y>5 < 6\n\n00:01.000 --> 00:02.000\nfirst',
  )

  expect(cues).toEqual([
    { startMs: 1000, endMs: 2000, text: 'first', settings: '' },
    {
      startMs: 5000,
      endMs: 6000,
      text: '<v Ana onload=x>alert(1)<c>Hi</c></v> 5 &lt; 6',
      settings: 'line:10% align:start',
    },
  ])
})

test('what is written is read again as the same', () => {
  const cues = readCues(
    'WEBVTT\n\n01:02:03.004 --> 99:00:00.000 size:40%\na &lt;b&gt; <ruby>漢<rt>kan</rt></ruby> &#128512; --> x',
  )!
  expect(readCues(writeVtt(cues))).toEqual(cues)
})

test.each([
  ['UTF-8 with a mark', bytes([0xef, 0xbb, 0xbf], 'Grüße'), 'de', 'Grüße'],
  ['UTF-16 with a mark', bytes([0xff, 0xfe], [...Buffer.from('Grüße', 'utf16le')]), 'de', 'Grüße'],
  ['UTF-16 without one', Buffer.from('Hello there', 'utf16le'), 'en', 'Hello there'],
  ['Windows Western', bytes([0x47, 0x72, 0xfc, 0xdf, 0x65]), 'de', 'Grüße'],
  ['Windows Cyrillic', bytes([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]), 'ru', 'Привет'],
  ['Shift JIS', bytes([0x82, 0xb1, 0x82, 0xf1]), 'ja', 'こん'],
  ['Big5', bytes([0xa4, 0xa4, 0xa4, 0xe5]), 'zh-Hant', '中文'],
])('%s is understood', (_, file, language, text) => {
  expect(decodeText(file, language).replace(/^\uFEFF/, '')).toBe(text)
})

test('a text without cues is no text track, and neither are cues that end before they begin', () => {
  expect(readCues('just words')).toBeUndefined()
  expect(readCues('1\n00:00:05,000 --> 00:00:01,000\nbackwards')).toBeUndefined()
})

test('whatever comes in, no tag comes out that is not of WebVTT, and all are closed', () => {
  for (const raw of [
    '<b><i>x</b>',
    '</v>x',
    '<lang x"y>z',
    '<c.a.b>q',
    '<<b>>',
    '<00:01.000>k',
    '&lt;script&gt;',
    '&#60;b&#62;',
    '&#0;&#xd800;',
  ]) {
    const text = safeText(raw)
    const opened = [...text.matchAll(/<(b|i|u|v|c|lang|ruby|rt)( [^<>]*)?>/g)].length
    const closed = [...text.matchAll(/<\/(b|i|u|v|c|lang|ruby|rt)>/g)].length
    expect({ raw, opened }).toEqual({ raw, opened: closed })
    expect(text.replace(/<\/?(b|i|u|v|c|lang|ruby|rt)( [^<>]*)?>/g, '')).not.toMatch(/[<>]/)
  }
})
