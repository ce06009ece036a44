/**
 * One confined program as a running process: its pipes counted against the limit, its errors' tail kept, its whole
 * process group ended when the time is over. How it is confined is the command line it is given.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { type Readable, Transform, type Writable } from 'node:stream'
import type { JailedProcess, JailLimits } from '../process.ts'

const STDERR_TAIL_BYTES = 16 * 1024
/** From the polite signal to the other one. */
const GRACE_MS = 500
/** A program that is gone may leave its errors in the pipe; longer than this nobody waits for them. */
const DRAIN_MS = 1000
/** As much as one write of FFmpeg to a pipe brings, times a few: fewer wake-ups, still little memory. */
const PIPE_BUFFER_BYTES = 512 * 1024

type Ending = Awaited<JailedProcess['done']>

export interface Command {
  program: string
  args: readonly string[]
  env: Record<string, string>
  pipes: number
  input?: Readable | undefined
  limits: JailLimits
  signal: AbortSignal | undefined
  /** Open descriptors of ours that follow the pipes; closed here once the program has them. */
  handedOver?: readonly number[]
}

/** Starts it. Whatever goes wrong is told by `done`, which never rejects. */
export function startProcess(command: Command): JailedProcess {
  const { limits, signal } = command
  command.input?.on('error', () => {})
  if (signal?.aborted) return neverStarted('aborted', 'It was called off before it began.', command)
  let child: ChildProcess
  try {
    child = spawn(command.program, [...command.args], {
      env: command.env,
      cwd: '/',
      // A group of its own: it is ended as a whole, and a Ctrl-C at our terminal is not meant for it.
      detached: true,
      stdio: [
        command.input ? 'pipe' : 'ignore',
        'pipe',
        'pipe',
        ...Array.from({ length: command.pipes }, () => 'pipe' as const),
        ...(command.handedOver ?? []),
      ],
    })
  } catch (error) {
    return neverStarted('not_started', String(error), command)
  }
  for (const descriptor of command.handedOver ?? []) closeSync(descriptor)

  let why: Ending['why'] = 'exited'
  let running = true
  let stderr = Buffer.alloc(0)
  let forced: NodeJS.Timeout | undefined

  function end(reason: Ending['why']) {
    if (!running || why !== 'exited') return
    why = reason
    signalGroup(child, 'SIGTERM')
    forced = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS)
  }
  const abort = () => end('aborted')
  const wall = setTimeout(() => end('timeout'), limits.wallMs)
  signal?.addEventListener('abort', abort, { once: true })

  if (command.input) feed(command.input, child.stdin!, () => end('input_broken'))
  const streams = [child.stdout, ...child.stdio.slice(3, 3 + command.pipes)].map((stream) =>
    counted(stream as Readable, limits.outputBytes, () => end('output_limit')),
  )
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk])
    if (stderr.length > STDERR_TAIL_BYTES) stderr = stderr.subarray(-STDERR_TAIL_BYTES)
  })

  const done = new Promise<Ending>((resolve) => {
    function over(exitCode: number | null, killedBy: string | null) {
      running = false
      clearTimeout(wall)
      clearTimeout(forced)
      signal?.removeEventListener('abort', abort)
      // The leader is gone; whoever it left behind in the group goes too.
      signalGroup(child, 'SIGKILL')
      const tell = () => resolve({ exitCode, signal: killedBy, stderr: stderr.toString('utf8'), why })
      if (child.stderr!.readableEnded || child.stderr!.destroyed) return tell()
      const late = setTimeout(tell, DRAIN_MS)
      child.stderr!.once('close', () => {
        clearTimeout(late)
        tell()
      })
    }
    child.once('exit', over)
    child.once('error', (error) => {
      why = 'not_started'
      stderr = Buffer.from(String(error))
      over(null, null)
    })
  })
  return { stdout: streams[0]!, pipes: streams.slice(1), done, kill: () => end('aborted') }
}

/** Hands the stream over as fast as the program reads. One that has read enough goes, and that is no fault. */
function feed(input: Readable, stdin: Writable, broken: () => void) {
  // Before the program knows that nothing more comes, it is on its way out.
  input.on('error', broken)
  stdin.on('error', () => {})
  stdin.on('close', () => input.destroy())
  if (input.errored) broken()
  else input.pipe(stdin)
}

/** The stream as it comes, until it has brought more than allowed; from then on it brings nothing. */
function counted(source: Readable, limitBytes: number, exceeded: () => void): Readable {
  let seenBytes = 0
  const counter = new Transform({
    highWaterMark: PIPE_BUFFER_BYTES,
    transform(chunk: Buffer, _encoding, next) {
      seenBytes += chunk.length
      if (seenBytes <= limitBytes) return next(null, chunk)
      exceeded()
      next()
    },
  })
  source.on('error', () => counter.end())
  // A reader that goes away must not leave the program stuck on a full pipe: what it still says is dropped.
  counter.on('close', () => source.resume())
  counter.on('error', () => {})
  return source.pipe(counter)
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals) {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group is empty: that is what was wanted.
  }
}

/** What `start` returns for a program that could not even be begun. */
export function neverStarted(
  why: 'not_started' | 'aborted',
  says: string,
  command: Pick<Command, 'pipes' | 'handedOver' | 'input'>,
): JailedProcess {
  command.input?.destroy()
  for (const descriptor of command.handedOver ?? []) closeSync(descriptor)
  const ended = () => {
    const stream = new Transform()
    stream.end()
    return stream as Readable
  }
  return {
    stdout: ended(),
    pipes: Array.from({ length: command.pipes }, ended),
    done: Promise.resolve({ exitCode: null, signal: null, stderr: says, why }),
    kill: () => {},
  }
}
