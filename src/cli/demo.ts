/** `serve --demo`: fills a platform without videos, by the same doors that people use. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../contract/client.ts'
import { isRefusal } from '../contract/refusals.ts'
import { MIB } from '../kit/bytes.ts'
import { newSecret } from '../kit/ids.ts'
import type { App } from '../platform/app.ts'
import { isNew, makeAccount, makeToken } from '../roles/desk.ts'
import { DEMO_CHANNELS, DEMO_CLIPS, type DemoClip } from './demo-clips.ts'
import { sendFile } from './send-file.ts'

const CLIP_LIMITS = { wallMs: 120_000, memoryBytes: 3 * 1024 * MIB, outputBytes: 100 * MIB, nice: 0 }

export interface Demo {
  /** The administrator that was made, when there was nobody yet. */
  admin?: { email: string; password: string }
  /** Makes and uploads the clips, one after another; resolves when all are sent. */
  fill(signal: AbortSignal): Promise<void>
}

/** Makes the channels of the demonstration; undefined for a platform that has videos or had its demonstration. */
export async function prepareDemo(app: App, server: string): Promise<Demo | undefined> {
  const { items } = await connect({ server })('listVideos', { query: { limit: 1 } })
  if (items.length > 0) return undefined
  const wasNew = await isNew(app)
  const tokens = new Map<string, string>()
  let admin: Demo['admin']
  for (const { handle, name } of DEMO_CHANNELS) {
    const email = `${handle}@demo.example`
    const password = newSecret().slice(0, 20)
    try {
      // Whoever is first is the administrator.
      const { role } = await makeAccount(app, { email, name, password, handle })
      if (wasNew && role === 'admin') admin = { email, password }
    } catch (error) {
      if (isRefusal(error, 'email_taken') || isRefusal(error, 'handle_taken')) return undefined
      throw error
    }
    tokens.set(handle, (await makeToken(app, email, 'demonstration')).secret)
  }
  return { ...(admin ? { admin } : {}), fill: (signal) => fill(app, server, tokens, signal) }
}

async function fill(app: App, server: string, tokens: Map<string, string>, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-demo-'))
  try {
    // The next clip is drawn while the last one travels.
    let sending: Promise<void> = Promise.resolve()
    for (const [index, clip] of DEMO_CLIPS.entries()) {
      const path = await draw(app, clip, folder, `clip-${index}.mp4`, signal)
      await sending
      sending = send(server, tokens.get(clip.channel)!, clip, path, signal)
      sending.catch(() => {})
    }
    await sending
    app.log.info({ videos: DEMO_CLIPS.length }, 'demo sent')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function draw(app: App, clip: DemoClip, folder: string, name: string, signal: AbortSignal): Promise<string> {
  const picture = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '25', '-pix_fmt', 'yuv420p', '-g', '48']
  const sound = ['-c:a', 'aac', '-b:a', '96k']
  const input = ['-hide_banner', '-v', 'error', '-nostdin', '-f', 'lavfi', '-i', clip.graph, '-t', String(clip.seconds)]
  const args = [...input, ...picture, ...sound, '-movflags', '+faststart', `${app.jail.outputName(folder)}/${name}`]
  const running = app.jail.start({
    program: 'ffmpeg',
    args,
    pipes: 0,
    outputFolder: folder,
    limits: CLIP_LIMITS,
    signal,
  })
  running.stdout.resume()
  const { exitCode, why, stderr } = await running.done
  signal.throwIfAborted()
  if (exitCode !== 0) throw new Error(`The clip "${clip.title}" could not be drawn (${why}): ${stderr.trim()}`)
  return join(folder, name)
}

async function send(server: string, token: string, clip: DemoClip, path: string, signal: AbortSignal): Promise<void> {
  const { title, description, tags, category } = clip
  const body = { title, description, tags, category, language: 'en', licence: 'cc0' as const }
  const { id } = await connect({ server, token })('createVideo', { body })
  const { size } = await stat(path)
  const metadata = { video: id, filename: `${clip.channel}.mp4` }
  await sendFile({ server, token, path, sizeBytes: size, metadata, onBegun: async () => {}, onProgress() {}, signal })
  await rm(path)
}
