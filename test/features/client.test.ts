/** The client as other programs get it: plain JavaScript, by the name of the package, without anything else installed. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { openHouse } from '../support/house.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')

test('a program that has installed the package talks to a platform by a token', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const { secret } = await ana.call('createToken', { body: { name: 'program', scopes: ['read', 'write'] } })
  await run(process.execPath, [join(ROOT, 'setup/build-client.js')])
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-client-'))
  try {
    await mkdir(join(folder, 'node_modules'))
    await symlink(ROOT, join(folder, 'node_modules/vitascope'))
    await writeFile(
      join(folder, 'program.mjs'),
      `import { CallFailed, connect } from 'vitascope/client'
const call = connect({ server: process.argv[2], token: process.argv[3] })
const video = await call('createVideo', { body: { title: 'Made by a program' } })
const refused = await call('listDevices').catch((thrown) => thrown instanceof CallFailed && thrown.code)
console.log(JSON.stringify([video.title, (await call('me')).id, refused]))
`,
    )
    const { stdout } = await run(process.execPath, [join(folder, 'program.mjs'), house.address, secret])
    expect(JSON.parse(stdout)).toEqual(['Made by a program', ana.id, 'scope_missing'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
