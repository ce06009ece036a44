/** Subtitle tracks of a source become texts of the video, in their languages and at their times. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ffmpeg, scratchFolder } from '../support/clips.ts'
import { openHouse } from '../support/house.ts'
import { uploadFile } from '../support/publish.ts'

const srt = (words: string[]) =>
  words.map((word, n) => `${n + 1}\n00:00:0${n},500 --> 00:00:0${n + 1},000\n${word}\n`).join('\n')

test.each([
  ['texts.mkv', ['-c:s:0', 'srt', '-c:s:1', 'ass']],
  ['texts.mp4', ['-c:s', 'mov_text']],
])(
  'the subtitles in %s can be read beside the video',
  async (name, codecs) => {
    await using scratch = await scratchFolder()
    const path = (file: string) => join(scratch.path, file)
    await writeFile(path('en.srt'), srt(['Good morning', 'It <i>rains</i>']))
    await writeFile(path('de.srt'), srt(['Guten Morgen', 'Es regnet']))
    await ffmpeg(
      ...[
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=320x180:r=25:d=4',
        '-i',
        path('en.srt'),
        '-i',
        path('de.srt'),
        '-map',
        '0',
        '-map',
        '1',
        '-map',
        '2',
      ],
      ...[
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        ...codecs,
        '-metadata:s:s:0',
        'language=eng',
        '-metadata:s:s:1',
        'language=ger',
        path(name),
      ],
    )
    await using house = await openHouse({ settings: { 'transcode.preset': 'ultrafast' } })
    const boss = await house.admin()
    const id = await uploadFile(house, boss, path(name))
    await house.runJobs()

    const { items } = await house.anyone.call('listCaptions', { params: { videoId: id } })
    expect(items.map(({ language, kind, origin, cues }) => ({ language, kind, origin, cues }))).toEqual([
      { language: 'de', kind: 'subtitles', origin: 'source', cues: 2 },
      { language: 'en', kind: 'subtitles', origin: 'source', cues: 2 },
    ])
    const text = await (await house.anyone.fetch(items[1]!.address)).text()
    expect(text).toMatch(/^WEBVTT/)
    expect(text).toMatch(/00:00\.500 --> 00:0?0?:?01\.000[^\n]*\nGood morning/)
    expect(text).toMatch(/01\.500 --> [\d:]*02\.000[^\n]*\nIt (<i>)?rains/)
  },
  60_000,
)
