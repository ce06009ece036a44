/**
 * Every file of a folder of real media, odd and broken ones among them, through the whole platform: each must end ready and
 * decode to its full length in every rendition, or fail with a reason a person understands. Nothing may hang or crash.
 *
 *   npm run bench -- corpus [FOLDER] [PATTERN]      only files whose names match
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { refusals } from '../../src/contract/refusals.ts'
import { type House, openHouse } from '../support/house.ts'
import { tusClient } from '../support/tus.ts'

const LIMIT_MS = 180_000

export interface CorpusRow {
  file: string
  /** `ready`, `failed: code`, or what is wrong with us. */
  outcome: string
  wrong: boolean
}

export async function run(args: string[] = []): Promise<{ figures: Record<string, number | string>; summary: string }> {
  const folder = args[0] ?? '../shared/media'
  if (!existsSync(folder))
    return { figures: { 'wrong outcomes': 0 }, summary: `no media at ${folder}: nothing was run` }
  const files = (await readdir(folder))
    .filter((name) => !name.endsWith('.md'))
    .sort()
    .filter((name) => new RegExp(args[1] ?? '').test(name))
  await using house = await openHouse({ workers: true, settings: { 'transcode.preset': 'ultrafast' } })
  const rows: CorpusRow[] = []
  for (const file of files) {
    const row = await tryFile(house, join(folder, file))
    rows.push({ ...row, file })
    console.log(`${row.wrong ? 'WRONG' : 'ok   '} ${file}: ${row.outcome}`)
  }
  const wrong = rows.filter((row) => row.wrong)
  const ready = rows.filter(({ outcome }) => outcome.startsWith('ready'))
  return {
    figures: {
      files: rows.length,
      ready: ready.length,
      refused: rows.length - ready.length - wrong.length,
      'wrong outcomes': wrong.length,
    },
    summary: `${rows.length} files: ${ready.length} play in every rendition, ${rows.length - ready.length - wrong.length} refused with a reason, ${wrong.length} wrong`,
  }
}

async function tryFile(house: House, path: string): Promise<Omit<CorpusRow, 'file'>> {
  const boss = await house.admin()
  const video = await boss.call('createVideo', { body: { title: 'A file of the corpus' } })
  const tus = tusClient(house.address, { cookie: boss.cookie })
  const bytes = readFileSync(path)
  const made = await tus.create(bytes.byteLength, { video: video.id, filename: 'file' })
  if (made.status !== 201) return { outcome: `upload answered ${made.status} ${made.code}`, wrong: true }
  await tus.append(made.headers.location!.replace(/^https?:\/\/[^/]+/, ''), 0, bytes)
  const untilMs = performance.now() + LIMIT_MS
  for (;;) {
    const now = await boss.call('getVideo', { params: { videoId: video.id } })
    if (now.state === 'failed') {
      const known = now.reason && now.reason.code in refusals
      return { outcome: `failed: ${now.reason?.code} (${now.reason?.sentence})`, wrong: !known }
    }
    if (now.state === 'ready' && now.progress?.optimised !== false) break
    if (performance.now() > untilMs && now.state === 'ready') return firstAndLast(house, video.id)
    if (performance.now() > untilMs) return { outcome: `still ${now.state} after ${LIMIT_MS / 1000} s`, wrong: true }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const playback = await house.anyone.call('startPlayback', { params: { videoId: video.id } })
  const playlists = Object.keys(playback.playlists).filter((name) => name !== 'main.m3u8')
  const lengths: string[] = []
  for (const name of playlists) {
    const { seconds, complaints } = await decode(`${house.address}${playback.hls.replace('main.m3u8', name)}`)
    lengths.push(`${name.split('/')[0]} ${seconds.toFixed(2)} s`)
    const off = Math.abs(seconds - playback.durationMs / 1000)
    if (complaints) return { outcome: `${name} does not decode cleanly: ${complaints.slice(0, 300)}`, wrong: true }
    if (off > 0.15) return { outcome: `${name} lasts ${seconds} s of ${playback.durationMs / 1000}`, wrong: true }
  }
  return { outcome: `ready, ${lengths.join(', ')}`, wrong: false }
}

/** For long titles that are not complete yet: the first and the last segment of every rendition, made on demand. */
async function firstAndLast(house: House, videoId: string): Promise<Omit<CorpusRow, 'file'>> {
  const playback = await house.anyone.call('startPlayback', { params: { videoId } })
  for (const [name, text] of Object.entries(playback.playlists)) {
    const pieces = text.split('\n').filter((line) => line.endsWith('.m4s'))
    for (const piece of [pieces[0], pieces.at(-1)]) {
      if (!piece) continue
      const answer = await house.anyone.fetch(playback.hls.replace('main.m3u8', name.replace('index.m3u8', piece)))
      await answer.arrayBuffer()
      if (answer.status !== 200) return { outcome: `${name} ${piece} answered ${answer.status}`, wrong: true }
    }
  }
  return { outcome: 'ready, first and last segment of every rendition; still being completed', wrong: false }
}

/** Decodes one playlist to its end with FFmpeg, and says how long it is and what FFmpeg had to complain about. */
function decode(address: string): Promise<{ seconds: number; complaints: string }> {
  const child = spawn(
    'ffmpeg',
    ['-nostdin', '-hide_banner', '-v', 'warning', '-xerror', '-progress', 'pipe:1', '-i', address, '-f', 'null', '-'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let out = ''
  let complaints = ''
  child.stdout.on('data', (text) => (out += text))
  child.stderr.on('data', (text) => (complaints += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => {
      const last = [...out.matchAll(/out_time_us=(\d+)/g)].at(-1)?.[1]
      resolve({ seconds: Number(last ?? 0) / 1e6, complaints: complaints.trim() })
    })
  })
}
