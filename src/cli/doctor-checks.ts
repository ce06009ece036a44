/** What the doctor looks at, one function per organ. */
import { access, chmod, constants, mkdtemp, rm, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { sayBytes } from '../kit/bytes.ts'
import { newId } from '../kit/ids.ts'
import type { Config } from '../platform/config.ts'
import { joinEmbedded } from '../platform/db/embedded.ts'
import { pendingMigrations } from '../platform/db/migrate.ts'
import { openLog } from '../platform/log.ts'
import { findDatabase, openBlobs } from '../platform/open.ts'
import { openJail } from '../platform/process/open-jail.ts'
import type { Jail } from '../platform/process.ts'

export interface Finding {
  /** Constant, for programs that read it. */
  what: string
  state: 'ok' | 'warning' | 'wrong'
  says: string
  /** How to mend it. */
  mend?: string
}

const LEAST_NODE = 24
const NEEDED_ENCODERS = ['libx264', 'aac', 'mjpeg']
/** For further codecs and high dynamic range, and for thumbnails as WebP and AVIF. */
const WELCOME_ENCODERS = ['libx265', 'libsvtav1', 'libvpx-vp9', 'libwebp', 'libaom-av1']
const WEB_BUILD = join(import.meta.dirname, '../../dist/web')

/** Looks at everything, in the order in which things stand on each other. */
export async function* lookAtMachine(config: Config): AsyncGenerator<Finding> {
  yield lookAtNode()
  const jail = await openJail(config, openLog('silent')).catch((error: Error) => error)
  if (jail instanceof Error) yield wrong('jail', jail.message, 'install bubblewrap, or set transcode.jail to limits')
  else {
    yield* lookAtFfmpeg(jail, config)
    yield* lookAtJail(jail)
  }
  yield await lookAtFolder(config)
  yield await lookAtSpace(config)
  if (config['blobs.bucket'] !== '') yield await lookAtStore(config)
  yield await lookAtDatabase(config)
  yield await lookAtWeb()
  yield await lookAtPort(config)
}

const ok = (what: string, says: string): Finding => ({ what, state: 'ok', says })
const warning = (what: string, says: string, mend: string): Finding => ({ what, state: 'warning', says, mend })
const wrong = (what: string, says: string, mend: string): Finding => ({ what, state: 'wrong', says, mend })

function lookAtNode(): Finding {
  const says = `Node ${process.versions.node}`
  const isNew = Number(process.versions.node.split('.')[0]) >= LEAST_NODE
  return isNew ? ok('node', says) : wrong('node', says, `run it as npx vitascope, which brings Node ${LEAST_NODE}`)
}

async function* lookAtFfmpeg(jail: Jail, config: Config): AsyncGenerator<Finding> {
  for (const program of ['ffmpeg', 'ffprobe'] as const) {
    const said = await ask(jail, program, ['-version'])
    const version = new RegExp(`^${program} version (\\S+)`).exec(said.output)?.[1]
    if (!version) {
      yield wrong(
        program,
        said.stderr.trim().split('\n')[0] || `${config[`transcode.${program}`]} does not run`,
        `install FFmpeg, or set transcode.${program} to its path`,
      )
      continue
    }
    const known = knownFlaws(version)
    yield known
      ? warning(program, `${version}; ${known}`, 'upgrade FFmpeg when your system offers it')
      : ok(program, version)
  }
  const { output } = await ask(jail, 'ffmpeg', ['-hide_banner', '-encoders'])
  const encoders = new Set(output.split('\n').map((line) => line.trim().split(/\s+/)[1]))
  const missing = NEEDED_ENCODERS.filter((name) => !encoders.has(name))
  if (missing.length > 0)
    yield wrong('encoders', `FFmpeg lacks ${missing.join(', ')}`, 'install an FFmpeg that is built with them')
  else yield ok('encoders', [...NEEDED_ENCODERS, ...WELCOME_ENCODERS.filter((name) => encoders.has(name))].join(', '))
}

/** Where CVE-2026-8461, a write beyond the heap in the MagicYUV decoder, was mended: the first release of each branch. */
const MENDED: Record<number, [minor: number, patch: number]> = { 5: [1, 10], 6: [1, 6], 7: [1, 5], 8: [1, 2] }

/**
 * What is publicly known to be wrong with a version and matters for hostile files. The list of codecs that uploads may
 * use keeps them from that decoder; the jail stands behind it.
 */
function knownFlaws(version: string): string | undefined {
  const [major, minor = 0, patch = 0] = (/^n?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? [])
    .slice(1)
    .map((part) => Number(part ?? 0))
  // Builds from a branch have no number; nothing can be said about them.
  if (major === undefined) return undefined
  const mended = MENDED[major]
  const isMended = mended ? minor > mended[0] || (minor === mended[0] && patch >= mended[1]) : major > 8
  return isMended
    ? undefined
    : 'lacks the mending of CVE-2026-8461 (MagicYUV); uploads cannot reach that decoder, it is not on our list'
}

async function ask(jail: Jail, program: 'ffmpeg' | 'ffprobe', args: string[]) {
  const running = jail.start({
    program,
    args,
    pipes: 0,
    limits: { wallMs: 10_000, memoryBytes: 2 * 1024 ** 3, outputBytes: 1024 ** 2, nice: 0 },
  })
  const [output, ending] = await Promise.all([text(running.stdout), running.done])
  return { output, ...ending }
}

async function* lookAtJail(jail: Jail): AsyncGenerator<Finding> {
  const { holds, findings } = await jail.prove()
  const open = findings.filter((finding) => !finding.held)
  if (holds) yield ok('jail', `${jail.kind}; tried to break out ${findings.length - 1} ways, and it held`)
  else if (jail.kind === 'limits')
    yield warning(
      'jail',
      `limits only. ${open.map((finding) => finding.says).join(' ')}`,
      'install bubblewrap and allow user namespaces (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns)',
    )
  else
    yield wrong(
      'jail',
      open.map((finding) => finding.says).join(' '),
      'do not take uploads from strangers on this machine',
    )
}

async function lookAtFolder(config: Config): Promise<Finding> {
  const folder = config['data.folder']
  try {
    // Made only by what really starts; here it is enough that it could be made.
    await access(await nearest(folder), constants.W_OK | constants.X_OK)
    return ok('data', folder)
  } catch {
    return wrong(
      'data',
      `${folder} cannot be written`,
      'give it to the user who runs Vitascope, or choose another with --data',
    )
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** The folder, or the first above it that exists. */
async function nearest(folder: string): Promise<string> {
  for (let path = folder; path !== dirname(path); path = dirname(path)) {
    if (await exists(path)) return path
  }
  return '/'
}

async function lookAtSpace(config: Config): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearest(config['data.folder']))
  const freeBytes = bavail * bsize
  const reserved = config['uploads.reserve_bytes']
  const says = `${sayBytes(freeBytes)} free, of which ${sayBytes(reserved)} are never filled by uploads`
  return freeBytes > 2 * reserved
    ? ok('space', says)
    : warning('space', says, 'free some space: uploads are refused once the reserve is reached')
}

/** Puts a blob into the bucket, reads it and removes it: each may be forbidden by itself. */
export async function lookAtStore(config: Config): Promise<Finding> {
  const told: string[] = []
  const silent = openLog('silent')
  const log = { ...silent, warn: (_facts: unknown, message: string) => void told.push(message) }
  const key = `doctor/${newId()}`
  const words = 'may be removed'
  const aside = await mkdtemp(join(tmpdir(), 'vitascope-doctor-'))
  try {
    // What is kept of blobs for programs goes aside: looking must not leave anything behind.
    const blobs = await openBlobs({ ...config, 'data.folder': aside }, log)
    try {
      if (!(await blobs.put(key, Buffer.from(words)))) throw new Error('a new blob was not taken')
      const found = await blobs.read(key, words.length)
      if (found?.toString() !== words) throw new Error('a blob that was put is not there')
      if (!(await Array.fromAsync(blobs.list('doctor/'))).includes(key)) throw new Error('a blob is not listed')
    } finally {
      await blobs.remove(key).finally(() => blobs.close())
    }
    const says = `bucket ${config['blobs.bucket']}: a blob was put, read, listed and removed`
    return told.length === 0
      ? ok('store', says)
      : warning(
          'store',
          `${says}; ${told.join('; ')}`,
          'use a store that knows conditional writes, or one process for the API',
        )
  } catch (error) {
    return wrong(
      'store',
      error instanceof Error ? error.message : String(error),
      'check the settings that begin with blobs., and what the key may do: read, write, list, delete',
    )
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

async function lookAtDatabase(config: Config): Promise<Finding> {
  const closers: (() => Promise<void>)[] = []
  const embedded = config['db.url'] === ''
  try {
    if (embedded && !(await exists(join(config['data.folder'], 'database')))) return await tryNewDatabase(config)
    const isRunning = embedded && (await joinEmbedded(join(config['data.folder'], 'database'))) !== undefined
    const url = await findDatabase(config, openLog('silent'), true, closers)
    const pending = await pendingMigrations(url)
    const name = embedded ? `embedded PostgreSQL, ${isRunning ? 'running' : 'starts'}` : 'PostgreSQL answers'
    if (pending.length === 0) return ok('database', `${name}, up to date`)
    return warning(
      'database',
      `${name}; ${pending.length} migrations are to come`,
      'they are applied by the next start, or now by: vitascope migrate',
    )
  } catch (error) {
    return wrong(
      'database',
      error instanceof Error ? error.message : String(error),
      embedded ? 'look into database/server.log in the data folder' : 'check db.url',
    )
  } finally {
    for (const close of closers) await close()
  }
}

/** Where there is none yet, one is made aside and thrown away: looking must not leave anything behind. */
async function tryNewDatabase(config: Config): Promise<Finding> {
  const closers: (() => Promise<void>)[] = []
  const aside = await mkdtemp(join(tmpdir(), 'vitascope-doctor-'))
  try {
    // As reachable as a data folder is: the database of root runs as somebody else where namespaces are forbidden.
    await chmod(aside, 0o755)
    await findDatabase({ ...config, 'data.folder': aside }, openLog('silent'), false, closers)
    return ok('database', 'embedded PostgreSQL works; the first start makes a database')
  } finally {
    for (const close of closers) await close()
    await rm(aside, { recursive: true, force: true })
  }
}

async function lookAtWeb(): Promise<Finding> {
  return (await exists(WEB_BUILD))
    ? ok('web', 'the pages are built')
    : warning('web', 'the pages are not built', 'npm start builds them, or: npx vite build')
}

async function lookAtPort(config: Config): Promise<Finding> {
  const port = config['http.port']
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const probe = createServer()
    probe.once('error', resolve)
    probe.listen(port, config['http.host'], () => probe.close(() => resolve(undefined)))
  })
  if (!error) return ok('port', port === 0 ? 'a free one is taken' : `${port} is free`)
  if (error.code === 'EADDRINUSE')
    return warning('port', `${port} is in use: by Vitascope, if it is running`, 'choose another with --port')
  return wrong(
    'port',
    `${config['http.host']}:${port} cannot be listened on (${error.code})`,
    'choose others with --port and --host',
  )
}
