/**
 * The embedded database: a real PostgreSQL from an npm package, started below the data folder and looked after. It
 * listens on a socket in that folder, takes only the password that lies there, dies with the process that started it,
 * and is started again when it dies alone.
 */
import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readdir, readFile, readlink, realpath, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { newSecret } from '../../kit/ids.ts'
import { backoffMs, sleep } from '../../kit/retry.ts'
import type { Log } from '../log.ts'
import { holdFolder, whoHolds } from './folder-lock.ts'
import { ensureDatabase } from './postgres.ts'
import { findPrograms, type Launch, run, waysToRun } from './programs.ts'

export interface EmbeddedOptions {
  /** Folder of the database and all that belongs to it. */
  folder: string
  /** Port on 127.0.0.1; 0 means none as long as the socket's path is short enough for the kernel. */
  port: number
  log: Log
  /** Settings of the server over the usual ones, such as `fsync=off` for tests. */
  settings?: Record<string, string>
}

export interface EmbeddedDatabase {
  /** Address of the database with its password, as `VITASCOPE_DB_URL` takes it. */
  url: string
  /** Process id of the server, for tests that kill it. */
  readonly pid: number | undefined
  /** Stops the server: open transactions are rolled back, everything committed is on the disk. */
  close(): Promise<void>
}

const USER = 'vitascope'
/** A kernel takes 107 bytes for the path of a socket (unix(7)); PostgreSQL adds `/.s.PGSQL.5432`. */
const MAX_SOCKET_FOLDER = 90

const SETTINGS: Record<string, string> = {
  shared_buffers: '128MB',
  max_connections: '200',
  synchronous_commit: 'on',
  max_wal_size: '1GB',
  checkpoint_timeout: '10min',
  unix_socket_permissions: '0700',
  // Bulk work and short requests share the machine; a plan that compiles itself costs more than it brings.
  jit: 'off',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
}

/** Starts the database in this folder, making it first where there is none. Throws when another process has it open. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const folder = resolve(options.folder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const hold = await holdFolder(folder)
  try {
    return await start({ ...options, folder }, hold.release)
  } catch (error) {
    await hold.release()
    throw error
  }
}

/** Address of the database that another process has open in this folder, or undefined when none has. */
export async function joinEmbedded(folder: string): Promise<string | undefined> {
  if (!(await whoHolds(resolve(folder)))) return undefined
  const address = await readFile(join(folder, 'address'), 'utf8').catch(() => undefined)
  return address?.trim()
}

async function start(options: EmbeddedOptions, release: () => Promise<void>): Promise<EmbeddedDatabase> {
  const { folder, log } = options
  const programs = await findPrograms()
  const launch = await waysToRun(programs, folder)
  const cluster = join(folder, 'cluster')
  const passwordFile = join(folder, 'password')

  await stopOrphan(cluster, log)
  if (!(await exists(join(cluster, 'PG_VERSION')))) await makeCluster(launch, folder, cluster, passwordFile)
  const password = (await readFile(passwordFile, 'utf8')).trim()

  const bySocket = Buffer.byteLength(folder) <= MAX_SOCKET_FOLDER
  const port = options.port || (bySocket ? 0 : await freePort())
  const url = bySocket
    ? `postgres://${USER}:${password}@localhost/${USER}?host=${encodeURIComponent(folder)}`
    : `postgres://${USER}:${password}@127.0.0.1:${port}/${USER}`
  const settings = {
    ...SETTINGS,
    ...options.settings,
    // The port also names the socket, so it is the usual one where nobody listens on the network.
    port: String(port || 5432),
    listen_addresses: port ? '127.0.0.1' : '',
    unix_socket_directories: bySocket ? folder : '',
  }
  const address = bySocket && port ? url.replace('@localhost/', `@localhost:${port}/`) : url

  let stopping = false
  let server = await startServer(launch, folder, cluster, settings)
  let watched = watch(server)
  await ensureDatabase(address)
  await writeFile(join(folder, 'address'), `${address}\n`, { mode: 0o600 })

  /** Waits for a death that nobody asked for, and starts the server again. */
  async function watch(child: ChildProcess): Promise<void> {
    const { code, signal } = await gone(child)
    if (stopping) return
    log.error({ code, signal }, 'database died, starting it again')
    for (let attempt = 1; !stopping; attempt++) {
      try {
        server = await startServer(launch, folder, cluster, settings)
        log.info({ pid: server.pid }, 'database is back')
        watched = watch(server)
        return
      } catch (error) {
        // Sessions of the dead server hold its memory for a moment, and until they are gone no new one starts.
        log.warn({ attempt, error: String(error) }, 'database does not start')
        await sleep(backoffMs(attempt, 100, 5000))
      }
    }
  }

  return {
    url: address,
    get pid() {
      return server.pid
    },
    async close() {
      if (stopping) return
      stopping = true
      await stopServer(server)
      await watched
      await rm(join(folder, 'address'), { force: true })
      await release()
    },
  }
}

/** Makes a new cluster aside and moves it into place whole, so that a crash in between leaves nothing half made. */
async function makeCluster(launch: Launch, folder: string, cluster: string, passwordFile: string): Promise<void> {
  const aside = join(folder, 'cluster.new')
  await rm(aside, { recursive: true, force: true })
  await writeFile(passwordFile, `${newSecret()}\n`, { mode: 0o600 })
  await launch.own(passwordFile)
  // Without these an unset locale of a bare machine makes a database of bytes instead of text.
  const text = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const result = await run(launch, 'initdb', [
    `--pgdata=${aside}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--no-instructions',
    ...text,
  ])
  if (result.exitCode !== 0) throw new Error(`The database could not be made: ${result.output.slice(-2000)}`)
  await rename(aside, cluster)
}

async function startServer(
  launch: Launch,
  folder: string,
  cluster: string,
  settings: Record<string, string>,
): Promise<ChildProcess> {
  const logFile = join(folder, 'server.log')
  const logged = (await stat(logFile).catch(() => undefined))?.size ?? 0
  const logFrom = logged > 16 * 1024 ** 2 ? 0 : logged
  if (logFrom < logged) await truncate(logFile, 0)
  const out = openSync(logFile, 'a', 0o600)
  const args = ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const [command, words] = launch.command('postgres', args, { dieWithParent: true })
  // A session of its own: Ctrl-C at the terminal must reach us first and the database last.
  const child = spawn(command, words, {
    stdio: ['ignore', out, out],
    detached: true,
    cwd: folder,
    env: launch.environment,
    ...launch.identity,
  })
  closeSync(out)
  const death = gone(child)
  const died = death.then((it) => ({ ...it, died: true as const }))
  const until = Date.now() + 60_000
  for (;;) {
    const status = await readPidFile(cluster)
    if (status?.pid === child.pid && status?.ready) return child
    const ended = await Promise.race([died, sleep(10).then(() => undefined)])
    if (ended) {
      const said = (await readFile(logFile, 'utf8').catch(() => '')).slice(logFrom).slice(-1500)
      throw new Error(`The database stopped while starting (${ended.code ?? ended.signal}): ${said}`)
    }
    if (Date.now() > until) {
      child.kill('SIGQUIT')
      throw new Error(`The database did not start within a minute; see ${logFile}`)
    }
  }
}

/** Fast shutdown, and the immediate one when that hangs; both lose nothing that was committed. */
async function stopServer(child: ChildProcess): Promise<void> {
  const death = gone(child)
  child.kill('SIGINT')
  const slow = setTimeout(() => child.kill('SIGQUIT'), 20_000)
  await death
  clearTimeout(slow)
}

/** Ends the server that a dead process left behind in this cluster. We hold the folder, so it belongs to nobody. */
async function stopOrphan(cluster: string, log: Log): Promise<void> {
  const status = await readPidFile(cluster)
  if (!status) return
  if (!(await isServerOf(status.pid, cluster))) return dropStalePidFile(status.pid, cluster)
  log.warn({ pid: status.pid }, 'stopping a database that was left behind')
  for (const [signal, waitMs] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    try {
      process.kill(status.pid, signal)
    } catch {
      return
    }
    const until = Date.now() + waitMs
    while (Date.now() < until) {
      if (!(await isServerOf(status.pid, cluster))) return
      await sleep(20)
    }
  }
  assert.fail(`The process ${status.pid} does not die`)
}

/**
 * A new server refuses to start while the number in the file belongs to any process, be it a stranger or a dead one that
 * nobody has buried. The file may go once no session of the old server works in the cluster any more.
 */
async function dropStalePidFile(pid: number, cluster: string): Promise<void> {
  if (!(await exists(`/proc/${pid}`))) return
  const until = Date.now() + 15_000
  while (await somebodyWorksIn(cluster)) {
    if (Date.now() > until) throw new Error(`Sessions of an earlier database still run in ${cluster}`)
    await sleep(50)
  }
  await rm(join(cluster, 'postmaster.pid'), { force: true })
}

/** Whether any process has its working directory there, as all of a server do. */
async function somebodyWorksIn(folder: string): Promise<boolean> {
  const path = await realpath(folder)
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const folders = await Promise.all(processes.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)))
  return folders.includes(path)
}

/** Whether this process is a PostgreSQL of this cluster, and not a stranger that got the number later. */
async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
  return words.includes(cluster) && (words[0] ?? '').includes('postgres')
}

/** Reads what the server writes about itself: line 1 its process, line 8 its state. */
async function readPidFile(cluster: string): Promise<{ pid: number; ready: boolean } | undefined> {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  return pid > 0 ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined
}

function gone(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode })
  return new Promise((settle) => {
    child.once('exit', (code, signal) => settle({ code, signal }))
    child.once('error', () => settle({ code: null, signal: null }))
  })
}

function freePort(): Promise<number> {
  return new Promise((settle, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => settle(port))
    })
  })
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
