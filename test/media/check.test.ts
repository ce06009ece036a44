/** The checker: what we package breaks no rule, and each rule finds the fault that it is for. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchOne } from '../../src/cli/media-check.ts'
import { check, collect, type Presentation } from '../../src/media/check.ts'
import { boxesIn, findBox } from '../../src/media/mp4-read.ts'
import { makeClip, scratchFolder } from '../support/clips.ts'
import { openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'
import { box, type Change, file, head, text } from './faults.ts'

let good: Presentation
let scratch: Awaited<ReturnType<typeof scratchFolder>>

beforeAll(async () => {
  scratch = await scratchFolder()
  const clip = await makeClip(scratch.path, 'clip.mp4', { seconds: 8, size: '854x480' })
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const id = await uploadFile(house, ana, clip)
  await house.runJobs()
  await ana.fetch(`/api/videos/${id}/captions/en`, {
    method: 'PUT',
    body: 'WEBVTT\n\n00:01.000 --> 00:02.000\nOne\n\n00:03.000 --> 00:04.000\nTwo',
  })
  const { hls, dash } = await house.anyone.call('startPlayback', { params: { videoId: id } })
  good = await collect({ hls: house.address + hls, dash: house.address + dash }, fetchOne, true)
}, 120_000)
afterAll(() => scratch[Symbol.asyncDispose]())

test('a title as we package it breaks no rule that must hold, and none that should', () => {
  expect(good.files.size).toBeGreaterThan(20)
  expect(good.files.get(good.hls!)?.unmade).toBeUndefined()
  expect(check(good).filter(({ level }) => level !== 'N')).toEqual([])
})

const MAIN = '/main.m3u8'
const LIST = '/480p/index.m3u8'
const MPD = '/main.mpd'
const SECOND =
  '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Two",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2"\n'
const KEY = '#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x00000000000000000000000000000001\n#EXTINF'

const faults: [id: string, what: string, change: Change][] = [
  ['H01', 'a byte order mark', text(MAIN, /^/, '\uFEFF')],
  ['H01', 'a control character', text(LIST, '#EXT-X-MEDIA-SEQUENCE', '\u0007#EXT-X-MEDIA-SEQUENCE')],
  ['H02', 'a version too low', text(LIST, 'VERSION:6', 'VERSION:5')],
  ['H02', 'two versions', text(MAIN, '#EXT-X-VERSION:6', '#EXT-X-VERSION:6\n#EXT-X-VERSION:6')],
  [
    'H03',
    'a segment tag in the multivariant playlist',
    text(MAIN, '#EXT-X-INDEPENDENT', '#EXT-X-TARGETDURATION:4\n#EXT-X-INDEPENDENT'),
  ],
  ['H04', 'no codecs', text(MAIN, /CODECS="avc1[^"]*mp4a[^"]*",/, '')],
  ['H04', 'the wrong profile', text(MAIN, /CODECS="avc1\.64/, 'CODECS="avc1.42')],
  ['H05', 'the wrong size', text(MAIN, 'RESOLUTION=854x480', 'RESOLUTION=852x480')],
  ['H06', 'the wrong rate', text(MAIN, 'FRAME-RATE=30.000', 'FRAME-RATE=29.900')],
  ['H07', 'too little bandwidth', text(MAIN, /BANDWIDTH=\d+/, 'BANDWIDTH=1000')],
  ['H08', 'no average', text(MAIN, /AVERAGE-BANDWIDTH=\d+,/, '')],
  ['H10', 'segments that may not be independent', text(MAIN, '#EXT-X-INDEPENDENT-SEGMENTS\n', '')],
  ['H11', 'one rung', text(MAIN, /#EXT-X-STREAM-INF[^\n]*\n360p[^\n]*\n/, '')],
  ['H12', 'nothing for winding', text(MAIN, /#EXT-X-I-FRAME[^\n]*\n/, '')],
  ['H13', 'a range that is not true', text(MAIN, 'CLOSED-CAPTIONS=NONE', 'VIDEO-RANGE=PQ,CLOSED-CAPTIONS=NONE')],
  ['H14', 'sound in no group', text(MAIN, 'AUDIO="audio",', '')],
  ['H15', 'sound in no language', text(MAIN, /LANGUAGE="und",/, '')],
  ['H16', 'two of one name', text(MAIN, '#EXT-X-MEDIA', `${SECOND}${SECOND}#EXT-X-MEDIA`)],
  [
    'H16',
    'groups of other languages',
    text(MAIN, '#EXT-X-MEDIA', `${SECOND.replace('"audio"', '"more"')}#EXT-X-MEDIA`),
  ],
  ['H17', 'a group there is not', text(MAIN, 'AUDIO="audio"', 'AUDIO="other"')],
  [
    'H18',
    'no stereo in a language',
    text(MAIN, '#EXT-X-MEDIA', `${SECOND.replace('CHANNELS="2"', 'CHANNELS="6"')}#EXT-X-MEDIA`),
  ],
  ['H18', 'channels that the media has not', text(MAIN, 'CHANNELS="2"', 'CHANNELS="1"')],
  ['H19', 'no word on closed captions', text(MAIN, ',CLOSED-CAPTIONS=NONE', '')],
  ['H20', 'half of the characteristics', text(MAIN, ',public.accessibility.describes-music-and-sound', '')],
  ['H21', 'another shape', text(MAIN, 'RESOLUTION=640x360', 'RESOLUTION=480x360')],
  ['H22', 'a heavy start', text(MAIN, /BANDWIDTH=\d+/, 'BANDWIDTH=9000000')],
  [
    'H23',
    'no H.264',
    (files) => {
      for (const it of ['', '']) text(MAIN, /avc1\.[0-9a-f]+,/, `hvc1.1.6.L93.B0,${it}`)(files)
    },
  ],
  ['H30', 'a segment above the target', text(LIST, /EXTINF:[\d.]+/, 'EXTINF:9.000000')],
  ['H32', 'no end', text(LIST, '#EXT-X-ENDLIST\n', '')],
  ['H33', 'another target', text(LIST, /TARGETDURATION:\d+/, 'TARGETDURATION:8')],
  ['H34', 'times that are not the media', text(LIST, /EXTINF:2\.000000/, 'EXTINF:1.500000')],
  ['H35', 'other cuts', text(LIST, /EXTINF:2\.000000,\n0/, 'EXTINF:1.900000,\n0')],
  ['H36', 'no initialisation segment', text(LIST, /#EXT-X-MAP[^\n]*\n/, '')],
  [
    'H37',
    'a segment without a key frame',
    (files) => {
      file('/480p/1.m4s', (it) => {
        const bytes = Uint8Array.from(it.bytes)
        const mdat = boxesIn(bytes).find(({ type }) => type === 'mdat')!
        const view = new DataView(bytes.buffer)
        for (let at = mdat.body; at + 5 < mdat.end; at += 4 + view.getUint32(at))
          if ((bytes[at + 4]! & 31) === 5) bytes[at + 4] = 0x61
        return { ...it, bytes }
      })(files)
    },
  ],
  ['H38', 'key frames far apart', box('/480p/1.m4s', 'moof/traf/trun', 16, 1, 1, 0, 0)],
  [
    'H41',
    'two tracks',
    file('/480p/init.mp4', (it) => {
      const moov = boxesIn(it.bytes).find(({ type }) => type === 'moov')!
      const trak = findBox(it.bytes, 'moov/trak')!
      const bytes = Buffer.concat([it.bytes, it.bytes.subarray(trak.start, trak.end)])
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(moov.start, moov.end - moov.start + trak.end - trak.start)
      return { ...it, bytes }
    }),
  ],
  [
    'H09',
    'a peak far above the mean',
    file('/480p/0.m4s', (it) => {
      const padding = Buffer.alloc(4_000_000)
      padding.writeUInt32BE(padding.length)
      padding.write('free', 4)
      return { ...it, bytes: Buffer.concat([it.bytes, padding]) }
    }),
  ],
  ['H39', 'a gap', box('/480p/1.m4s', 'moof/traf/tfdt', 10, 0xff)],
  ['H40', 'a discontinuity of one rung', text(LIST, /(#EXTINF[^\n]*\n1\.m4s)/, '#EXT-X-DISCONTINUITY\n$1')],
  [
    'H42',
    'parameter sets in the stream',
    file('/480p/init.mp4', (it) => ({
      ...it,
      bytes: Uint8Array.from(Buffer.from(Buffer.from(it.bytes).toString('latin1').replace('avc1', 'avc3'), 'latin1')),
    })),
  ],
  ['H43', 'too many frames', box('/480p/init.mp4', 'moov/trak/mdia/mdhd', 12, 0, 0xff, 0, 0)],
  ['H44', 'no I-FRAMES-ONLY', text('/trick/index.m3u8', '#EXT-X-I-FRAMES-ONLY\n', '')],
  [
    'H44',
    'more than a key frame',
    (files) => {
      const from = [...files].find(([url]) => url.endsWith('/360p/0.m4s'))![1]
      file('/trick/0.m4s', head({ bytes: from.bytes }))(files)
    },
  ],
  ['H45', 'no header', text('.vtt', 'WEBVTT', 'WEBVT')],
  ['H45', 'cues out of order', text('.vtt', '00:00:03.000 -->', '00:00:00.500 -->')],
  ['H46', 'a short IV', text(LIST, '#EXTINF', KEY.replace('0x0000', '0x'))],
  ['H46', 'segments that are no blocks', text(LIST, '#EXTINF', KEY)],
  ['H47', 'CTR for Apple', text(LIST, '#EXTINF', KEY.replace('AES-128', 'SAMPLE-AES-CTR'))],
  ['H48', 'the wrong type', file(LIST, head({ type: 'text/plain' }))],
  ['H49', 'a redirect', file('/480p/1.m4s', head({ redirected: true }))],
  ['H51', 'a segment that is gone', file('/480p/1.m4s', head({ status: 404 }))],
  ['H52', 'tiles that are no grid of the sheet', text('/storyboard/index.m3u8', 'LAYOUT=5x5', 'LAYOUT=4x5')],
  [
    'C01',
    'no promise of fragments',
    file('/480p/init.mp4', (it) => ({
      ...it,
      bytes: Uint8Array.from(Buffer.from(Buffer.from(it.bytes).toString('latin1').replace('mvex', 'free'), 'latin1')),
    })),
  ],
  ['C02', 'numbers that fall', box('/480p/1.m4s', 'moof/mfhd', 4, 0, 0, 0, 0)],
  [
    'C02',
    'no time',
    file('/480p/1.m4s', (it) => ({
      ...it,
      bytes: Uint8Array.from(Buffer.from(Buffer.from(it.bytes).toString('latin1').replace('tfdt', 'free'), 'latin1')),
    })),
  ],
  ['C03', 'another clock', box('/480p/init.mp4', 'moov/trak/mdia/mdhd', 12, 0, 0, 0x11, 0x11)],
  ['C04', 'samples beside the data', box('/480p/1.m4s', 'moof/traf/trun', 11, 0)],
  ['C05', 'an edit that cuts', box('/480p/init.mp4', 'moov/trak/edts/elst', 8, 0x7f, 0xff, 0xff, 0xff)],
  [
    'C06',
    'encryption that is not described',
    (files) => {
      file('/480p/init.mp4', (it) => ({
        ...it,
        bytes: Uint8Array.from(
          Buffer.from(
            Buffer.from(it.bytes).toString('latin1').replace('avc1\0\0\0\0\0\0\0\u0001', 'encv\0\0\0\0\0\0\0\u0001'),
            'latin1',
          ),
        ),
      }))(files)
    },
  ],
  ['D01', 'a manifest that is not closed', text(MPD, '</MPD>', '')],
  [
    'D01',
    'children in the wrong order',
    text(MPD, /(<Role [^>]*>)(\s*<SegmentTemplate[\s\S]*?<\/SegmentTemplate>)/, '$2$1'),
  ],
  ['D01', 'an attribute nobody knows', text(MPD, '<Period ', '<Period colour="green" ')],
  ['D01', 'a duration that is none', text(MPD, /minBufferTime="PT[^"]*"/, 'minBufferTime="4 s"')],
  ['D01', 'a segment without a length', text(MPD, /(<S [^>]*)d="\d+"/, '$1')],
  ['D01', 'a set within a set', text(MPD, '<Role', '<AdaptationSet id="77"/><Role')],
  ['D02', 'an unknown profile', text(MPD, 'isoff-live', 'isoff-life')],
  ['D03', 'a live attribute', text(MPD, 'type="static"', 'type="static" minimumUpdatePeriod="PT2S"')],
  ['D04', 'a period of another length', text(MPD, /(<Period[^>]*duration=")PT8S/, '$1PT5S')],
  ['D05', 'an empty set', text(MPD, '</Period>', '<AdaptationSet contentType="audio" lang="en"/></Period>')],
  ['D06', 'two of one id', text(MPD, 'id="480p"', 'id="360p"')],
  ['D07', 'a size above the maximum', text(MPD, 'maxHeight="480"', 'maxHeight="360"')],
  ['D08', 'a bandwidth that starves', text(MPD, /(id="480p"[^>]*bandwidth=")\d+/, '$11000')],
  [
    'D09',
    'a list of segments',
    text(
      MPD,
      '<SegmentTimeline>',
      '<SegmentTimeline/></SegmentTemplate><SegmentList/><SegmentTemplate><SegmentTimeline>',
    ),
  ],
  ['D10', 'an unknown identifier', text(MPD, '$Number$', '$Numero$')],
  ['D11', 'a timeline that stops early', text(MPD, / r="3"/, '')],
  ['D12', 'a timeline that is late', text(MPD, '<S t="0"', '<S t="500"')],
  [
    'D13',
    'a set that is not aligned',
    text(
      MPD,
      /<Representation id="480p"([^>]*)\/>/,
      '<Representation id="480p"$1><SegmentTemplate timescale="30000" duration="90000" startNumber="0" initialization="480p/init.mp4" media="480p/$$Number$$.m4s"/></Representation>',
    ),
  ],
  ['D14', 'the on-demand profile without an index', text(MPD, 'isoff-live', 'isoff-on-demand')],
  [
    'D15',
    'several sets and none the main one',
    text(
      MPD,
      /(<AdaptationSet id="1"[\s\S]*?)value="main"([\s\S]*?<\/AdaptationSet>)/,
      '$1value="alternate"$2<AdaptationSet contentType="video"/>',
    ),
  ],
  ['D16', 'an unknown role', text(MPD, 'value="main"', 'value="hero"')],
  ['D17', 'another rate of sound', text(MPD, 'audioSamplingRate="48000"', 'audioSamplingRate="44100"')],
  ['D17', 'too many channels', text(MPD, /(audio_channel_configuration:2011" value=")2/, '$16')],
  [
    'D18',
    'protection without a key id',
    text(MPD, '<Role', '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc"/><Role'),
  ],
  ['D19', 'a grid that does not divide', text(MPD, 'value="5x5"', 'value="7x5"')],
  ['D20', 'a segment under another scheme', text(MPD, '<Period', '<BaseURL>ftp://example.org/</BaseURL><Period')],
  ['D21', 'segments of its own', text(MPD, /(id="1"[\s\S]*?)startNumber="0"/, '$1startNumber="1"')],
  [
    'D22',
    'switching and not',
    text(MPD, /<Period ([^>]*>\s*<AdaptationSet )/, '<Period bitstreamSwitching="true" $1bitstreamSwitching="false" '),
  ],
]

// D21: what is taken out of one manifest alone is in the other still.
const change = (...changes: Change[]) => {
  const files = new Map(good.files)
  for (const make of changes) make(files)
  return check({ ...good, files }).filter(({ id }) => id !== 'H31' && id !== 'D21')
}

test('of a title that is not complete yet this is told, and guesses are no faults of it', () => {
  const half: Change[] = [
    text(MAIN, /BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+(?=[^\n]*854x480)/, 'BANDWIDTH=1001,AVERAGE-BANDWIDTH=1000'),
    text(MAIN, /#EXT-X-I-FRAME[^\n]*\n/, ''),
    text(MPD, /(id="480p"[^>]*bandwidth=")\d+/, '$11000'),
  ]
  const hint = [MAIN, MPD].map((name) => file(name, head({ unmade: ['480p', 'trick'] })))
  const other = [MAIN, MPD].map((name) => file(name, head({ unmade: ['360p'] })))

  expect(new Set(change(...half).map(({ id }) => id))).toEqual(new Set(['D08', 'H07', 'H08', 'H12']))
  expect(change(...half, ...hint)).toEqual([
    { id: 'T01', level: 'N', message: expect.stringContaining('of 480p, trick not everything is made') },
  ])
  expect(new Set(change(...half, ...other).map(({ id }) => id))).toEqual(new Set(['D08', 'H07', 'H08', 'H12', 'T01']))
})

test('an answer that is no success is told with its status, and its body is not read', () => {
  const body = new TextEncoder().encode('{"error":{"code":"still_making"}}')
  const refused = ['/480p/1.m4s', '/360p/init.mp4', '/trick/0.m4s'].map((name) =>
    file(name, head({ status: 503, bytes: body })),
  )
  const found = change(...refused)
  expect(new Set(found.map(({ id, message }) => `${id} ${message}`))).toEqual(
    new Set(['H51 it was answered with 503', 'D20 it was answered with 503']),
  )
})

test.each(faults)('%s finds %s', (id, _, change) => {
  const files = new Map(good.files)
  change(files)
  expect(check({ ...good, files }).map((it) => it.id)).toContain(id)
})

test('every rule of the house has a title that breaks it', () => {
  const number = (n: number) => String(n).padStart(2, '0')
  const run = (letter: string, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, n) => `${letter}${number(from + n)}`)
  const rules = [...run('C', 1, 10), ...run('D', 1, 22), ...run('H', 1, 23), ...run('H', 30, 52)]
  const here = readFileSync(import.meta.filename, 'utf8')
  const there = readFileSync(join(import.meta.dirname, 'protected.test.ts'), 'utf8')
  // H31 and H50 have a story of their own below.
  const proven = new Set([...`${here}${there}`.matchAll(/^ {2,4}\[\s*'([CDH]\d\d)'/gm)].map(([, id]) => id!))
  expect([...proven, 'H31', 'H50'].sort()).toEqual(rules)
})

test('H50 finds a title that is served without TLS, and nothing is said of this machine to itself', () => {
  const away = (url: string) => url.replace(/^http:\/\/[^/]+/, 'http://media.example.org')
  const files = new Map([...good.files].map(([url, it]) => [away(url), { ...it, url: away(url) }]))
  const found = check({ ...good, hls: away(good.hls!), dash: away(good.dash!), files })
  expect(found.filter(({ level }) => level !== 'N').map(({ id }) => id)).toEqual(['H50'])
  expect(found.find(({ id }) => id === 'H31')?.level).toBe('N')
})
