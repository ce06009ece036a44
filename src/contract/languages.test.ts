/** Which language a reader gets, from the cookie, the browser's list, and hostile versions of both. */
import { expect, test } from 'vitest'
import { directionOf, preferredTags, wantedLanguage } from './languages.ts'

test('the language is the one that was chosen, else the first of the browser that is there', () => {
  expect(wantedLanguage('', ['it-IT', 'de-AT', 'en'])).toBe('de')
  expect(wantedLanguage('a=b; vitascope_language=en', ['de'])).toBe('en')
  expect(wantedLanguage('vitascope_language=ar', ['de'])).toBe('ar')
  expect(wantedLanguage('vitascope_language=xx', ['it'])).toBe('en')
  expect(wantedLanguage('vitascope_language=constructor', ['es-419'])).toBe('es')
  expect(wantedLanguage(undefined, [])).toBe('en')
})

test('a browser lists languages by weight, and what is no list says nothing', () => {
  expect(preferredTags('fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5')).toEqual(['fr-CH', 'fr', 'en', 'de'])
  expect(preferredTags('en;q=0.2, ar-EG;q=0.8')).toEqual(['ar-EG', 'en'])
  expect(preferredTags('de;q=0, es')).toEqual(['es'])
  expect(preferredTags('"><script>, ;;;q=, fr;q=9')).toEqual([])
  expect(preferredTags(undefined)).toEqual([])
  expect(preferredTags(`${'en,'.repeat(100_000)}`).length).toBeLessThanOrEqual(20)
})

test('Arabic runs from right to left', () => {
  expect(directionOf('ar')).toBe('rtl')
  expect(directionOf('fr')).toBe('ltr')
})
