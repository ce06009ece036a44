/** Writes the generated reference: `npm run reference`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { referenceFiles } from './reference.ts'

for (const [path, text] of Object.entries(await referenceFiles())) {
  const file = join(import.meta.dirname, '../..', path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  console.log(`wrote ${path}`)
}
