/** The checks that need no running program: the types of server and web, and the form of the code. */
import { at } from './place.js'
import { runNode } from './run.js'

// Called by its path: two versions of the compiler own the name `tsc`.
const TYPES = at('node_modules', 'tsc7', 'bin', 'tsc')
const FORM = at('node_modules', '@biomejs', 'biome', 'bin', 'biome')

// One checker each: several would each look at what they share, which on few processors costs more than it saves.
const types = (project) => [TYPES, '-p', project, '--checkers', '1']

const CHECKS = [
  ['types of the program', types('tsconfig.json')],
  ['types of the web pages', types('tsconfig.web.json')],
  ['types of tests in the browser', types('tsconfig.browser.json')],
  ['form of the code', [FORM, 'check', '--max-diagnostics=30']],
]

/** Runs them all, beside each other; the names of those that failed. */
export async function checks() {
  console.log(`Checking the ${CHECKS.map(([name]) => name).join(', the ')} ...`)
  const codes = await Promise.all(CHECKS.map(([, args]) => runNode(args)))
  return CHECKS.filter((_, n) => codes[n] !== 0).map(([name]) => name)
}
