/** Every language has everything that the server says, with the same holes; and what is said is in that language. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LANGUAGES, type LanguageCode } from '../../contract/languages.ts'
import { NOTIFICATION_KINDS } from '../../contract/notifications.ts'
import { sentenceOf } from '../notifications/rules.ts'
import { en, type WordKey } from './en.ts'
import { dayIn, tables, tell } from './words.ts'

const languages = Object.keys(LANGUAGES) as LanguageCode[]
const keys = Object.keys(en) as WordKey[]
const holesOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1]).sort()

test.each(languages)('no text is missing, empty or short of a hole in %s', (language) => {
  expect(Object.keys(tables[language]).sort()).toEqual([...keys].sort())
  for (const key of keys) {
    expect(tables[language][key].trim(), key).not.toBe('')
    expect(holesOf(tables[language][key]), key).toEqual(holesOf(en[key]))
  }
})

test.each(languages.filter((it) => it !== 'en'))('the texts in %s were not left in English', (language) => {
  // Words that these languages share.
  const shared = keys.filter((key) => tables[language][key] === en[key])
  expect(shared.filter((key) => !key.startsWith('page.'))).toEqual([])
  expect(shared.length).toBeLessThan(5)
})

test.each(languages)('each kind of notification has a sentence in %s', (language) => {
  const channel = { id: 'c1', handle: 'boats', name: 'Boats' }
  const full = { video: { id: 'v1', title: 'A walk' }, actor: { ...channel, name: 'Ana' }, channel }
  const sentences = NOTIFICATION_KINDS.flatMap((kind) => [
    sentenceOf(kind, full, language),
    // Not about a video: about an account, or the whole site.
    ...(['moderation', 'starts_fell', 'audience_grew'].includes(kind) ? [sentenceOf(kind, {}, language)] : []),
  ])
  expect(new Set(sentences).size).toBe(NOTIFICATION_KINDS.length + 3)
  for (const sentence of sentences) expect(sentence).not.toMatch(/[{}]|undefined|“”|«»|„“|« »/)
})

test('a title that runs the other way is set apart; days are written as people write them', () => {
  expect(tell('ar', 'heard.video_ready', { video: 'Boats' })).toBe('يمكن الآن مشاهدة «\u2068Boats\u2069»')
  expect(tell('de-AT', 'heard.video_ready', { video: 'Boote' })).toBe('„Boote“ kann angesehen werden')
  expect(tell('xx', 'page.search')).toBe('Search')
  expect(languages.map((it) => dayIn(it, '2026-03-01'))).toEqual([
    'March 1, 2026',
    '1. März 2026',
    '1 mars 2026',
    '1 de marzo de 2026',
    '1 مارس 2026',
  ])
})

test('no text is kept that nothing says', () => {
  const root = join(import.meta.dirname, '..')
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('words'))
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n')
  const families = [...sources.matchAll(/`([a-z_.]+)\$\{/g)].map((found) => found[1] ?? '')
  const silent = keys.filter((key) => !sources.includes(`'${key}'`) && !families.some((it) => key.startsWith(it)))
  expect(silent).toEqual([])
})
