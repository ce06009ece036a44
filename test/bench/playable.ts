/**
 * From the last byte of an upload to the first frame in a browser, for a clip of ten seconds, one of ten minutes and one of
 * two hours (1080p30). The watch page is open while the upload ends, as it is for a person who waits; the clock runs from the
 * acknowledgement of the last byte to the first frame that Chromium presents.
 *
 *   npm run bench -- playable [ROUNDS]
 *
 * Yardstick from the same run: the plain round trip of reading the video's state, taken right before.
 */
import { open, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { type Browser, chromium } from 'playwright-core'
import { type Call, connect } from '../../src/contract/client.ts'
import { encodeMetadata } from '../../src/contract/tus.ts'
import { CHROMIUM_ARGUMENTS, findChromium } from '../support/chromium.ts'
import { ffmpeg, scratchFolder } from '../support/clips.ts'
import { freePort, type Server, startServer } from '../support/server.ts'

const LAST_BYTES = 64 * 1024
const FIRST_FRAME_MS = 60_000

interface Account {
  call: Call
  cookie: string
}

export async function run(args: string[] = []): Promise<{ figures: Record<string, number>; summary: string }> {
  const rounds = Number(args[0] ?? 5)
  await using scratch = await scratchFolder()
  const clips = await makeClips(scratch.path)
  const server = await startServer(await freePort(), ['--data', `${scratch.path}/data`])
  const browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_ARGUMENTS })
  const figures: Record<string, number> = {}
  try {
    const account = await signUp(server)
    for (const [name, path] of Object.entries(clips)) {
      const times: number[] = []
      const readies: number[] = []
      // The first round warms the browser's code and the file cache, and is not counted.
      for (let round = 0; round <= rounds; round++) {
        const { firstFrameMs, readyMs } = await playOnce(server, browser, account, path)
        if (round > 0) times.push(firstFrameMs)
        if (round > 0) readies.push(readyMs)
        console.log(
          `${name}, ${round === 0 ? 'warm-up' : `round ${round}`}: ready ${readyMs.toFixed(0)} ms, first frame ${firstFrameMs.toFixed(0)} ms`,
        )
      }
      figures[`${name}_ready_p50_ms`] = at(readies, 0.5)
      figures[`${name}_first_frame_p50_ms`] = at(times, 0.5)
      figures[`${name}_first_frame_p95_ms`] = at(times, 0.95)
    }
    figures.two_hours_minus_ten_seconds_ms = figures['2h_first_frame_p50_ms']! - figures['10s_first_frame_p50_ms']!
  } finally {
    await browser.close()
    await server.stop()
  }
  return {
    figures,
    summary: `last byte to first frame, p50: 10 s ${figures['10s_first_frame_p50_ms']} ms, 10 min ${figures['10min_first_frame_p50_ms']} ms, 2 h ${figures['2h_first_frame_p50_ms']} ms`,
  }
}

async function makeClips(folder: string): Promise<Record<string, string>> {
  const minute = `${folder}/minute.mp4`
  await ffmpeg(
    ...[
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=1920x1080:r=30:d=60,noise=alls=6:allf=t',
      '-f',
      'lavfi',
      '-i',
      'sine=f=330:d=60:r=48000',
    ],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-b:v',
      '2500k',
      '-maxrate',
      '3000k',
      '-bufsize',
      '3000k',
      '-g',
      '120',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      '-ac',
      '2',
      minute,
    ],
  )
  const cut = async (name: string, seconds: number) => {
    const path = `${folder}/${name}.mp4`
    await ffmpeg(
      '-stream_loop',
      '-1',
      '-i',
      minute,
      '-t',
      String(seconds),
      '-c',
      'copy',
      '-movflags',
      '+faststart',
      path,
    )
    return path
  }
  return { '10s': await cut('10s', 10), '10min': await cut('10min', 600), '2h': await cut('2h', 7200) }
}

async function signUp(server: Server): Promise<Account> {
  const answer = await fetch(`${server.address}/api/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'bench@example.org', password: 'a bench of one', name: 'Bench' }),
  })
  if (!answer.ok) throw new Error(`no account: ${answer.status} ${await answer.text()}`)
  const cookie = answer.headers.getSetCookie()[0]!.split(';')[0]!
  return { cookie, call: connect({ server: server.address, headers: { cookie, 'sec-fetch-site': 'same-origin' } }) }
}

/** Uploads the clip but for its last bytes, opens the watch page, sends the last bytes, and waits for the first frame. */
async function playOnce(
  server: Server,
  browser: Browser,
  account: Account,
  path: string,
): Promise<{ firstFrameMs: number; readyMs: number }> {
  const video = await account.call('createVideo', { body: { title: 'A clip of the bench' } })
  const { size } = await stat(path)
  const headers = { 'tus-resumable': '1.0.0', cookie: account.cookie, 'sec-fetch-site': 'same-origin' }
  const made = await fetch(`${server.address}/api/uploads`, {
    method: 'POST',
    headers: {
      ...headers,
      'upload-length': String(size),
      'upload-metadata': encodeMetadata({ video: video.id, filename: 'clip.mp4' }),
    },
  })
  if (made.status !== 201) throw new Error(`the upload was refused: ${made.status} ${await made.text()}`)
  const upload = new URL(made.headers.get('location')!, server.address).href
  const file = await open(path)
  const send = async (from: number, to: number) => {
    const answer = await fetch(upload, {
      method: 'PATCH',
      headers: {
        ...headers,
        'content-type': 'application/offset+octet-stream',
        'upload-offset': String(from),
        'content-length': String(to - from),
      },
      body: Readable.toWeb(
        file.createReadStream({ start: from, end: to - 1, autoClose: false }),
      ) as ReadableStream<Uint8Array>,
      duplex: 'half',
    } as RequestInit)
    if (answer.status !== 204) throw new Error(`the bytes were refused: ${answer.status} ${await answer.text()}`)
  }
  const [name = '', value = ''] = account.cookie.split('=')
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  await context.addCookies([{ name, value, url: server.address }])
  try {
    await send(0, size - LAST_BYTES)
    const page = await context.newPage()
    await page.goto(`${server.address}/watch/${video.id}`, { waitUntil: 'networkidle' })
    const frame = page.evaluate(firstFrame, FIRST_FRAME_MS)
    await send(size - LAST_BYTES, size)
    const lastByteMs = Date.now()
    const ready = untilReady(account, video.id)
    const firstFrameMs = (await frame) - lastByteMs
    return { firstFrameMs, readyMs: (await ready) - lastByteMs }
  } finally {
    await file.close()
    await context.close()
    await account.call('removeVideo', { params: { videoId: video.id } })
  }
}

async function untilReady(account: Account, videoId: string): Promise<number> {
  for (;;) {
    const { state, reason } = await account.call('getVideo', { params: { videoId } })
    if (state === 'ready') return Date.now()
    if (state === 'failed') throw new Error(`the clip failed: ${reason?.code}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** In the page: resolves with the time at which the first frame of the player's video was presented. */
function firstFrame(limitMs: number): Promise<number> {
  // biome-ignore lint/suspicious/noExplicitAny: runs in the browser, whose types are not those of this program
  const { document } = globalThis as any
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => reject(new Error('no frame came')), limitMs)
    const look = setInterval(() => {
      const video = document.querySelector('vitascope-player')?.shadowRoot?.querySelector('video')
      if (!video) return
      clearInterval(look)
      video.muted = true
      video.requestVideoFrameCallback(() => {
        clearTimeout(giveUp)
        resolve(Date.now())
      })
    }, 5)
  })
}

/** The value below which a share of the values lies (nearest rank). */
function at(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!)
}
