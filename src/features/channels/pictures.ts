/** Avatars and banners: what is uploaded is decoded in the jail and drawn anew; only that is kept and served. */
import type { Channel } from '../../contract/channels.ts'
import { refuse } from '../../contract/refusals.ts'
import { MIB, readAll } from '../../kit/bytes.ts'
import { newId } from '../../kit/ids.ts'
import { PICTURE_HEAD_BYTES, pictureArgs, pictureFormat } from '../../media/pictures.ts'
import type { App } from '../../platform/app.ts'
import type { RawAnswer, RawAsked, Viewer } from '../../platform/http/http.ts'
import { takeTurn } from '../../platform/http/limits.ts'
import { channelFor, getChannel } from './channels.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

const LIMITS = { wallMs: 15_000, memoryBytes: 2048 * MIB, outputBytes: 8 * MIB, nice: 0 }
const LARGEST_BYTES = 12 * MIB

/** Takes the body as the channel's avatar or banner. Refuses picture_unreadable, body_too_large, not_allowed. */
export async function putPicture(app: App, asked: RawAsked): Promise<RawAnswer> {
  const { viewer } = asked
  const { handle = '', picture = '' } = asked.params
  if (viewer.accountId === undefined) return refuse('sign_in_needed')
  if (!rules.isPicture(picture)) return refuse('not_found')
  const channel = await channelFor(app, viewer, handle, ...rules.EDITORS)
  await takeTurn(app, viewer, 'channels.picture', 10)
  const bytes = await readAll(asked.body, LARGEST_BYTES).catch((error) => {
    if (error instanceof RangeError) return refuse('body_too_large', 'at most 12 MiB')
    throw error
  })
  const format = pictureFormat(bytes.subarray(0, PICTURE_HEAD_BYTES))
  if (format === undefined) return refuse('picture_unreadable')
  const drawn = await drawAnew(app, channel.channel_id, bytes, (path) =>
    pictureArgs({ path, format, ...rules.PICTURE_SIZES[picture], fd: 3 }),
  )
  const key = `channels/${channel.channel_id}/${picture}-${newId(8)}.jpg`
  await app.blobs.put(key, drawn)
  const old = channel[`${picture}_key`]
  await store.updateChannel(app, channel.channel_id, { [`${picture}_key`]: key })
  if (old !== null) await app.blobs.remove(old)
  return json(await getChannel(app, handle, viewer))
}

/** What the jail makes of the file. Refuses picture_unreadable when it makes nothing. */
async function drawAnew(
  app: App,
  channelId: string,
  bytes: Buffer,
  argsFor: (path: string) => string[],
): Promise<Buffer> {
  const rawKey = `channels/${channelId}/raw-${newId(12)}`
  await app.blobs.put(rawKey, bytes)
  const source = await app.blobs.localPath(rawKey)
  try {
    if (!source) return refuse('not_available_now')
    const child = app.jail.start({
      program: 'ffmpeg',
      args: argsFor(app.jail.inputName(source.path)),
      inputPath: source.path,
      pipes: 1,
      limits: LIMITS,
    })
    child.stdout.resume()
    const [drawn, done] = await Promise.all([readAll(child.pipes[0]!, LIMITS.outputBytes), child.done])
    if (done.why === 'not_started') return refuse('not_available_now')
    if (done.why !== 'exited' || done.exitCode !== 0 || drawn.byteLength === 0) {
      app.log.info({ channelId, why: done.why, stderr: done.stderr.slice(-300) }, 'picture refused')
      return refuse('picture_unreadable')
    }
    return drawn
  } finally {
    await source?.release()
    await app.blobs.remove(rawKey)
  }
}

/** Takes the avatar or banner away. */
export async function removePicture(
  app: App,
  viewer: Viewer,
  handle: string,
  picture: rules.Picture,
): Promise<Channel> {
  const channel = await channelFor(app, viewer, handle, ...rules.EDITORS)
  const key = channel[`${picture}_key`]
  if (key !== null) {
    await store.updateChannel(app, channel.channel_id, { [`${picture}_key`]: null })
    await app.blobs.remove(key)
  }
  return getChannel(app, handle, viewer)
}

/** Serves one: its name is new for every picture, so it may be kept for ever. */
export async function servePicture(app: App, asked: RawAsked): Promise<RawAnswer> {
  const { channelId = '', file = '' } = asked.params
  if (!/^[0-9A-Za-z]{8,32}$/.test(channelId) || !/^(avatar|banner)-[0-9A-Za-z]{8}\.jpg$/.test(file))
    return refuse('media_not_found')
  const key = `channels/${channelId}/${file}`
  const headers = {
    'content-type': 'image/jpeg',
    'cache-control': 'public, max-age=31536000, immutable',
    'cross-origin-resource-policy': 'cross-origin',
  }
  if (asked.method === 'HEAD') {
    const facts = (await app.blobs.head(key)) ?? refuse('media_not_found')
    return { status: 200, headers: { ...headers, 'content-length': String(facts.sizeBytes) } }
  }
  const found = (await app.blobs.open(key)) ?? refuse('media_not_found')
  return { status: 200, headers: { ...headers, 'content-length': String(found.facts.sizeBytes) }, body: found.body }
}

function json(reply: unknown): RawAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify(reply),
  }
}
