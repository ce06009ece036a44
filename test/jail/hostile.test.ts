/**
 * Uploads that are not what they seem: playlists and scripts that name other files or other servers. Each goes through the
 * jail twice: as the media engine probes it, where it must be refused, and bare, where the walls alone must hold.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { probeArgs } from '../../src/media/probe.ts'
import { readConfig } from '../../src/platform/config.ts'
import { openLog } from '../../src/platform/log.ts'
import { openJail } from '../../src/platform/process/open-jail.ts'
import type { Jail } from '../../src/platform/process.ts'

const limits = { wallMs: 15_000, memoryBytes: 2 * 1024 ** 3, outputBytes: 4 * 1024 ** 2, nice: 0 }

let folder: string
let victim: string
let jail: Jail
let listener: Server
let port: number
let calls = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'))
  victim = join(folder, 'victim.mp4')
  const picture = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=160x120:rate=10:duration=1',
    '-c:v',
    'libx264',
    '-metadata',
    'title=TOP-SECRET-CANARY',
  ]
  execFileSync('ffmpeg', ['-v', 'error', ...picture, victim])
  await writeFile(join(folder, 'victim.txt'), 'TOP-SECRET-CANARY\n')
  jail = await openJail(readConfig({}, {}), openLog('silent'))
  listener = createServer((socket) => {
    calls++
    socket.end()
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  port = (listener.address() as AddressInfo).port
})
beforeEach(() => {
  calls = 0
})
afterAll(async () => {
  await new Promise((resolve) => listener.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

const playlist = (address: string) => `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${address}\n#EXT-X-ENDLIST\n`

/** An AVI whose subtitle track (GAB2) is a playlist, which XBIN would show as a picture: the shape of the published trick. */
function aviWithPlaylist(address: string): Buffer {
  const chunk = (id: string, body: Buffer) => {
    const head = Buffer.alloc(8)
    head.write(id, 'latin1')
    head.writeUInt32LE(body.length, 4)
    return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
  }
  const list = (kind: string, ...parts: Buffer[]) => chunk('LIST', Buffer.concat([Buffer.from(kind), ...parts]))
  const mainHeader = Buffer.alloc(56)
  mainHeader.writeUInt32LE(1, 24)
  const streamHeader = Buffer.alloc(56)
  streamHeader.write('txts')
  streamHeader.writeUInt32LE(1, 20)
  streamHeader.writeUInt32LE(1, 24)
  const name = Buffer.from('s.m3u8\0', 'utf16le')
  const script = Buffer.from(playlist(address))
  const sizes = (value: number) => {
    const word = Buffer.alloc(4)
    word.writeUInt32LE(value)
    return word
  }
  const two = Buffer.from([2, 0])
  const subtitle = Buffer.concat([
    Buffer.from('GAB2\0'),
    two,
    sizes(name.length),
    name,
    Buffer.from([4, 0]),
    sizes(script.length),
    script,
  ])
  const header = list(
    'hdrl',
    chunk('avih', mainHeader),
    list('strl', chunk('strh', streamHeader), chunk('strf', Buffer.alloc(40))),
  )
  const body = Buffer.concat([Buffer.from('AVI '), header, list('movi', chunk('00tx', subtitle))])
  return chunk('RIFF', body)
}

const attacks: Record<string, () => string | Buffer> = {
  'a playlist that names a neighbour’s video': () => playlist(`file://${victim}`),
  'a playlist that names a relative file': () => playlist('victim.mp4'),
  'a playlist that reads a text by concat': () =>
    playlist(`concat:file://${join(folder, 'victim.txt')}|file:///etc/passwd`),
  'a concat script with an absolute name': () => `ffconcat version 1.0\nfile ${victim}\n`,
  'a concat script with a relative name': () => 'ffconcat version 1.0\nfile victim.mp4\n',
  'a playlist that calls a server': () => playlist(`http://127.0.0.1:${port}/segment.ts`),
  'a playlist whose key calls a server': () =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-KEY:METHOD=AES-128,URI="http://127.0.0.1:${port}/key"\n#EXTINF:5,\nfile://${victim}\n#EXT-X-ENDLIST\n`,
  'a manifest of DASH that calls a server': () =>
    `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT5S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>http://127.0.0.1:${port}/v.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`,
  'a session description that listens': () =>
    `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${port} RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
  'an AVI whose subtitles are a playlist': () => aviWithPlaylist(`file://${victim}`),
}

async function probe(args: string[], inputPath: string) {
  const running = jail.start({ program: 'ffprobe', args, inputPath, pipes: 0, limits })
  const [output, ending] = await Promise.all([text(running.stdout), running.done])
  return { output, ...ending }
}

test.each(Object.keys(attacks))('%s gets nowhere', async (name) => {
  const disguised = join(folder, 'upload.mp4')
  await writeFile(disguised, attacks[name]!())

  const refused = await probe(probeArgs(jail.inputName(disguised)), disguised)
  const bare = await probe(['-v', 'error', '-show_format', '-show_streams', jail.inputName(disguised)], disguised)

  expect(jail.kind).toBe('bubblewrap')
  for (const { output, stderr } of [refused, bare]) expect(output + stderr).not.toContain('TOP-SECRET-CANARY')
  expect(refused.output).not.toContain('"codec_type":"video"')
  expect(refused.output).not.toContain('"codec_type": "video"')
  expect(calls).toBe(0)
})

test('without the jail the same playlist would have opened the neighbour’s video', async () => {
  const disguised = join(folder, 'upload.mp4')
  await writeFile(disguised, playlist(`file://${victim}`))

  const output = execFileSync('ffprobe', ['-v', 'error', '-show_streams', disguised], {
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString()

  expect(output).toContain('codec_type=video')
})

test('an honest video is read', async () => {
  const { output, exitCode } = await probe(probeArgs(jail.inputName(victim)), victim)

  expect(exitCode).toBe(0)
  expect(JSON.parse(output).streams[0]).toMatchObject({ codec_name: 'h264', width: 160 })
})
