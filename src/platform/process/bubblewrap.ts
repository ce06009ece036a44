/**
 * The jail of namespaces: bubblewrap shows the program a world of its own system files, one input and at most one
 * output folder, without network, other processes, capabilities or environment.
 */
import { closeSync, existsSync, lstatSync, mkdtempSync, openSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { JAIL_INPUT, JAIL_OUTPUT } from '../process.ts'
import type { Confinement } from './confinement.ts'
import { limitWords, QUIET_ENVIRONMENT } from './limits.ts'
import { realProgram } from './programs.ts'
import { seccompFilter } from './seccomp.ts'

const SYSTEM_FOLDERS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']
/** Without `alternatives` FFmpeg's linear algebra is not found, without the cache no library outside the standard folders. */
const SYSTEM_ENTRIES = ['/etc/alternatives', '/etc/ld.so.cache', '/nix/store']
const PRIVATE_TMP_BYTES = 64 * 1024 ** 2

/** Builds command lines that confine by bubblewrap. `tools` are full paths of the programs of the same names. */
export function bubblewrap(tools: { bwrap: string; prlimit: string; nice: string }): Confinement {
  const world = systemWords()
  const filter = openFilter()
  return {
    kind: 'bubblewrap',
    inputName: () => JAIL_INPUT,
    outputName: () => JAIL_OUTPUT,
    command(program, run) {
      const seccomp = filter === undefined ? undefined : reopen(filter)
      const words = [
        ...['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
        ...Object.entries(QUIET_ENVIRONMENT).flatMap(([name, value]) => ['--setenv', name, value]),
        ...world,
        ...ownFolders(program).flatMap((folder) => ['--ro-bind', folder, folder]),
        ...(run.inputPath === undefined ? [] : ['--ro-bind', run.inputPath, JAIL_INPUT]),
        ...(run.outputFolder === undefined ? [] : ['--bind', run.outputFolder, JAIL_OUTPUT]),
        // The last three make even the scaffolding (the root, /dev with its /dev/shm) a place where nothing can be stored.
        ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/tmp'],
        // Descriptor numbers: 0 to 2, then the pipes, then the filter.
        ...(seccomp === undefined ? [] : ['--seccomp', String(3 + run.pipes)]),
      ]
      const wrapped = [tools.bwrap, ...words, '--', program, ...run.args]
      const niced = run.limits.nice > 0 ? [tools.nice, '-n', String(run.limits.nice), ...wrapped] : wrapped
      return {
        program: tools.prlimit,
        args: [...limitWords(run.limits), '--', ...niced],
        env: QUIET_ENVIRONMENT,
        handedOver: seccomp === undefined ? [] : [seccomp],
      }
    },
    close() {
      if (filter !== undefined) closeSync(filter)
    },
  }
}

/** The machine's own programs and libraries, read-only, as they lie: linked folders as links, real ones bound. */
function systemWords(): string[] {
  const words = ['--ro-bind', '/usr', '/usr']
  for (const folder of SYSTEM_FOLDERS) {
    const entry = lstatSync(folder, { throwIfNoEntry: false })
    if (entry?.isSymbolicLink()) words.push('--symlink', readlinkSync(folder), folder)
    else if (entry) words.push('--ro-bind', folder, folder)
  }
  for (const path of SYSTEM_ENTRIES) if (existsSync(path)) words.push('--ro-bind', path, path)
  words.push('--proc', '/proc', '--dev', '/dev', '--size', String(PRIVATE_TMP_BYTES), '--tmpfs', '/tmp')
  return words
}

/**
 * The folders an FFmpeg outside /usr brings along: its own and, beside a `bin`, the `lib`. Never the folder above, which
 * may well be somebody's home.
 */
function ownFolders(program: string): string[] {
  const folders = new Set<string>()
  for (const path of [program, realProgram(program)]) {
    const folder = dirname(path)
    const libraries = join(dirname(folder), 'lib')
    folders.add(folder)
    if (basename(folder) === 'bin' && existsSync(libraries)) folders.add(libraries)
  }
  return [...folders].filter(
    (folder) =>
      ![...SYSTEM_FOLDERS, '/usr', '/nix/store'].some((known) => folder === known || folder.startsWith(`${known}/`)),
  )
}

/** The filter in a file that has no name any more, so that nothing is left behind however we end. */
function openFilter(): number | undefined {
  const bytes = seccompFilter()
  if (!bytes) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'vitascope-filter-'))
  try {
    writeFileSync(join(folder, 'seccomp'), bytes)
    return openSync(join(folder, 'seccomp'), 'r')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A descriptor of its own, at the beginning: bubblewrap reads to the end, and the next one must find it all again. */
function reopen(descriptor: number): number {
  return openSync(`/proc/self/fd/${descriptor}`, 'r')
}
