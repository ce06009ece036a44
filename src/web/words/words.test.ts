/** Every language has every text, with the same holes and all the plural forms that it needs. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LANGUAGES, type LanguageCode } from '../../contract/languages.ts'
import * as ar from './ar.ts'
import * as de from './de.ts'
import * as en from './en.ts'
import * as es from './es.ts'
import * as fr from './fr.ts'
import { say, speak } from './say.ts'

type Text = en.Text
const tables: Record<LanguageCode, { words: en.Words; refusals: en.RefusalWords }> = { en, de, fr, es, ar }
const languages = Object.keys(LANGUAGES) as LanguageCode[]
const textsOf = (language: LanguageCode): [string, Text][] => Object.entries(tables[language].words)

const formsOf = (text: Text): string[] => (typeof text === 'string' ? [text] : Object.values(text))
const holesOf = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1] ?? '').sort()

/** The categories that stand for one number alone, as Arabic's forms for none, one and two: those may say it in words. */
function singleNumbers(language: LanguageCode): Set<string> {
  const rules = new Intl.PluralRules(language)
  const counts = Array.from({ length: 200 }, (_, count) => rules.select(count))
  return new Set(counts.filter((category) => counts.filter((it) => it === category).length === 1))
}

test.each(languages)('no text is missing or empty in %s', (language) => {
  const texts = textsOf(language)
  expect(texts.map(([key]) => key).sort()).toEqual(Object.keys(en.words).sort())
  for (const [key, text] of texts) {
    for (const form of formsOf(text)) expect(form.trim(), key).not.toBe('')
  }
})

test.each(languages)('the texts in %s have the holes of the English ones', (language) => {
  const single = singleNumbers(language)
  for (const [key, text] of textsOf(language)) {
    const wanted = holesOf(formsOf(en.words[key as en.WordKey])[0] ?? '')
    const forms = typeof text === 'string' ? [['', text]] : Object.entries(text)
    for (const [category = '', form = ''] of forms) {
      const inWords = single.has(category) && !form.includes('{count}')
      expect(holesOf(form), `${key} ${category}`).toEqual(wanted.filter((hole) => !inWords || hole !== 'count'))
    }
  }
})

test.each(languages)('the plurals in %s have every form of the language', (language) => {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
  for (const [key, text] of textsOf(language)) {
    const plural = typeof (en.words as Record<string, Text>)[key] !== 'string'
    expect(typeof text !== 'string', key).toBe(plural)
    if (typeof text !== 'string') expect(Object.keys(text).sort(), key).toEqual([...forms].sort())
  }
})

test.each(languages.filter((it) => it !== 'en'))('the refusals that people meet are all there in %s', (language) => {
  expect(Object.keys(tables[language].refusals).sort()).toEqual(Object.keys(de.refusals).sort())
  for (const [code, sentence] of Object.entries(tables[language].refusals)) expect(sentence.trim(), code).not.toBe('')
})

test.each(languages.filter((it) => it !== 'en'))('the texts in %s were not left in English', (language) => {
  const said = (text: Text) => formsOf(text).join(' ')
  const same = textsOf(language).filter(([key, text]) => said(text) === said(en.words[key as en.WordKey]))
  // What stays the same are names, such as `API`, and words both languages have.
  expect(same.length, same.map(([key]) => key).join(' ')).toBeLessThan(textsOf(language).length * 0.08)
})

test('no Arabic text is without an Arabic letter, but for names', () => {
  const foreign = textsOf('ar').filter(([, text]) => formsOf(text).some((form) => !/[\u0621-\u064A]/.test(form)))
  expect(foreign.map(([key]) => key).sort()).toEqual(['app.api', 'app.name', 'search.quality.4k'])
})

test('a text is said with its number, in the right form', async () => {
  await speak('en')
  expect(say('video.views', { count: 1 })).toBe('1 view')
  expect(say('video.views', { count: 0 })).toBe('0 views')
  expect(say('upload.amount', { done: '1 MB', total: '$& {done}' })).toBe('1 MB of $& {done}')
})

test('Arabic has a form for none, one, two, few, many and the rest', async () => {
  await speak('ar')
  const counts = [0, 1, 2, 3, 11, 100]
  expect(counts.map((count) => say('video.views', { count }))).toEqual([
    'لا مشاهدات',
    'مشاهدة واحدة',
    'مشاهدتان',
    '3 مشاهدات',
    '11 مشاهدة',
    '100 مشاهدة',
  ])
})

test('what runs the other way is set apart in its sentence, and only that', async () => {
  await speak('ar')
  expect(say('playlist.by', { name: 'Ana' })).toBe('من \u2068Ana\u2069')
  expect(say('playlist.by', { name: 'هند' })).toBe('من هند')
  await speak('en')
  expect(say('playlist.by', { name: 'هند' })).toBe('By \u2068هند\u2069')
  expect(say('playlist.by', { name: 'Ana' })).toBe('By Ana')
})

test('no text is kept that no page says', () => {
  const root = join(import.meta.dirname, '..')
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('words'))
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n')
  // Keys made of a beginning and a value from the contract, such as `video.state.${state}`.
  const families = [...sources.matchAll(/say\(`([a-z_.]+)\$\{/g)].map((found) => found[1] ?? '')
  expect(families.length).toBeGreaterThan(3)
  const silent = Object.keys(en.words).filter(
    (key) => !sources.includes(`'${key}'`) && !families.some((it) => key.startsWith(it)),
  )
  expect(silent).toEqual([])
})
