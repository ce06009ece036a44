/**
 * Uploads of this page: a queue of files that are sent by tus, in parallel parts where that pays, and go on after a
 * broken link, a pause, or a reload of the page once the same file is picked again. Knows nothing of React:
 * `subscribe` and `getSnapshot` are what useSyncExternalStore takes.
 */
import type { z } from 'zod'
import { type Call, CallFailed, connect } from '../../contract/client.ts'
import type { VideoDraft } from '../../contract/videos.ts'
import { findLateIndex } from './upload-index.ts'
import { fingerprintOf, openMemory, type Remembered } from './upload-memory.ts'
import { type Problem, type Sending, SendingFailed, send } from './upload-sending.ts'
import { openSpeed, type Speed } from './upload-speed.ts'

/**
 * `waiting` for its turn, `sending`, `retrying` after a broken link, `paused` by the person, `finishing` (all bytes are there, the
 * server puts the file in place), `done` (the server processes it), `failed` (see problem; `resume` tries again).
 */
export type UploadState = 'waiting' | 'sending' | 'retrying' | 'paused' | 'finishing' | 'done' | 'failed'

export interface UploadView {
  /** Names it in this page. */
  readonly key: string
  readonly fileName: string
  readonly sizeBytes: number
  /** Known as soon as the server has made the video: from then on its title and privacy can be edited. */
  readonly videoId: string | undefined
  readonly state: UploadState
  readonly sentBytes: number
  /** Over the last seconds; undefined until there is something to measure. */
  readonly bytesPerSecond: number | undefined
  readonly leftMs: number | undefined
  readonly problem: Problem | undefined
}

/** An upload of an earlier visit: it goes on when its file is given to `add` again. */
export interface UnfinishedView {
  readonly videoId: string
  readonly fileName: string
  readonly sizeBytes: number
  readonly sentBytes: number
}

export interface UploadsSnapshot {
  readonly uploads: readonly UploadView[]
  readonly unfinished: readonly UnfinishedView[]
  /** Whether leaving the page would interrupt something. */
  readonly busy: boolean
}

export type Draft = Partial<z.input<typeof VideoDraft>>

export interface UploadsOptions {
  onChange?: (snapshot: UploadsSnapshot) => void
  /** The last byte of this video is acknowledged. */
  onDone?: (upload: UploadView) => void
  call?: Call
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
}

export interface Uploads {
  subscribe(hear: () => void): () => void
  getSnapshot(): UploadsSnapshot
  /** Queues files; one that was begun on an earlier visit goes on where it stopped. Returns their keys. */
  add(files: Iterable<File>, draft?: Draft): string[]
  pause(key: string): void
  resume(key: string): void
  /** Stops it and removes its video. */
  cancel(key: string): Promise<void>
  /** Takes a finished or failed one off the list. */
  dismiss(key: string): void
  /** Asks the server which uploads of earlier visits can still go on. */
  refreshUnfinished(): Promise<void>
  /** Gives up an upload of an earlier visit, and its video. */
  forget(videoId: string): Promise<void>
  close(): void
}

const AT_A_TIME = 2
/** How often progress is told; changes of state are told at once. */
const TELL_EVERY_MS = 250

interface Item {
  key: string
  file: File
  draft: Draft
  fingerprint: string
  record: Remembered | undefined
  state: UploadState
  sentBytes: number
  speed: Speed
  problem: Problem | undefined
  sending: Sending | undefined
  /** Grows with every start and stop, so that answers to what has been stopped are not heard. */
  turn: number
}

export function createUploads(options: UploadsOptions = {}): Uploads {
  const call = options.call ?? connect()
  const memory = openMemory(options.storage ?? localStorage)
  const hearers = new Set<() => void>()
  let items: Item[] = []
  let unfinished: readonly UnfinishedView[] = []
  let snapshot: UploadsSnapshot = { uploads: [], unfinished, busy: false }
  let telling: ReturnType<typeof setTimeout> | undefined
  let keys = 0

  function tell(): void {
    clearTimeout(telling)
    telling = undefined
    const uploads = items.map(viewOf)
    const waitingFor = unfinished.filter((one) => !items.some((item) => item.record?.videoId === one.videoId))
    snapshot = {
      uploads,
      unfinished: waitingFor,
      busy: items.some((item) => isRunning(item) || item.state === 'waiting'),
    }
    options.onChange?.(snapshot)
    for (const hear of hearers) hear()
  }
  const tellSoon = () => {
    telling ??= setTimeout(tell, TELL_EVERY_MS)
  }

  function next(): void {
    for (const item of items) {
      if (items.filter(isRunning).length >= AT_A_TIME) break
      if (item.state === 'waiting') void run(item)
    }
    tell()
  }

  async function run(item: Item): Promise<void> {
    const turn = ++item.turn
    const current = () => item.turn === turn
    item.state = 'sending'
    item.problem = undefined
    item.speed.restart()
    try {
      const record = item.record ?? memory.find(item.fingerprint) ?? (await begin(item))
      item.record = record
      if (!current()) return
      memory.keep(record)
      tell()
      item.sending = send(item.file, record, {
        progress: (sentBytes) => {
          if (!current()) return
          if (item.state === 'retrying') item.state = 'sending'
          item.sentBytes = sentBytes
          item.speed.add(sentBytes)
          tellSoon()
        },
        change: (state) => {
          if (!current()) return
          item.state = state
          tell()
        },
        remember: () => memory.keep(record),
      })
      await item.sending.done
      if (!current()) return
      memory.drop(item.fingerprint)
      item.state = 'done'
      item.sentBytes = item.file.size
      options.onDone?.(viewOf(item))
    } catch (thrown) {
      if (!current()) return
      item.state = 'failed'
      item.problem = problemOf(thrown)
      // The server knows nothing of it any more: a further try must start anew.
      if (item.problem.code === 'video_not_found' || item.problem.code === 'upload_concat_invalid') {
        memory.drop(item.fingerprint)
        item.record = undefined
      }
    } finally {
      if (current()) {
        item.sending = undefined
        next()
      }
    }
  }

  /** Makes the video on the server and plans the parts. */
  async function begin(item: Item): Promise<Remembered> {
    // The server would say the same, but of a video that is there by then and never gets a file.
    if (item.file.size === 0) throw new SendingFailed({ code: 'source_empty', sentence: 'The file is empty.' })
    const title = item.draft.title ?? titleOf(item.file.name)
    const video = await call('createVideo', { body: { ...item.draft, title } })
    const indexAt = await findLateIndex(item.file).catch(() => undefined)
    return memory.plan(item.fingerprint, video.id, item.file, indexAt)
  }

  function stop(item: Item): void {
    item.turn++
    item.sending?.stop()
    item.sending = undefined
    item.speed.restart()
  }

  const find = (key: string) => items.find((item) => item.key === key)
  const online = () => {
    for (const item of items) if (item.state === 'retrying') item.sending?.hurry()
  }
  if (typeof window !== 'undefined') window.addEventListener('online', online)

  return {
    subscribe(hear) {
      hearers.add(hear)
      return () => hearers.delete(hear)
    },
    getSnapshot: () => snapshot,

    add(files, draft = {}) {
      const added = [...files].map((file): Item => {
        const fingerprint = fingerprintOf(file)
        return {
          key: `upload-${++keys}`,
          file,
          draft,
          fingerprint,
          record: undefined,
          state: 'waiting',
          sentBytes: 0,
          speed: openSpeed(),
          problem: undefined,
          sending: undefined,
          turn: 0,
        }
      })
      // The same file dropped twice is one upload.
      const fresh = added.filter(
        (item) =>
          !items.some(
            (other) => other.fingerprint === item.fingerprint && other.state !== 'done' && other.state !== 'failed',
          ),
      )
      items = [...items, ...fresh]
      next()
      return fresh.map((item) => item.key)
    },

    pause(key) {
      const item = find(key)
      if (!item || item.state === 'done' || item.state === 'failed' || item.state === 'finishing') return
      stop(item)
      item.state = 'paused'
      next()
    },

    resume(key) {
      const item = find(key)
      if (!item || (item.state !== 'paused' && item.state !== 'failed')) return
      item.state = 'waiting'
      next()
    },

    async cancel(key) {
      const item = find(key)
      if (!item) return
      stop(item)
      items = items.filter((other) => other !== item)
      next()
      memory.drop(item.fingerprint)
      if (item.record && item.state !== 'done') await giveUp(item.record)
    },

    dismiss(key) {
      items = items.filter((item) => item.key !== key || (item.state !== 'done' && item.state !== 'failed'))
      tell()
    },

    async refreshUnfinished() {
      const { items: listed } = await call('listUploads')
      const known = memory.all()
      unfinished = listed
        .filter((one) => known.some((record) => record.videoId === one.videoId))
        .map((one) => ({
          videoId: one.videoId,
          fileName: one.fileName,
          sizeBytes: one.lengthBytes,
          sentBytes: one.offsetBytes,
        }))
      tell()
    },

    async forget(videoId) {
      const record = memory.all().find((one) => one.videoId === videoId)
      unfinished = unfinished.filter((one) => one.videoId !== videoId)
      tell()
      if (!record) return
      memory.drop(record.fingerprint)
      await giveUp(record)
    },

    close() {
      for (const item of items) stop(item)
      clearTimeout(telling)
      if (typeof window !== 'undefined') window.removeEventListener('online', online)
    },
  }

  /** Removing the video ends its uploads too. */
  async function giveUp(record: Remembered): Promise<void> {
    await call('removeVideo', { params: { videoId: record.videoId } }).catch((thrown) => {
      if (!(thrown instanceof CallFailed) || thrown.code !== 'video_not_found') throw thrown
    })
  }
}

function isRunning(item: Item): boolean {
  return item.state === 'sending' || item.state === 'retrying' || item.state === 'finishing'
}

function viewOf(item: Item): UploadView {
  const bytesPerSecond = item.state === 'sending' ? item.speed.bytesPerSecond() : undefined
  const leftBytes = item.file.size - item.sentBytes
  return {
    key: item.key,
    fileName: item.file.name,
    sizeBytes: item.file.size,
    videoId: item.record?.videoId,
    state: item.state,
    sentBytes: item.sentBytes,
    bytesPerSecond,
    leftMs: bytesPerSecond ? Math.round((leftBytes / bytesPerSecond) * 1000) : undefined,
    problem: item.problem,
  }
}

/** The name of a file without its ending, as a first title. */
function titleOf(fileName: string): string {
  const bare = fileName
    .replace(/\.[A-Za-z0-9]{1,8}$/, '')
    .replace(/[\u0000-\u001f\u007f-\u009f_\s]+/g, ' ')
    .trim()
  const cut = bare.slice(0, 200)
  return (cut.isWellFormed() ? cut : cut.slice(0, -1)) || 'Untitled'
}

function problemOf(thrown: unknown): Problem {
  if (thrown instanceof CallFailed) return { code: thrown.code, sentence: thrown.message }
  const problem = (thrown as { problem?: Problem }).problem
  return problem ?? { code: 'unreachable', sentence: thrown instanceof Error ? thrown.message : String(thrown) }
}
