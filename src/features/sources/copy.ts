/**
 * Copies of sources: streams in another container, or a Matroska file with the cues that it lacked. Out of a remote store a source comes as a
 * stream, and the copy goes back as it is made: of both only a few tens of MiB lie on this machine.
 */
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { STREAM } from '../../media/allowed.ts'
import type { SourceFacts } from '../../media/facts.ts'
import { remuxArgs } from '../../media/ffmpeg.ts'
import { readsInOrder } from '../../media/in-order.ts'
import { ClusterWalk, cuesFor, headToIndex } from '../../media/matroska-index.ts'
import type { App } from '../../platform/app.ts'
import { canPunch, carryOff } from '../../platform/blobs/carry-off.ts'
import { headOfMatroska } from './linear.ts'
import { glanceAt, lookAt } from './look.ts'
import { lookLimits, readingMs, runJailed } from './run.ts'
import { isStaged, readSource, sourceBytes } from './source.ts'
import { openSource, orderOf, runOnStream } from './window.ts'

/** A copy that is to be made. */
export interface Copy {
  /** The blob that it becomes. */
  key: string
  args(inputPath: string, outputPath: string): string[]
  /** What is known of the source, where it may be read as a stream. */
  facts?: SourceFacts
}

/** What FFmpeg said while it copied. */
type Copied = { said: string }

/** Copies streams into another container, as the command says, and stores the copy under `key`. Undefined where that can't be done. */
export async function remux(app: App, sourceKey: string, copy: Copy, signal: AbortSignal): Promise<Copied | undefined> {
  const isFar = !app.blobs.isLocal && !isStaged(sourceKey)
  const streamed =
    isFar && copy.facts && readsInOrder(copy.facts) ? await remuxStream(app, sourceKey, copy, signal) : undefined
  if (streamed) return streamed
  const source = await openSource(app, sourceKey, undefined, signal)
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-remux-'))
  try {
    const { size } = await stat(source.path)
    const args = copy.args(app.jail.inputName(source.path), join(app.jail.outputName(folder), 'copy'))
    const limits = { ...lookLimits, wallMs: 120_000 + size / 10_000, outputBytes: mostBytes(size) }
    const outcome = await runJailed(
      app,
      { program: 'ffmpeg', args, inputPath: source.path, outputFolder: folder, pipes: 0, limits },
      signal,
    )
    if (!outcome.ok) return undefined
    await app.blobs.put(copy.key, createReadStream(join(folder, 'copy')))
    return { said: outcome.stderr }
  } finally {
    await rm(folder, { recursive: true, force: true })
    await source.release()
  }
}

/** Of a copy: other containers need a little more, or much more for tiny frames. */
const mostBytes = (sizeBytes: number): number => sizeBytes * 2 + 1024 * 1024

/** Where a copy gathers, for one attempt after the other: what one left that was killed goes with the next. */
const stagingKeyOf = (sourceKey: string, key: string): string =>
  `copies/${sourceKey.replaceAll('/', '-')}-${key.split('/').at(-1)}`

/** The same from a stream. Undefined where that can't be done on this machine, or with this source. */
async function remuxStream(app: App, sourceKey: string, copy: Copy, signal: AbortSignal): Promise<Copied | undefined> {
  const size = await sourceBytes(app, sourceKey)
  if (size === undefined || !(await canPunch(tmpdir()))) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-remux-'))
  const stagingKey = stagingKeyOf(sourceKey, copy.key)
  const carried = await carryOff(app.blobs, {
    ...{ path: join(folder, 'copy'), key: copy.key, stagingKey },
    limitBytes: mostBytes(size),
  })
  try {
    const args = copy.args(STREAM, join(app.jail.outputName(folder), 'copy'))
    const limits = { ...lookLimits, wallMs: readingMs(size), outputBytes: mostBytes(size) }
    const run = { program: 'ffmpeg', args, outputFolder: folder, pipes: 0, limits } as const
    const outcome = await runOnStream(app, sourceKey, run, signal, carried.room)
    return outcome.ok && (await carried.finish()) ? { said: outcome.stderr } : undefined
  } finally {
    await carried.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Below this, titles are decoded from their beginning rather than copied, where their clock is sound. */
const WORTH_A_COPY_MS = 60_000

/**
 * A copy, with an index, of a source in a remote store that has none and can be read in order: what is known of the source from its beginning, and of
 * the copy. Undefined where there is nothing to copy, or it does not become what it has to be: then the source is looked at as any other.
 */
export async function copyFromStream(
  app: App,
  sourceKey: string,
  copyKey: string,
  signal: AbortSignal,
): Promise<{ facts: SourceFacts; copied: SourceFacts } | undefined> {
  const facts = await glanceAt(app, sourceKey, signal)
  if (!facts || facts.seekable === 'index' || !readsInOrder(facts)) return undefined
  // What is not worth it by a length that can be believed is not begun.
  if (facts.durationTrusted && !facts.remux) return undefined
  if (!(await remuxStream(app, sourceKey, { key: copyKey, args: remuxArgs }, signal))) return undefined
  const copied = await lookAt(app, copyKey, signal).catch(() => undefined)
  if (copied?.seekable === 'index' && (facts.remux || copied.durationMs > WORTH_A_COPY_MS)) return { facts, copied }
  await app.blobs.remove(copyKey)
  return undefined
}

/**
 * A copy, with cues, of a Matroska file in a remote store that has none: the same streams, clusters and times. False where there is nothing to
 * do, or it stands in no order that is known.
 */
export async function indexMatroska(
  app: App,
  sourceKey: string,
  copyKey: string,
  signal: AbortSignal,
): Promise<boolean> {
  const size = await sourceBytes(app, sourceKey)
  if (size === undefined || (await orderOf(app, sourceKey)) !== 'matroska') return false
  const headEnd = await headOfMatroska(app, sourceKey, size)
  const head = headEnd === undefined ? undefined : headToIndex(await readSource(app, sourceKey, 0, headEnd))
  const source = head && (await app.blobs.open(sourceKey, { from: headEnd!, to: size - 1 }))
  if (!source) return false
  source.body.on('error', () => {})
  const walk = new ClusterWalk(head)
  async function* clusters(body: AsyncIterable<Uint8Array>) {
    for await (const piece of body) {
      signal.throwIfAborted()
      walk.push(piece)
      if (walk.isOdd) return
      yield piece
    }
  }
  const { staging } = app.blobs
  const stagingKey = stagingKeyOf(sourceKey, copyKey)
  const write = (at: number, bytes: AsyncIterable<Uint8Array> | Buffer, limitBytes: number) =>
    staging.write(stagingKey, at, Buffer.isBuffer(bytes) ? pieces(bytes) : bytes, limitBytes, async () => {})
  await staging.remove(stagingKey)
  try {
    await write(head.bytes, clusters(source.body), size)
    const seen = walk.end()
    if (!seen) return false
    const cues = cuesFor(seen.places, head.bytes - head.bodyAt)
    const cuesAt = head.bytes + seen.end
    if (seen.mend) await write(head.bytes + seen.mend.at, seen.mend.bytes, seen.mend.bytes.length)
    await write(cuesAt, cues, cues.length)
    await write(0, head.write(cuesAt, cues.length), head.bytes)
    await staging.commit(stagingKey, copyKey, cuesAt + cues.length)
    return true
  } finally {
    source.body.destroy()
    await staging.remove(stagingKey)
  }
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes
}
