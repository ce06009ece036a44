/** Running other programs from the set-up. */
import { spawn, spawnSync } from 'node:child_process'
import { at, programNode, root } from './place.js'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Runs a step of the set-up to its end; its output goes to standard error. Throws a sentence when it fails. */
export function step(says, program, args, options = {}) {
  console.error(says)
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2], ...options })
  if (error) throw new Error(`${says} did not work: ${error.message}`)
  if (status !== 0) throw new Error(`${says} did not work (${[program, ...args].join(' ')} ended with ${status}).`)
}

/** Whether a program runs and ends well, quietly. */
export function works(program, args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}

/** Runs something with the program's Node to its end, hands signals on, and tells its exit code. */
export function runNode(args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(programNode(), args, { cwd: root, stdio: 'inherit', ...options })
    const forward = (signal) => child.kill(signal)
    for (const signal of FORWARDED) process.on(signal, forward)
    const forsaken = watchParent(() => child.kill('SIGTERM'))
    const over = (code) => {
      clearInterval(forsaken)
      for (const signal of FORWARDED) process.removeListener(signal, forward)
      resolve(code)
    }
    child.on('error', (error) => {
      console.error(error.message)
      over(1)
    })
    child.on('exit', (code, signal) => over(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })
}

/**
 * npm that is told to stop ends its shell and not what the shell runs, so a server it started would stay behind. Our parent is
 * another one then. Without npm in between nothing is watched: what was sent to the background outlives its shell on purpose.
 */
function watchParent(then) {
  if (process.env.npm_lifecycle_event === undefined) return undefined
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    then()
  }, 500)
  timer.unref()
  return timer
}

/** Runs a word of the command line: `vitascope serve ...`. The folder in which it was typed stays the working folder. */
export function runProgram(words) {
  return runNode([at('src', 'main.ts'), ...words], { cwd: process.env.INIT_CWD ?? process.cwd() })
}

/** Ends this process with a plain sentence instead of a stack when the set-up cannot go on. */
export async function orSentence(work) {
  try {
    return await work()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
