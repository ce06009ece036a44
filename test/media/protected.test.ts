/** The checker on protected titles: what another packager encrypts breaks no rule of ours, and each rule finds its fault. */
import { createCipheriv, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectTitle, readKeys } from '../../src/cli/media-check.ts'
import { check, type Presentation } from '../../src/media/check.ts'
import { boxesIn, findBox } from '../../src/media/mp4-read.ts'
import { ffmpeg, scratchFolder } from '../support/clips.ts'
import { hasShakaPackager, SHAKA_KEYS, shakaPackage } from '../support/shaka-packager.ts'
import { box, bytes, type Change, file, text } from './faults.ts'

/** The rules for protection; the rest of what is said of another packager's manifests is not looked at here. */
const RULES = ['C06', 'C07', 'C08', 'C09', 'C10', 'D18', 'H46', 'H47']
const VIDEO = '/video/init.mp4'
const SOUND = '/audio/init.mp4'
const SEGMENT = '/video/1.m4s'
const MPD = '/main.mpd'
const TENC = 'moov/trak/mdia/minf/stbl/stsd'
const KID = '00010203-0405-0607-0809-0a0b0c0d0e0f'

let scratch: Awaited<ReturnType<typeof scratchFolder>>
const titles: Partial<Record<'clear' | 'cenc' | 'cbcs', Presentation>> = {}

beforeAll(async () => {
  if (!hasShakaPackager) return
  scratch = await scratchFolder()
  const clip = join(scratch.path, 'clip.mp4')
  // Frames of several kinds and slices: heads of every length.
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=4', '-f', 'lavfi', '-i', 'sine=d=4:r=48000'],
    ...['-c:v', 'libx264', '-preset', 'fast', '-x264-params', 'keyint=50:scenecut=0:slices=2:weightp=2:bframes=3'],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', clip],
  )
  for (const scheme of ['clear', 'cenc', 'cbcs'] as const) {
    const folder = join(scratch.path, scheme)
    const tracks = [
      { name: 'video', path: clip, stream: 'video' as const },
      { name: 'audio', path: clip, stream: 'audio' as const },
    ]
    await shakaPackage(folder, tracks, { segmentSeconds: 2, ...(scheme === 'clear' ? {} : { scheme }) })
    titles[scheme] = await collectTitle(join(folder, 'main.m3u8'))
  }
}, 60_000)
afterAll(() => scratch?.[Symbol.asyncDispose]())

/** Ids of the rules for protection that a title breaks. */
function broken(scheme: 'cenc' | 'cbcs', change?: Change): string[] {
  const files = new Map(titles[scheme]!.files)
  change?.(files)
  const found = check({ ...titles[scheme]!, files, keys: SHAKA_KEYS, clear: titles.clear! })
  return [...new Set(found.map(({ id }) => id))].filter((id) => RULES.includes(id))
}

/** Overwrites bytes of `tenc`, which lies deep in the sample entry; `at` counts from its body. */
function tenc(ending: string, at: number, ...values: number[]): Change {
  return file(ending, (it) => {
    const changed = Uint8Array.from(it.bytes)
    const stsd = findBox(changed, TENC)!
    const place = Buffer.from(changed.buffer, changed.byteOffset, changed.length).indexOf('tenc', stsd.body, 'latin1')
    changed.set(values, place + 4 + at)
    return { ...it, bytes: changed }
  })
}

/** Overwrites what `change` makes of the body of `senc` in a segment. */
function senc(change: (body: DataView) => void): Change {
  return file(SEGMENT, (it) => {
    const changed = Uint8Array.from(it.bytes)
    const found = findBox(changed, 'moof/traf/senc')!
    change(new DataView(changed.buffer, found.body, found.end - found.body))
    return { ...it, bytes: changed }
  })
}

/** Encrypts the segments of sound as wholes, as HLS does without DRM; `spoil` may change a segment or the key. */
function whole(spoil: { padding?: boolean; key?: number } = {}): Change {
  return (files) => {
    const key = randomBytes(16)
    const list = [...files.keys()].find((url) => url.endsWith('/audio/index.m3u8'))!
    const folder = list.slice(0, list.lastIndexOf('/') + 1)
    for (const [url, it] of files) {
      if (!url.startsWith(folder) || !url.endsWith('.m4s')) continue
      const cipher = createCipheriv('aes-128-cbc', key, Buffer.alloc(16))
      if (spoil.padding === false) cipher.setAutoPadding(false)
      const size = spoil.padding === false ? it.bytes.length - (it.bytes.length % 16) : it.bytes.length
      files.set(url, { ...it, bytes: Buffer.concat([cipher.update(it.bytes.subarray(0, size)), cipher.final()]) })
    }
    const keyBytes = randomBytes(spoil.key ?? 0)
    files.set(`${folder}key`, { ...files.get(list)!, url: `${folder}key`, bytes: spoil.key ? keyBytes : key })
    text('/audio/index.m3u8', /#EXT-X-KEY[^\n]*/, '#EXT-X-KEY:METHOD=AES-128,URI="key"')(files)
  }
}

describe.skipIf(!hasShakaPackager)('titles that Shaka Packager protected', () => {
  test('break no rule but the one that Apple plays no cenc', () => {
    expect(broken('cbcs')).toEqual([])
    expect(broken('cenc')).toEqual(['H47'])
    expect(broken('cbcs', whole())).not.toContain('H46')
  })

  test.each<[id: string, what: string, scheme: 'cenc' | 'cbcs', change: Change]>([
    ['C06', 'a scheme there is not', 'cbcs', bytes(VIDEO, 'schm\0\0\0\0cbcs', 'schm\0\0\0\0cbcx')],
    ['C06', 'no original format', 'cenc', bytes(VIDEO, 'frma', 'free')],
    ['C06', 'another key id than the manifest', 'cenc', tenc(VIDEO, 23, 0x77)],
    ['C07', 'no table of entries', 'cenc', bytes(SEGMENT, 'senc', 'free')],
    ['C07', 'an offset that leads elsewhere', 'cbcs', box(SEGMENT, 'moof/traf/saio', 11, 1)],
    ['C07', 'sizes that are not those of the entries', 'cenc', box(SEGMENT, 'moof/traf/saiz', 4, 7)],
    ['C07', 'subsamples that do not fill a sample', 'cenc', senc((it) => it.setUint16(18, it.getUint16(18) + 1))],
    [
      'C07',
      'protected bytes that are no whole blocks',
      'cenc',
      senc((it) => {
        it.setUint16(18, it.getUint16(18) + 1)
        it.setUint32(20, it.getUint32(20) - 1)
      }),
    ],
    ['C07', 'pictures in another pattern', 'cbcs', tenc(VIDEO, 5, 0x28)],
    ['C07', 'sound in the pattern of pictures', 'cbcs', tenc(SOUND, 5, 0x19)],
    ['C07', 'cbcs with a vector for each sample', 'cbcs', tenc(VIDEO, 7, 8)],
    [
      'C08',
      'a slice header that is hidden',
      'cenc',
      senc((it) => {
        // The head of the first unit keeps its length and type alone; what follows comes sixteen bytes sooner.
        const clear = it.getUint16(18)
        it.setUint16(18, clear - 16)
        it.setUint32(20, it.getUint32(20) + 16)
      }),
    ],
    [
      'C09',
      'one vector twice',
      'cenc',
      senc((it) => {
        // The first entry names two subsamples or more; the second begins behind them.
        const second = 8 + 8 + 2 + 6 * it.getUint16(16)
        for (let at = 0; at < 8; at++) it.setUint8(second + at, it.getUint8(8 + at))
      }),
    ],
    [
      'C10',
      'a sample that was damaged',
      'cbcs',
      file(SEGMENT, (it) => {
        const changed = Uint8Array.from(it.bytes)
        const mdat = boxesIn(changed).find(({ type }) => type === 'mdat')!
        changed[mdat.end - 1]! ^= 1
        return { ...it, bytes: changed }
      }),
    ],
    ['C10', 'a key nobody has', 'cenc', tenc(SOUND, 23, 0x77)],
    ['D18', 'a key id that is not the media’s', 'cenc', text(MPD, KID, KID.replace('0f', '10'))],
    ['D18', 'a scheme that is not the media’s', 'cbcs', text(MPD, 'value="cbcs"', 'value="cenc"')],
    ['D18', 'a system in large letters', 'cenc', text(MPD, 'urn:uuid:1077efec', 'urn:uuid:1077EFEC')],
    ['D18', 'data for another system', 'cenc', text(MPD, '1077efec', '1077efed')],
    ['D18', 'data that are no box', 'cenc', text(MPD, /<cenc:pssh>..../, '<cenc:pssh>AAAB')],
    ['D18', 'protection that is not named', 'cbcs', text(MPD, /<ContentProtection value[^>]*>/g, '')],
    ['H46', 'a key that is too long', 'cbcs', whole({ key: 17 })],
    ['H46', 'segments without padding', 'cbcs', whole({ padding: false })],
    ['H46', 'a method there is not', 'cbcs', text('/video/index.m3u8', 'SAMPLE-AES', 'SAMPLE-DES')],
    ['H47', 'cenc that calls itself SAMPLE-AES', 'cenc', text('/video/index.m3u8', 'SAMPLE-AES-CTR', 'SAMPLE-AES')],
    ['H47', 'no format of the key', 'cbcs', text('/video/index.m3u8', /,KEYFORMAT="[^"]*"/, '')],
  ])('%s finds %s', (id, _, scheme, change) => {
    expect(broken(scheme, change)).toContain(id)
  })

  test('C10 finds samples that any key shows', () => {
    const files = new Map(titles.cenc!.files)
    senc((it) => {
      const count = it.getUint32(4)
      for (let n = 0, at = 8; n < count; n++, at += 10 + 6 * it.getUint16(at + 8))
        for (let part = at + 10; part < at + 10 + 6 * it.getUint16(at + 8); part += 6) {
          it.setUint16(part, it.getUint16(part) + it.getUint32(part + 2))
          it.setUint32(part + 2, 0)
        }
    })(files)
    const found = check({ ...titles.cenc!, files, keys: SHAKA_KEYS, clear: titles.cenc! })
    expect(found.map(({ message }) => message)).toContain('another key shows the same: nothing is protected')
  })
})

test('keys are read as packagers write them, and nothing else is', () => {
  const [kid, key] = Object.entries(SHAKA_KEYS)[0]!
  expect(readKeys(`${KID}:${key},${'F'.repeat(32)}:${key}`)).toEqual({ [kid]: key, ['f'.repeat(32)]: key })
  for (const text of ['', kid, `${kid}:`, `${kid}:${key.slice(1)}`, `${kid}:${key};`])
    expect(readKeys(text)).toBeUndefined()
})
