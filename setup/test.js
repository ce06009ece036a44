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
const broken = first.files.filter(({ failed }) => failed.length > 0).map(({ name }) => name)
const isForAgain = asked.length === 0 && first.exitCode === 1 && broken.length > 0 && broken.length <= MOST_AGAIN
if (isForAgain) console.log(`Run again, alone: ${broken.join(', ')}`)
const second = isForAgain ? await run(broken) : { ...first, files: [] }

const stillFailed = new Set(second.files.flatMap(({ failed }) => failed))
if (isForAgain)
  for (const name of first.files.flatMap(({ failed }) => failed))
    if (!stillFailed.has(name)) console.log(`Unsteady, passed the second time: ${name}`)

const { exitCode } = second
// Of a file that was run twice the second run counts.
const files = [...first.files.filter(({ name }) => !isForAgain || !broken.includes(name)), ...second.files]
const sum = (of) => files.reduce((total, it) => total + it[of], 0)
const counts = { passed: sum('passedCount'), failed: sum('failedCount'), skipped: sum('skippedCount') }
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
  const files = filesIn(results)
  rmSync(folder, { recursive: true, force: true })
  return { exitCode, files }
}

/** Of each file how many tests passed, failed and were skipped, and the names of those that failed: its own where it could not be loaded. */
function filesIn(path) {
  let results
  try {
    results = JSON.parse(readFileSync(path, 'utf8')).testResults
  } catch {
    return []
  }
  return results.map((it) => {
    const name = relative(at(), it.name)
    const of = (...statuses) => it.assertionResults.filter(({ status }) => statuses.includes(status))
    const failed = of('failed').map(({ fullName }) => `${name}: ${fullName}`)
    const [passedCount, failedCount] = [of('passed').length, failed.length]
    const skippedCount = it.assertionResults.length - passedCount - failedCount
    return {
      ...{ name, passedCount, failedCount, skippedCount },
      failed: it.status === 'failed' && failedCount === 0 ? [name] : failed,
    }
  })
}
