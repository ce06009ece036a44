/** Mail as files: each letter an `.eml` in a folder, written whole or not at all. What a platform does until it has a mail server. */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '../../kit/ids.ts'
import type { Clock } from '../clock.ts'
import { composeLetter } from './compose.ts'
import type { Mail } from './mail.ts'

/** Nobody may ever read them, so the oldest go. */
const MOST_LETTERS = 2000

export function fileMail(folder: string, from: string, clock: Clock): Mail {
  let written = 0
  return {
    kind: 'files',
    async send(letter) {
      const count = written++
      const bytes = await composeLetter(letter, from)
      // Letters hold addresses and keys to accounts: they are for the owner of the data folder alone.
      await mkdir(folder, { recursive: true, mode: 0o700 })
      // Of letters of one millisecond, too, the names stand in the order in which they were sent.
      const nth = String(count).padStart(9, '0')
      const name = `${clock.now().toISOString().replace(/[:.]/g, '-')}-${nth}-${newId(8)}`
      await writeFile(join(folder, `${name}.part`), bytes, { mode: 0o600 })
      await rename(join(folder, `${name}.part`), join(folder, `${name}.eml`))
      if (count % 100 === 0) await forgetOldest(folder)
    },
    async close() {},
  }
}

async function forgetOldest(folder: string): Promise<void> {
  const letters = (await readdir(folder)).filter((name) => name.endsWith('.eml')).sort()
  for (const name of letters.slice(0, -MOST_LETTERS)) await rm(join(folder, name), { force: true })
}
