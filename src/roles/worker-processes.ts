/**
 * Workers as processes of their own, so that hours of encoding never hold up an answer and a crash costs one span.
 * Each is this same program with the role `worker`; one that dies is started again, ever more slowly.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { backoffMs, sleep } from '../kit/retry.ts'
import type { App } from '../platform/app.ts'
import { environmentFor } from '../platform/config.ts'

const MAIN = join(import.meta.dirname, '../main.ts')
const RESTART_BASE_MS = 200
const RESTART_MAX_MS = 30_000
/** Who has lived this long has earned a quick restart. */
const HEALTHY_MS = 60_000
/** How far workers stand back: a third of the share of what answers, where both want all of a processor. */
const NICENESS = 5
/** Longer than a worker's own grace and the closing of its connections. */
const STOP_MS = 15_000

/** Keeps `worker.processes` workers running until stopped. */
export function startWorkerProcesses(app: App): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const keepers = Array.from({ length: app.config['worker.processes'] }, () => keepOne(app, stopping.signal))
  return {
    async stop() {
      stopping.abort()
      await Promise.all(keepers)
    },
  }
}

async function keepOne(app: App, stopping: AbortSignal): Promise<void> {
  for (let failures = 0; !stopping.aborted; ) {
    const bornMs = performance.now()
    const child = startOne(app)
    const stop = () => child.kill('SIGTERM')
    stopping.addEventListener('abort', stop, { once: true })
    const ended = await deathOf(child, stopping)
    stopping.removeEventListener('abort', stop)
    if (stopping.aborted) return
    failures = performance.now() - bornMs > HEALTHY_MS ? 1 : failures + 1
    const pauseMs = backoffMs(failures, RESTART_BASE_MS, RESTART_MAX_MS)
    app.log.error({ pid: child.pid, ...ended, pauseMs }, 'worker died, starting another')
    await sleep(pauseMs, stopping).catch(() => {})
  }
}

function startOne(app: App): ChildProcess {
  const env = environmentFor(app.config, { roles: 'worker', 'http.port': '0' })
  // Detached: Ctrl-C at the terminal is meant for us, and we tell our workers ourselves. The channel tells them of our death.
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env,
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  try {
    // With everything it starts: where processors are scarce, answers come before encodes and sums.
    if (child.pid !== undefined) setPriority(child.pid, NICENESS)
  } catch (error) {
    app.log.debug({ pid: child.pid, error: String(error) }, 'a worker keeps its priority')
  }
  return child
}

function deathOf(
  child: ChildProcess,
  stopping: AbortSignal,
): Promise<{ exitCode: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    let patience: NodeJS.Timeout | undefined
    const loseIt = () => {
      patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    }
    stopping.addEventListener('abort', loseIt, { once: true })
    const over = (exitCode: number | null, signal: string | null) => {
      clearTimeout(patience)
      stopping.removeEventListener('abort', loseIt)
      resolve({ exitCode, signal })
    }
    child.once('exit', over)
    child.once('error', () => over(null, null))
  })
}
