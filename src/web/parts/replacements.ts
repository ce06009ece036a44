/** New files on their way to videos that have one: kept while the person looks at other pages, and remembered beyond the page. */
import { fingerprintOf, type Memory, openMemory, REPLACEMENTS, type Remembered } from './upload-memory.ts'
import { forgetSent, type Problem, type Sending, SendingFailed, send } from './upload-sending.ts'

export interface Replacement {
  file: File
  record: Remembered
  sending: Sending
  state: 'sending' | 'retrying' | 'finishing' | 'arrived' | 'failed'
  /** Part of one that was sent. */
  part: number
  problem: Problem | undefined
}

/** By video. */
const replacements = new Map<string, Replacement>()
const hearers = new Set<() => void>()
let opened: Memory | undefined
let online = false

function memory(): Memory {
  opened ??= openMemory(localStorage, REPLACEMENTS)
  return opened
}

export function hearReplacements(hearer: () => void): () => void {
  hearers.add(hearer)
  return () => hearers.delete(hearer)
}

export function replacementOf(videoId: string): Replacement | undefined {
  return replacements.get(videoId)
}

/** Whether a new file for this video was on its way when its page was closed. */
export function wasReplacing(videoId: string): boolean {
  return memory()
    .all()
    .some((record) => record.videoId === videoId)
}

/** Sends a file; one that was on its way before goes on where it stopped. */
export function replaceBy(videoId: string, file: File): void {
  const fingerprint = `${videoId}|${fingerprintOf(file)}`
  // With another file the server gives up what it has of the one before.
  for (const other of memory().all())
    if (other.videoId === videoId && other.fingerprint !== fingerprint) memory().drop(other.fingerprint)
  const record = memory().find(fingerprint) ?? {
    ...memory().plan(fingerprint, videoId, file),
    replaces: true as const,
  }
  memory().keep(record)
  const note = (change: Partial<Replacement>) => {
    const before = replacements.get(videoId)
    if (before?.record === record) set(videoId, { ...before, ...change })
  }
  const sending = send(file, record, {
    progress: (sentBytes) => note({ state: 'sending', part: sentBytes / Math.max(1, file.size) }),
    change: (state) => note({ state }),
    remember: () => memory().keep(record),
  })
  set(videoId, { file, record, sending, state: 'sending', part: 0, problem: undefined })
  sending.done.then(
    () => {
      memory().drop(fingerprint)
      note({ state: 'arrived' })
    },
    (thrown: unknown) => {
      const problem =
        thrown instanceof SendingFailed ? thrown.problem : { code: 'unreachable', sentence: String(thrown) }
      // The server knows nothing of it any more: a further try must start anew.
      if (['video_not_found', 'upload_concat_invalid'].includes(problem.code)) memory().drop(fingerprint)
      note({ state: 'failed', problem })
    },
  )
  if (!online) addEventListener('online', hurry)
  online = true
}

/** Gives up a new file, on its way or from an earlier visit; the video keeps the one it has. */
export async function giveUpReplacing(videoId: string): Promise<void> {
  replacements.get(videoId)?.sending.stop()
  set(videoId, undefined)
  const records = memory()
    .all()
    .filter((record) => record.videoId === videoId)
  for (const record of records) memory().drop(record.fingerprint)
  await Promise.all(records.map(forgetSent))
}

function set(videoId: string, replacement: Replacement | undefined): void {
  if (replacement) replacements.set(videoId, replacement)
  else replacements.delete(videoId)
  for (const hearer of hearers) hearer()
}

function hurry(): void {
  for (const { state, sending } of replacements.values()) if (state === 'retrying') sending.hurry()
}
