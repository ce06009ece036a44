/** `npm test`: brings what is missing, checks types and form, runs the tests. Arguments go to vitest, and then only it runs. `--long` runs the long ones too. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checks } from './checks.js'
import { at } from './place.js'
import { prepare } from './prepare.js'
import { orSentence, runNode } from './run.js'

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
const folder = mkdtempSync(join(tmpdir(), 'vitascope-test-'))
const results = join(folder, 'results.json')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
const exitCode = await runNode([at('node_modules', 'vitest', 'vitest.mjs'), 'run', ...reporters, ...asked], {
  env: { ...process.env, ...long, PATH: `${at('node_modules', '.bin')}:${process.env.PATH}` },
})

const counts = counted(results)
rmSync(folder, { recursive: true, force: true })
// A suite that could not even be loaded holds no test, and the exit code alone knows of it.
const failed = Math.max(counts.failed, exitCode === 0 ? 0 : 1) + wrong.length
for (const name of wrong) console.log(`Wrong: ${name}`)
console.log(`${counts.passed} passed, ${failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`)
process.exitCode = failed > 0 || counts.passed === 0 ? 1 : 0

function counted(path) {
  try {
    const it = JSON.parse(readFileSync(path, 'utf8'))
    return { passed: it.numPassedTests, failed: it.numFailedTests, skipped: it.numPendingTests + it.numTodoTests }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}
