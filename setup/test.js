/**
 * `npm test`: brings what is missing, checks types and form, runs the tests. Arguments go to vitest, and then only it runs. `--long` runs the
 * long ones too. Where everything was asked for, a few files that failed are run a second time, alone: what passes then is named, and is
 * no less to be mended, but something else that the machine did in that moment stops nobody.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { checks } from './checks.js'
import { at } from './place.js'
import { prepare } from './prepare.js'
import { orSentence, runNode } from './run.js'

/** Where more than so many files fail it is no accident. */
const MOST_AGAIN = 3

const asked = process.argv.slice(2).filter((it) => it !== '--long')
const long = process.argv.includes('--long') ? { LONG_TESTS: '1' } : {}
await orSentence(() => prepare({ chromium: true, web: false }))

const wrong = asked.length > 0 ? [] : await checks()
try {
  prepare({ chromium: true })
} catch (error) {
  console.error(error.message)
  wrong.push('build of the web pages')
}
const first = await run(asked)
const { files } = first
const isForAgain = asked.length === 0 && first.exitCode === 1 && files.length > 0 && files.length <= MOST_AGAIN
if (isForAgain) console.log(`Run again, alone: ${files.join(', ')}`)
const second = isForAgain ? await run(files) : undefined
const unsteady = second ? first.names.filter((name) => !second.names.includes(name)) : []

const { exitCode } = second ?? first
const counts = {
  passed: first.passed + unsteady.length,
  failed: first.failed - unsteady.length,
  skipped: first.skipped,
}
for (const name of unsteady) console.log(`Unsteady, passed the second time: ${name}`)
// A suite that could not even be loaded holds no test, and the exit code alone knows of it.
const failed = Math.max(counts.failed, exitCode === 0 ? 0 : 1) + wrong.length
for (const name of wrong) console.log(`Wrong: ${name}`)
console.log(`${counts.passed} passed, ${failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`)
process.exitCode = failed > 0 || counts.passed === 0 ? 1 : 0

async function run(given) {
  const folder = mkdtempSync(join(tmpdir(), 'vitascope-test-'))
  const results = join(folder, 'results.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
  const exitCode = await runNode([at('node_modules', 'vitest', 'vitest.mjs'), 'run', ...reporters, ...given], {
    env: { ...process.env, ...long, PATH: `${at('node_modules', '.bin')}:${process.env.PATH}` },
  })
  const counts = counted(results)
  rmSync(folder, { recursive: true, force: true })
  return { exitCode, ...counts }
}

/** How many passed, failed and were skipped, which files failed, and which of their tests did. */
function counted(path) {
  try {
    const it = JSON.parse(readFileSync(path, 'utf8'))
    const failed = it.testResults.filter(({ status }) => status === 'failed')
    return {
      passed: it.numPassedTests,
      failed: it.numFailedTests,
      skipped: it.numPendingTests + it.numTodoTests,
      files: failed.map(({ name }) => relative(at(), name)),
      names: failed.flatMap(({ name, assertionResults }) =>
        assertionResults
          .filter(({ status }) => status === 'failed')
          .map(({ fullName }) => `${relative(at(), name)}: ${fullName}`),
      ),
    }
  } catch {
    return { passed: 0, failed: 1, skipped: 0, files: [], names: [] }
  }
}
