/** Every language has every text, with the same holes and all the plural forms that it needs. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { de } from './de.ts'
import { en, type Text } from './en.ts'
import { say, wantedLanguage } from './say.ts'

const tables: Record<string, Record<string, Text>> = { en, de }

const formsOf = (text: Text): string[] => (typeof text === 'string' ? [text] : Object.values(text))
const holesOf = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1] ?? '').sort()

test.each(Object.keys(tables))('no text is missing or empty in %s', (language) => {
  const table = tables[language] ?? {}
  expect(Object.keys(table).sort()).toEqual(Object.keys(en).sort())
  for (const [key, text] of Object.entries(table)) {
    for (const form of formsOf(text)) expect(form.trim(), key).not.toBe('')
  }
})

test.each(Object.keys(tables))('the texts in %s have the holes of the English ones', (language) => {
  for (const [key, text] of Object.entries(tables[language] ?? {})) {
    const wanted = holesOf(formsOf(en[key as keyof typeof en] as Text)[0] ?? '')
    for (const form of formsOf(text)) expect(holesOf(form), key).toEqual(wanted)
  }
})

test.each(Object.keys(tables))('the plurals in %s have every form of the language', (language) => {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
  for (const [key, text] of Object.entries(tables[language] ?? {})) {
    if (typeof text !== 'string') expect(Object.keys(text).sort(), key).toEqual([...forms].sort())
  }
})

test('a text is said with its number, in the right form', () => {
  expect(say('video.views', { count: 1 })).toBe('1 view')
  expect(say('video.views', { count: 0 })).toBe('0 views')
  expect(say('upload.amount', { done: '1 MB', total: '$& {done}' })).toBe('1 MB of $& {done}')
})

test('the language is the one that was chosen, else the first of the browser that is there', () => {
  expect(wantedLanguage('', ['fr-FR', 'de-AT', 'en'])).toBe('de')
  expect(wantedLanguage('a=b; vitascope_language=en', ['de'])).toBe('en')
  expect(wantedLanguage('vitascope_language=xx', ['fr'])).toBe('en')
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
  const silent = Object.keys(en).filter(
    (key) => !sources.includes(`'${key}'`) && !families.some((it) => key.startsWith(it)),
  )
  expect(silent).toEqual([])
})
