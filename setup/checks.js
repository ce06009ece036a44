/** The checks that need no running program: the types of server and web, and the form of the code. */
import { at } from './place.js'
import { runNode } from './run.js'

// Called by its path: two versions of the compiler own the name `tsc`.
const TYPES = at('node_modules', 'tsc7', 'bin', 'tsc')
const FORM = at('node_modules', '@biomejs', 'biome', 'bin', 'biome')

const CHECKS = [
  ['types of the program', [TYPES, '-p', 'tsconfig.json']],
  ['types of the web pages', [TYPES, '-p', 'tsconfig.web.json']],
  ['types of tests in the browser', [TYPES, '-p', 'tsconfig.browser.json']],
  ['form of the code', [FORM, 'check', '--max-diagnostics=30']],
]

/** Runs them all; the names of those that failed. */
export async function checks() {
  const failed = []
  for (const [name, args] of CHECKS) {
    console.log(`Checking the ${name} ...`)
    if ((await runNode(args)) !== 0) failed.push(name)
  }
  return failed
}
