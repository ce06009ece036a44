/** Running the program as a person does: its words in, what it says and its exit code out. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { cloneDatabase, TEST_DATABASE } from '../support/cluster.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

export interface Home {
  folder: string
  data: string
  run(words: string[]): Promise<{ exitCode: number | null; out: string; err: string }>
  serve(words?: string[]): Promise<Server>
  [Symbol.asyncDispose](): Promise<void>
}

export interface Server {
  /** The line it greets with. */
  line: string
  address: string
  child: ChildProcess
  /** Sends the signal and waits; the exit code, or the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
}

/** A home folder of its own, with a data folder in it; what is still running at the end is ended. */
export function openHome(): Promise<Home> {
  return homeWith({}, async () => {})
}

/** The same on a database of the server that all tests of a run share: for stories that are not about the program's own. */
export async function openHomeOnServer(): Promise<Home> {
  const database = await cloneDatabase(process.env[TEST_DATABASE]!)
  return homeWith({ VITASCOPE_DB_URL: database.url }, database.drop)
}

async function homeWith(settings: Record<string, string>, drop: () => Promise<void>): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'home-'))
  const data = join(folder, 'data')
  const servers: Server[] = []
  const start = (words: string[]) => {
    const env = { ...process.env, HOME: folder, VITASCOPE_DATA_FOLDER: data, VITASCOPE_LOG_LEVEL: 'warn', ...settings }
    return spawn(process.execPath, [MAIN, ...words], { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  }
  return {
    folder,
    data,
    async run(words) {
      const child = start(words)
      const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
      const [out, err, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exit])
      return { exitCode, out, err }
    },
    async serve(words = []) {
      const child = start(['serve', '--port', '0', '--host', '127.0.0.1', ...words])
      const exit = new Promise<number | NodeJS.Signals | null>((resolve) =>
        child.once('exit', (code, signal) => resolve(code ?? signal)),
      )
      const errors = text(child.stderr!)
      const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
      const first = await lines.next()
      if (first.done) throw new Error(`It did not start: ${await errors}`)
      const server: Server = {
        line: first.value,
        address: /http:\/\/\S+/.exec(first.value)?.[0] ?? '',
        child,
        stop(signal = 'SIGINT') {
          child.kill(signal)
          return exit
        },
      }
      servers.push(server)
      return server
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(
        servers
          .filter(({ child }) => child.exitCode === null && child.signalCode === null)
          .map((server) => server.stop('SIGTERM')),
      )
      await drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
