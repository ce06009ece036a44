/** A server that npm started, and whose npm was told to stop. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sleep } from '../../src/kit/retry.ts'

const RUN = join(import.meta.dirname, '../../setup/run.js')

test('what npm runs is told to stop when npm has gone without a word', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forsaken-'))
  try {
    const stopped = join(folder, 'stopped')
    const program = join(folder, 'program.mjs')
    await writeFile(
      program,
      `import { writeFileSync } from 'node:fs'
      process.on('SIGTERM', () => { writeFileSync(${JSON.stringify(stopped)}, 'in peace'); process.exit() })
      setTimeout(() => process.exit(), 30_000)
      console.log('runs')`,
    )
    const setup = join(folder, 'setup.mjs')
    await writeFile(
      setup,
      `import { runNode } from ${JSON.stringify(RUN)}\nawait runNode([${JSON.stringify(program)}])`,
    )
    // As npm runs a script: through a shell, which alone is told to stop. The last word keeps the shell from stepping aside.
    const shell = spawn('sh', ['-c', `"${process.execPath}" "${setup}"; :`], {
      env: { ...process.env, npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(shell.stdout, 'data')

    shell.kill('SIGTERM')

    let word = ''
    for (let tries = 0; tries < 100 && word === ''; tries++) {
      await sleep(100)
      word = await readFile(stopped, 'utf8').catch(() => '')
    }
    expect(word).toBe('in peace')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000)
