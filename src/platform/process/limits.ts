/**
 * The jail of limits only, for machines that forbid namespaces: resource limits, a bare environment, no way to gain
 * privileges. It does not keep a program from reading what our own user may read; the whitelists of formats and
 * protocols are then the only wall, and the log says so.
 */
import { availableParallelism } from 'node:os'
import type { JailLimits } from '../process.ts'
import type { Confinement } from './confinement.ts'

/** What a confined program finds in its environment. Few malloc arenas: each reserves 64 MiB of the address space that is limited. */
export const QUIET_ENVIRONMENT: Record<string, string> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/tmp',
  LANG: 'C.UTF-8',
  MALLOC_ARENA_MAX: '2',
}

const OPEN_FILES = 256
/** Counted by the kernel over all processes of our user, threads too, so it cannot be tight. */
const PROCESSES = 8192

/** Arguments of prlimit(1). CPU time is the wall clock times the processors, so that only a run-away meets it. */
export function limitWords(limits: JailLimits): string[] {
  const cpuSeconds = Math.ceil(limits.wallMs / 1000) * availableParallelism() + 1
  return [
    `--as=${limits.memoryBytes}`,
    `--cpu=${cpuSeconds}`,
    `--fsize=${limits.outputBytes}`,
    `--nofile=${OPEN_FILES}`,
    `--nproc=${PROCESSES}`,
    '--core=0',
  ]
}

/** Builds command lines that confine by limits. `tools` are full paths of the programs of the same names. */
export function limitsOnly(tools: { prlimit: string; setpriv: string; nice: string }): Confinement {
  return {
    kind: 'limits',
    inputName: (path) => path,
    outputName: (folder) => folder,
    command(program, run) {
      // The signal of the parent's death stands in for bubblewrap's --die-with-parent.
      const plain = [tools.setpriv, '--no-new-privs', '--pdeathsig', 'KILL', program, ...run.args]
      const niced = run.limits.nice > 0 ? [tools.nice, '-n', String(run.limits.nice), ...plain] : plain
      return { program: tools.prlimit, args: [...limitWords(run.limits), '--', ...niced], env: QUIET_ENVIRONMENT }
    },
    close() {},
  }
}
