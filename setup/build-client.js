/** Writes the typed client as plain JavaScript into dist/client: programs that install this package import it as `vitascope/client`. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const OUT = join(ROOT, 'dist/client')

// Node strips types from a project's own files and never below node_modules, so this has to be done before.
await mkdir(OUT, { recursive: true })
for (const name of ['client', 'addresses']) {
  const source = await readFile(join(ROOT, `src/contract/${name}.ts`), 'utf8')
  const plain = stripTypeScriptTypes(source).replace(/(from '\.\/\w+)\.ts'/g, "$1.js'")
  await writeFile(join(OUT, `${name}.js`), plain)
}
console.log(`wrote ${OUT}`)
