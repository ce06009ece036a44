/** Letters as files: in the order in which they were sent, and for nobody else to read. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fakeClock } from '../clock.ts'
import { fileMail } from './file-mail.ts'

test('letters of one millisecond lie in the order in which they were sent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-letters-'))
  const mail = fileMail(folder, 'site@example.org', fakeClock())
  for (let nth = 0; nth < 12; nth++)
    await mail.send({ to: 'ana@example.org', subject: `Letter ${nth}`, text: 'Hello.\n' })

  const names = (await readdir(folder)).sort()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  const modes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mode & 0o777))
  await rm(folder, { recursive: true })

  expect(texts.map((text) => /^Subject: Letter (\d+)/m.exec(text)?.[1])).toEqual(
    Array.from({ length: 12 }, (_, n) => String(n)),
  )
  expect(new Set(modes)).toEqual(new Set([0o600]))
})
