/** One run of a program in the jail, read to its end: for everything that answers with text or one picture. */
import { MIB, readAll } from '../../kit/bytes.ts'
import type { App } from '../../platform/app.ts'
import type { JailedRun, JailLimits } from '../../platform/process.ts'

export interface Outcome {
  ok: boolean
  stdout: Buffer
  /** What descriptor 3 brought, where a pipe was asked for. */
  pipe: Buffer
  stderr: string
  why: string
}

const TEXT_BYTES = 256 * MIB

/** Limits of everything that only looks: probing, scanning, one picture. */
export const lookLimits: JailLimits = { wallMs: 30_000, memoryBytes: 4 * 1024 * MIB, outputBytes: 64 * MIB, nice: 0 }

/** How long reading a whole file may take that comes over a slow link. */
export const readingMs = (sizeBytes: number): number => 120_000 + sizeBytes / 1000

/** A run of a program to its end. Throws when what it was given to read broke off. */
export async function runJailed(app: App, run: Omit<JailedRun, 'signal'>, signal: AbortSignal): Promise<Outcome> {
  const child = app.jail.start({ ...run, signal })
  const none = Promise.resolve(Buffer.alloc(0))
  const [stdout, pipe, done] = await Promise.all([
    readAll(child.stdout, TEXT_BYTES),
    child.pipes[0] ? readAll(child.pipes[0], run.limits.outputBytes) : none,
    child.done,
  ])
  signal.throwIfAborted()
  if (done.why === 'input_broken') throw run.input?.errored ?? new Error('what a program was reading broke off')
  return { ok: done.why === 'exited' && done.exitCode === 0, stdout, pipe, stderr: done.stderr, why: done.why }
}
