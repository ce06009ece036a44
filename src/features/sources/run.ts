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

export async function runJailed(app: App, run: Omit<JailedRun, 'signal'>, signal: AbortSignal): Promise<Outcome> {
  const child = app.jail.start({ ...run, signal })
  const none = Promise.resolve(Buffer.alloc(0))
  const [stdout, pipe, done] = await Promise.all([
    readAll(child.stdout, TEXT_BYTES),
    child.pipes[0] ? readAll(child.pipes[0], run.limits.outputBytes) : none,
    child.done,
  ])
  signal.throwIfAborted()
  return { ok: done.why === 'exited' && done.exitCode === 0, stdout, pipe, stderr: done.stderr, why: done.why }
}
