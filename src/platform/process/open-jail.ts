/** Chooses the jail by the setting `transcode.jail` and by what this machine really allows, and opens it. */
import { accessSync, constants } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import type { Jail, JailedRun } from '../process.ts'
import { bubblewrap } from './bubblewrap.ts'
import type { AnyRun, Confinement } from './confinement.ts'
import { neverStarted, startProcess } from './jailed-process.ts'
import { limitsOnly } from './limits.ts'
import { findProgram } from './programs.ts'
import { proveJail } from './prove-jail.ts'

const TRIAL = {
  pipes: 1,
  args: ['-c', 'echo held >&3'],
  limits: { wallMs: 10_000, memoryBytes: 512 * 1024 ** 2, outputBytes: 1024, nice: 0 },
}

/**
 * Opens the jail. With `auto` a real program is run under bubblewrap first; where that fails the jail of limits is taken,
 * with a loud warning. Throws when the setting demands bubblewrap and it does not work, or basic tools are missing.
 */
export async function openJail(config: Config, log: Log): Promise<Jail> {
  const wanted = config['transcode.jail']
  if (wanted === 'limits') {
    log.warn(
      { jail: 'limits' },
      'FFmpeg is confined by limits only, as the settings say; a hostile file that takes it over can read what this user can read',
    )
    return jailOf(limitsOnly(tools('prlimit', 'setpriv', 'nice')), config)
  }
  const { confinement, trouble } = await tryBubblewrap()
  if (confinement) return jailOf(confinement, config)
  if (wanted === 'bubblewrap') throw new Error(`transcode.jail is bubblewrap, but it does not work here: ${trouble}`)
  log.warn(
    { jail: 'limits', trouble },
    'FFmpeg is confined by limits only, because bubblewrap does not work here; a hostile file that takes it over can read what this user can read',
  )
  return jailOf(limitsOnly(tools('prlimit', 'setpriv', 'nice')), config)
}

async function tryBubblewrap(): Promise<{ confinement?: Confinement; trouble: string }> {
  const bwrap = findProgram('bwrap')
  if (!bwrap) return { trouble: 'the program bwrap is not installed' }
  const confinement = bubblewrap({ bwrap, ...tools('prlimit', 'nice') })
  const running = startProcess({
    ...confinement.command(shell(), TRIAL),
    pipes: TRIAL.pipes,
    limits: TRIAL.limits,
    signal: undefined,
  })
  let said = ''
  running.pipes[0]!.on('data', (chunk) => {
    said += chunk
  })
  const [{ stderr }] = await Promise.all([running.done, finished(running.pipes[0]!)])
  if (said.trim() === 'held') return { confinement, trouble: '' }
  confinement.close()
  return { trouble: stderr.trim() || 'a program inside said nothing' }
}

/** A jail around one way of confining. */
function jailOf(confinement: Confinement, config: Config): Jail {
  const found = new Map<string, string>()
  /** Looked up once it is there: FFmpeg may be installed while we run. */
  const programPath = (name: 'ffmpeg' | 'ffprobe') => {
    const path = found.get(name) ?? findProgram(config[`transcode.${name}`])
    if (path) found.set(name, path)
    return path
  }
  const startAny = (program: string, run: AnyRun & Pick<JailedRun, 'input'>, signal?: AbortSignal) =>
    startProcess({
      ...confinement.command(program, run),
      ...{ pipes: run.pipes, input: run.input, limits: run.limits, signal },
    })

  return {
    kind: confinement.kind,
    inputName: confinement.inputName,
    outputName: confinement.outputName,
    start(run: JailedRun) {
      const program = programPath(run.program)
      if (!program)
        return neverStarted('not_started', `There is no program ${config[`transcode.${run.program}`]}.`, run)
      const trouble = unreachable(run)
      if (trouble) return neverStarted('not_started', trouble, run)
      return startAny(program, run, run.signal)
    },
    prove: () =>
      proveJail(
        (program, args, limits) => startAny(program, { args, pipes: 0, limits }),
        shell(),
        programPath('ffprobe'),
      ),
  }
}

function unreachable(run: JailedRun): string | undefined {
  try {
    if (run.inputPath !== undefined) accessSync(run.inputPath, constants.R_OK)
    if (run.outputFolder !== undefined) accessSync(run.outputFolder, constants.W_OK)
    return undefined
  } catch (error) {
    return String(error)
  }
}

const shell = () => tools('sh').sh

function tools<Name extends string>(...names: Name[]): Record<Name, string> {
  const paths = names.map((name) => [name, findProgram(name)] as const)
  const missing = paths.filter(([, path]) => !path).map(([name]) => name)
  if (missing.length > 0)
    throw new Error(
      `These programs of the system are missing: ${missing.join(', ')} (packages coreutils and util-linux)`,
    )
  return Object.fromEntries(paths) as Record<Name, string>
}
