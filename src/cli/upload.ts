/** `vitascope upload`: sends a file to a server, known by address and token only, and waits until it can be watched. */
import { stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { type Call, CallFailed, connect } from '../contract/client.ts'
import type { Video } from '../contract/videos.ts'
import { newId } from '../kit/ids.ts'
import { sleep } from '../kit/retry.ts'
import { type Command, readWords, UsageError } from './command.ts'
import { progressBar } from './progress-bar.ts'
import { sendFile } from './send-file.ts'
import { type BegunParts, findLateIndex, sendParts } from './send-parts.ts'
import { readDefaults, uploadMemory } from './upload-memory.ts'

const usage = `vitascope upload FILE [--title T] [--server URL] [--token T] [--wait sent|ready|optimised] [--json]

  --title T              the file's name by default
  --description D, --tags a,b, --category C, --language L, --licence L, --privacy public|unlisted|private
  --server URL --token T where to, and as whom; by default from ~/.config/vitascope/cli.json:
                         {"server": "https://video.example.org", "token": "..."}
  --wait                 sent: the server has every byte; ready (default): it can be watched; optimised: every quality exists
  --json                 prints id, addresses and times as JSON

The same words again after an interruption go on where it broke off.
`

const OPTIONS = {
  title: { type: 'string' },
  description: { type: 'string' },
  tags: { type: 'string' },
  category: { type: 'string' },
  language: { type: 'string' },
  licence: { type: 'string' },
  privacy: { type: 'string' },
  server: { type: 'string' },
  token: { type: 'string' },
  wait: { type: 'string', default: 'ready' },
  json: { type: 'boolean' },
} as const

/** What was done, and how long it took. All times in milliseconds. */
export interface UploadReport {
  id: string
  state: Video['state']
  addresses: { watch: string; embed: string; api: string; playlist?: string }
  timings: {
    /** From the start of this command to the acknowledgement of the last byte. */
    uploadMs: number
    /** When that was, in milliseconds since 1970 UTC. */
    lastByteAcknowledgedAtMs: number
    /** From the acknowledgement on. */
    readyMs?: number
    optimisedMs?: number
  }
}

/** State is asked for this often at first, and more and more rarely. */
const POLL_FIRST_MS = 25
const POLL_MAX_MS = 1000

export const upload: Command = {
  usage,
  async run(words) {
    const { values, positionals } = readWords(words, OPTIONS)
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) throw new UsageError('upload takes one file')
    if (!['sent', 'ready', 'optimised'].includes(values.wait))
      throw new UsageError('--wait takes sent, ready or optimised')
    const defaults = await readDefaults()
    const server = (values.server ?? defaults.server)?.replace(/\/+$/, '')
    const token = values.token ?? defaults.token
    if (!server || !token) throw new UsageError('--server and --token are needed')

    const path = resolve(file)
    const facts = await stat(path).catch(() => undefined)
    if (!facts?.isFile()) throw new Error(`There is no file ${path}.`)
    // Said before a video is made for it, which would never get a file.
    if (facts.size === 0) throw new Error('The file is empty.')
    const call = connect({ server, token })
    const startedMs = performance.now()
    const bar = progressBar(facts.size)
    const videoId = await send({
      call,
      server,
      token,
      path,
      sizeBytes: facts.size,
      modifiedMs: facts.mtimeMs,
      draft: draftOf(path, values),
      onProgress: bar.sent,
    })
    const acknowledgedMs = performance.now()
    const timings: UploadReport['timings'] = {
      uploadMs: Math.round(acknowledgedMs - startedMs),
      lastByteAcknowledgedAtMs: Date.now(),
    }

    let video: Video | undefined
    if (values.wait !== 'sent') {
      bar.say('sent; being made ready ...')
      video = await until(call, videoId, (it) => it.state === 'ready' || it.state === 'failed')
      if (video.state === 'ready') timings.readyMs = Math.round(performance.now() - acknowledgedMs)
    }
    if (values.wait === 'optimised' && video?.state === 'ready') {
      bar.say('ready to be watched; making every quality ...')
      video = await until(call, videoId, (it) => it.progress?.optimised !== false || it.state === 'failed')
      timings.optimisedMs = Math.round(performance.now() - acknowledgedMs)
    }
    bar.end()
    video ??= await call('getVideo', { params: { videoId } })
    const report = await reportOf(call, server, video, timings)
    process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : sayReport(report))
    if (video.state !== 'failed') return 0
    process.stderr.write(`${video.reason?.sentence ?? 'The video could not be made.'}\n`)
    return 1
  },
}

type Draft = Parameters<typeof draftOf>[1]

function draftOf(
  path: string,
  values: {
    title?: string
    description?: string
    tags?: string
    category?: string
    language?: string
    licence?: string
    privacy?: string
  },
) {
  return {
    title: values.title ?? basename(path, extname(path)),
    ...(values.description === undefined ? {} : { description: values.description }),
    ...(values.tags === undefined
      ? {}
      : {
          tags: values.tags
            .split(',')
            .map((tag) => tag.trim())
            .filter(Boolean),
        }),
    ...(values.category === undefined ? {} : { category: values.category }),
    ...(values.language === undefined ? {} : { language: values.language }),
    ...(values.licence === undefined ? {} : { licence: values.licence }),
    ...(values.privacy === undefined ? {} : { privacy: values.privacy }),
  }
}

export interface ToSend {
  call: Call
  server: string
  token: string
  path: string
  sizeBytes: number
  modifiedMs: number
  draft: ReturnType<typeof draftOf> | Draft
  onProgress?(sentBytes: number): void
  signal?: AbortSignal
}

/** Makes the video, or finds the one an interrupted call has made, and sends the file. Returns the video's id. */
export async function send(it: ToSend): Promise<string> {
  const memory = uploadMemory(it.server, it)
  const earlier = await memory.recall()
  const begun = earlier && (await stillWaits(it.call, earlier.videoId)) ? earlier : undefined
  // What the draft holds is checked by the server, which knows the rules; the types here cannot.
  const body = it.draft as Parameters<typeof it.call<'createVideo'>>[1]['body']
  const videoId = begun?.videoId ?? (await it.call('createVideo', { body })).id
  if (!begun) await memory.keep({ videoId })
  const sending = {
    server: it.server,
    token: it.token,
    path: it.path,
    sizeBytes: it.sizeBytes,
    metadata: { video: videoId, filename: basename(it.path) },
    onProgress: it.onProgress ?? (() => {}),
    signal: it.signal,
  }
  const parts = begun?.address === undefined ? (begun?.parts ?? (await partsOf(it))) : undefined
  if (parts) await sendParts(sending, parts, (parts) => memory.keep({ videoId, parts }))
  else
    await sendFile({
      ...sending,
      begun: begun?.address,
      onBegun: (address) => memory.keep({ videoId, address }),
    })
  await memory.forget()
  return videoId
}

/** A file whose index lies at its end goes in two parts. */
async function partsOf(it: ToSend): Promise<BegunParts | undefined> {
  const indexAt = await findLateIndex(it.path, it.sizeBytes)
  return indexAt === undefined ? undefined : { group: newId(), indexAt, addresses: [null, null] }
}

async function stillWaits(call: Call, videoId: string): Promise<boolean> {
  try {
    return (await call('getVideo', { params: { videoId } })).state === 'uploading'
  } catch (error) {
    if (error instanceof CallFailed && error.status === 404) return false
    throw error
  }
}

async function until(call: Call, videoId: string, enough: (video: Video) => boolean): Promise<Video> {
  for (let pauseMs = POLL_FIRST_MS; ; pauseMs = Math.min(POLL_MAX_MS, pauseMs * 1.1)) {
    const video = await call('getVideo', { params: { videoId } }).catch((error) => {
      // A server that restarts comes back; a video that is gone does not.
      if (error instanceof CallFailed && (error.status === 0 || error.status === 429 || error.status >= 500))
        return undefined
      throw error
    })
    if (video && enough(video)) return video
    await sleep(video ? pauseMs : POLL_MAX_MS)
  }
}

async function reportOf(
  call: Call,
  server: string,
  video: Video,
  timings: UploadReport['timings'],
): Promise<UploadReport> {
  const { id, state } = video
  const playback = state === 'ready' ? await call('startPlayback', { params: { videoId: id } }) : undefined
  return {
    id,
    state,
    addresses: {
      watch: `${server}/watch/${id}`,
      embed: `${server}/embed/${id}`,
      api: `${server}/api/videos/${id}`,
      ...(playback ? { playlist: new URL(playback.hls, server).href } : {}),
    },
    timings,
  }
}

function sayReport({ addresses, state, timings }: UploadReport): string {
  const took = [
    `sent in ${(timings.uploadMs / 1000).toFixed(1)} s`,
    ...(timings.readyMs === undefined ? [] : [`ready ${(timings.readyMs / 1000).toFixed(1)} s later`]),
    ...(timings.optimisedMs === undefined ? [] : [`all qualities ${(timings.optimisedMs / 1000).toFixed(1)} s later`]),
  ]
  return `${addresses.watch}\n${state}: ${took.join(', ')}\n`
}
