/** Addresses of thumbnails in other sizes: those that the origin reads. */
import { expect, test } from 'vitest'
import { pictureSources } from './picture-sources.ts'

test('a thumbnail is offered as AVIF and WebP in three widths, with its grant', () => {
  const sources = pictureSources('/t/abc.def/videos/abcDEF12/run12345/still-0.jpg')
  expect(sources.map(({ type }) => type)).toEqual(['image/avif', 'image/webp'])
  expect(sources[0]!.srcSet.split(', ')).toEqual([
    '/t/abc.def/videos/abcDEF12/run12345/still-0.320.avif 320w',
    '/t/abc.def/videos/abcDEF12/run12345/still-0.640.avif 640w',
    '/t/abc.def/videos/abcDEF12/run12345/still-0.1280.avif 1280w',
  ])
})

test('a picture from elsewhere is left as it is', () => {
  expect(pictureSources('/channels/abc/avatar-1.jpg')).toEqual([])
  expect(pictureSources('data:image/png;base64,AA')).toEqual([])
})
