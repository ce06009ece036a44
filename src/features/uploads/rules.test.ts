/** What fits, what makes a whole, what a draft is called: the opinions of uploads as tables. */
import { describe, expect, test } from 'vitest'
import * as rules from './rules.ts'

const GIB = 1024 ** 3
const roomy: rules.Room = {
  quotaBytes: 100 * GIB,
  usedBytes: 0,
  promisedBytes: 0,
  freeBytes: 50 * GIB,
  reserveBytes: 2 * GIB,
  comingBytes: 0,
}
const part = (
  upload_id: string,
  staging_key: string,
  base_offset: number,
  length_bytes: number,
  offset_bytes = length_bytes,
) => ({
  upload_id,
  staging_key,
  base_offset,
  length_bytes,
  offset_bytes,
})

describe('room', () => {
  test('what other unfinished uploads were promised counts against the quota', () => {
    expect(() => rules.checkRoom(10 * GIB, 0, { ...roomy, usedBytes: 80 * GIB, promisedBytes: 10 * GIB })).not.toThrow()
    expect(() => rules.checkRoom(10 * GIB + 1, 0, { ...roomy, usedBytes: 80 * GIB, promisedBytes: 10 * GIB })).toThrow(
      'quota_exceeded',
    )
  })
  test('the reserve and what others may still bring is not given away', () => {
    expect(() => rules.checkRoom(10 * GIB, 0, { ...roomy, comingBytes: 38 * GIB })).not.toThrow()
    expect(() => rules.checkRoom(10 * GIB, 0, { ...roomy, comingBytes: 38 * GIB + 1 })).toThrow('disk_full')
  })
  test('of a file whose parts are half here only the rest must fit', () => {
    expect(() => rules.checkRoom(60 * GIB, 30 * GIB, roomy)).not.toThrow()
    expect(() => rules.checkRoom(60 * GIB, 0, roomy)).toThrow('disk_full')
  })
  test('a store without an end is never full', () => {
    expect(() => rules.checkRoom(90 * GIB, 0, { ...roomy, freeBytes: undefined })).not.toThrow()
  })
  test('empty and oversized files are refused whatever the room', () => {
    expect(() => rules.checkSize(0, GIB)).toThrow('source_empty')
    expect(() => rules.checkSize(GIB + 1, GIB)).toThrow('file_too_large')
    expect(() => rules.checkSize(GIB, GIB)).not.toThrow()
  })
})

describe('hints', () => {
  const good = { 'part-of': 'abcdefgh', 'part-offset': '100', total: '200' }
  test('are read when they hold together', () => {
    expect(rules.readHint(good, 100)).toEqual({ group: 'abcdefgh', offset: 100, totalBytes: 200 })
    expect(rules.readHint({}, 100)).toBeUndefined()
  })
  test.each([
    ['a group that leads elsewhere', { ...good, 'part-of': '../../etc' }, 100],
    ['a part beyond the end', good, 101],
    ['an empty part', good, 0],
    ['no total', { ...good, total: '' }, 100],
    ['an offset below zero', { ...good, 'part-offset': '-1' }, 100],
  ])('%s is refused', (_, metadata, length) => {
    expect(() => rules.readHint(metadata, length)).toThrow('upload_metadata_invalid')
  })
})

describe('concatenation', () => {
  test('parts in one staged file need no copying', () => {
    expect(rules.concatenation([part('a', 'f', 0, 10), part('b', 'f', 10, 5)])).toEqual({
      how: 'in place',
      totalBytes: 15,
    })
  })
  test('parts of foreign clients are joined in the order they are named', () => {
    expect(rules.concatenation([part('b', 'fb', 0, 5), part('a', 'fa', 0, 10)])).toEqual({
      how: 'join',
      totalBytes: 15,
    })
  })
  test.each([
    ['a missing byte', [part('a', 'f', 0, 10, 9), part('b', 'f', 10, 5)], 'upload_not_complete'],
    ['a gap', [part('a', 'f', 0, 10), part('b', 'f', 11, 5)], 'upload_concat_invalid'],
    ['another order', [part('b', 'f', 10, 5), part('a', 'f', 0, 10)], 'upload_concat_invalid'],
    ['a file without its beginning', [part('b', 'f', 10, 5)], 'upload_concat_invalid'],
    ['parts of two files', [part('a', 'f', 0, 10), part('b', 'g', 10, 5)], 'upload_concat_invalid'],
  ])('%s is refused', (_, parts, code) => {
    expect(() => rules.concatenation(parts)).toThrow(code)
  })
})

describe('names', () => {
  test.each([
    ['VID_20260714_101500.mp4', 'VID 20260714 101500'],
    ['C:\\Users\\ana\\Holiday  film.MOV', 'Holiday film'],
    ['../../etc/passwd', 'passwd'],
    ['.mp4', 'Untitled'],
    ['', 'Untitled'],
    ['Видео. Часть 2.mkv', 'Видео. Часть 2'],
  ])('%s is called %s', (filename, title) => {
    expect(rules.titleOf({ filename })).toBe(title)
  })
  test('a long name is cut, never in the middle of a character', () => {
    const title = rules.titleOf({ filename: `x${'🎬'.repeat(200)}.mp4` })
    expect(title.length).toBe(199)
    expect(title.isWellFormed()).toBe(true)
  })
  test('a title that is too long is refused, for its author would want to know', () => {
    expect(() => rules.titleOf({ title: 'x'.repeat(10_000) })).toThrow('upload_metadata_invalid')
  })
})
