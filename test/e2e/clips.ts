/** Videos for journeys: clips made by FFmpeg, and a way to publish one without a browser. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { z } from 'zod'
import { encodeMetadata, OFFSET_CONTENT_TYPE, TUS_VERSION, UPLOADS_PATH } from '../../src/contract/tus.ts'
import type { VideoDraft } from '../../src/contract/videos.ts'
import type { Member } from '../support/house.ts'

const run = promisify(execFile)

export interface Clip {
  seconds: number
  width: number
  height: number
}

/** A test picture with a tone; resolves to the path of the file. */
export async function makeClip(folder: string, name: string, { seconds, width, height }: Clip): Promise<string> {
  const path = join(folder, name)
  const picture = `testsrc2=size=${width}x${height}:rate=10:duration=${seconds}`
  const tone = `sine=frequency=440:duration=${seconds}`
  const encoding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest']
  await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', tone, ...encoding, path])
  return path
}

export type Draft = z.input<typeof VideoDraft>

/** Uploads a file as a member would, and resolves to the video's id once it can be watched. */
export async function publish(member: Member, path: string, draft: Draft): Promise<string> {
  const video = await member.call('createVideo', { body: draft })
  const bytes = await readFile(path)
  const answer = await member.fetch(UPLOADS_PATH, {
    method: 'POST',
    headers: {
      'tus-resumable': TUS_VERSION,
      'upload-length': String(bytes.byteLength),
      'upload-metadata': encodeMetadata({ video: video.id, filename: basename(path) }),
      'content-type': OFFSET_CONTENT_TYPE,
    },
    body: new Uint8Array(bytes),
  })
  if (answer.status !== 201) throw new Error(`The upload was answered ${answer.status}: ${await answer.text()}`)
  const giveUpAt = Date.now() + 25_000
  for (;;) {
    const { state, reason } = await member.call('getVideo', { params: { videoId: video.id } })
    if (state === 'ready') return video.id
    if (state === 'failed') throw new Error(`The clip was refused: ${reason?.sentence}`)
    if (Date.now() > giveUpAt) throw new Error(`The clip is still ${state}`)
    await sleep(100)
  }
}
