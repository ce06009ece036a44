/** Cursors, pages, tags: the decisions of videos that are easy to get nearly right. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutPage, progressOf, readCursor, reasonOf, uniqueTags, writeCursor } from './rules.ts'

const ids = fc.stringMatching(/^[0-9A-Za-z]{8,32}$/)

test('a cursor leads back to its place', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8_640_000_000_000_000 / 10 }), ids, (timeMs, videoId) => {
      const place = { at: new Date(timeMs), videoId }
      expect(readCursor(writeCursor(place))).toEqual(place)
      expect(writeCursor(place)).toMatch(/^[\w-]+$/)
    }),
  )
})

test('no other word is taken for a cursor, and none makes a fault', () => {
  fc.assert(
    fc.property(fc.string(), (word) => {
      const place = readCursor(word)
      if (place) expect(Number.isNaN(place.at.getTime())).toBe(false)
    }),
  )
  expect(readCursor('')).toBeUndefined()
  expect(readCursor(Buffer.from('1.short').toString('base64url'))).toBeUndefined()
})

test('a page has a next one exactly when more rows were found than it shows', () => {
  const placeOf = (row: string) => ({ at: new Date(0), videoId: row })
  expect(cutPage(['aaaaaaaa', 'bbbbbbbb'], 2, placeOf)).toEqual({ rows: ['aaaaaaaa', 'bbbbbbbb'] })
  expect(cutPage([], 2, placeOf)).toEqual({ rows: [] })
  const cut = cutPage(['aaaaaaaa', 'bbbbbbbb', 'cccccccc'], 2, placeOf)
  expect(cut.rows).toEqual(['aaaaaaaa', 'bbbbbbbb'])
  expect(readCursor(cut.next!)?.videoId).toBe('bbbbbbbb')
})

test('tags are one when people would read them as one', () => {
  expect(uniqueTags(['Straße', 'straße', 'ＳＥＡ', 'sea', 'e\u0301t\u00e9', '\u00e9te\u0301'])).toEqual([
    'Straße',
    'ＳＥＡ',
    'été',
  ])
})

test('a reason that is no refusal of ours is told as the plainest one', () => {
  expect(reasonOf({ state: 'ready', reason_code: 'source_empty' })).toBeUndefined()
  expect(reasonOf({ state: 'failed', reason_code: 'source_empty' })).toEqual({
    code: 'source_empty',
    sentence: 'The file is empty.',
  })
  expect(reasonOf({ state: 'failed', reason_code: 'constructor' })?.code).toBe('source_undecodable')
  expect(reasonOf({ state: 'failed', reason_code: null })?.code).toBe('source_undecodable')
})

test('progress never passes its end, and is at its end once the video is optimised', () => {
  const counted = { video_id: 'x', segments_done: 12, segments_total: 10 }
  expect(progressOf({ optimised_at: null }, counted)).toEqual({ segmentsDone: 10, segmentsTotal: 10, optimised: false })
  expect(progressOf({ optimised_at: new Date() }, { ...counted, segments_done: 3 })?.segmentsDone).toBe(10)
  expect(progressOf({ optimised_at: null }, undefined)).toBeUndefined()
})
