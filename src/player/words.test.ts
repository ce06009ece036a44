/** The player's languages: all there, none with words missing, numbers in their plural. */
import { expect, test } from 'vitest'
import { LANGUAGES } from '../contract/languages.ts'
import { fetchWords, spokenTime, type Words, wordsFor } from './words.ts'

const languages = Object.keys(LANGUAGES)

/** Every text of the table, those made by functions with something put in. */
function textsOf(words: Words): [string, string][] {
  return Object.entries(words).flatMap(([key, word]): [string, string][] => {
    if (typeof word === 'string') return [[key, word]]
    if (typeof word === 'function') return [[key, (word as (...said: unknown[]) => string)(3, 4)]]
    return Object.entries(word).map(([code, sentence]) => [`${key}.${code}`, sentence])
  })
}

test.each(languages)('the player speaks %s, with no word missing', async (language) => {
  await fetchWords(language)
  const texts = textsOf(wordsFor(`${language}-XX`))
  const english = textsOf(wordsFor('en'))
  expect(texts.map(([key]) => key)).toEqual(english.map(([key]) => key))
  for (const [key, text] of texts) expect(text.trim(), key).not.toBe('')
  const same = texts.filter(([, text], index) => text === english[index]?.[1])
  if (language !== 'en') expect(same.length, String(same)).toBeLessThan(6)
})

test('a time is spoken in the plural of the language', async () => {
  await Promise.all(['fr', 'ar'].map(fetchWords))
  expect(spokenTime(3_661_000, wordsFor('fr')).replace(/\s/g, ' ')).toBe('1 heure 1 minute 1 seconde')
  expect(spokenTime(62_000, wordsFor('en'))).toBe('1 minute 2 seconds')
  // Two of something have a form of their own.
  expect(spokenTime(2_000, wordsFor('ar'))).toContain('ثانيتان')
})

test('a language that is not there is English', async () => {
  await fetchWords('xx')
  await fetchWords('constructor')
  expect(wordsFor('constructor').play).toBe('Play')
  expect(wordsFor('').play).toBe('Play')
})
