/** The platform as people run it: `vitascope serve` in a process of its own, which a test may kill. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '../../src/main.ts')
const START_MS = 60_000

export interface Server {
  address: string
  pid: number
  /** SIGKILL: no chance to tidy up. */
  kill(): Promise<void>
  /** SIGTERM, and what it exited with. */
  stop(): Promise<number | null>
  /** Resident memory now. */
  residentBytes(): Promise<number>
}

/** Starts a server on this port and resolves when it says that it is ready. `words` are those of the command line. */
export async function startServer(
  port: number,
  words: string[],
  environment: Record<string, string> = {},
): Promise<Server> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--host', '127.0.0.1', '--port', String(port), ...words], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', VITASCOPE_LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit') as Promise<[number | null]>
  const address = await readAddress(child)
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    return (await exited)[0]
  }
  return {
    address,
    pid: child.pid!,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    residentBytes: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
    },
  }
}

async function readAddress(child: ChildProcess): Promise<string> {
  let said = ''
  let complained = ''
  child.stderr!.on('data', (piece) => {
    complained = (complained + piece).slice(-4000)
  })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
    reject(new Error(`The server did not start in time: ${said} ${complained}`))
  }, START_MS)
  child.stdout!.on('data', (piece) => {
    said += piece
    const match = /ready at (https?:\/\/\S+)/.exec(said)
    if (match) resolve(match[1]!)
  })
  child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${complained}`)))
  return promise.finally(() => clearTimeout(timer))
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' ? address!.port : 0
}
