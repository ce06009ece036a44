/** The reference says what the code says: no more, no less, and every part of the code is where the reference looks for it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { contract } from '../../src/contract/contract.ts'
import type { AnyEndpoint } from '../../src/contract/endpoint.ts'
import { refusals } from '../../src/contract/refusals.ts'
import { declaredMetrics } from '../../src/platform/meter.ts'
import { apiRoutes } from '../../src/roles/api.ts'
import { originRoutes } from '../../src/roles/origin.ts'
import { workerHandlers } from '../../src/roles/worker.ts'
import { sourceFiles } from './files.ts'
import { referenceFiles } from './reference.ts'

const root = join(import.meta.dirname, '../..')
const sources = sourceFiles()
  .filter((path) => /\.tsx?$/.test(path) && !path.includes('.test.'))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

test('the generated files are what the code says; `npm run reference` writes them anew', async () => {
  const files = await referenceFiles()
  expect(Object.keys(files)).toHaveLength(8)
  const stale = Object.entries(files).filter(([path, text]) => readFileSync(join(root, path), 'utf8') !== text)
  expect(stale.map(([path]) => path)).toEqual([])
})

test('every endpoint of the contract is served, once, and nothing else is', () => {
  const served = [...apiRoutes, ...originRoutes].flatMap((it) => (it.kind === 'endpoint' ? [it.endpoint] : []))
  const named = Object.values(contract) as AnyEndpoint[]
  const say = (it: AnyEndpoint) => `${it.method} ${it.path}`
  expect(served.map(say).sort()).toEqual(named.map(say).sort())
})

test('every refusal is said somewhere, and every code that is said is in the table', () => {
  const said = new Set<string>()
  const unknown: string[] = []
  for (const { path, text } of sources) {
    if (path === 'src/contract/refusals.ts') continue
    for (const code of Object.keys(refusals)) if (text.includes(`'${code}'`)) said.add(code)
    for (const [, code = ''] of text.matchAll(/\b(?:refuse|new Refusal)\(\s*'(\w+)'/g))
      if (!(code in refusals)) unknown.push(`${path}: ${code}`)
  }
  expect(unknown).toEqual([])
  expect(Object.keys(refusals).filter((code) => !said.has(code))).toEqual([])
})

test('every kind of job that is declared has somebody who does it', () => {
  const declared = sources.flatMap(({ text }) =>
    [...text.matchAll(/= jobKind<[^(]*>\(\{\s*name: '([\w.]+)'/g)].map(([, name]) => name!),
  )
  expect(declared.length).toBeGreaterThan(3)
  expect(workerHandlers.map(({ kind }) => kind.name).sort()).toEqual(declared.sort())
})

test('every metric that is declared anywhere is in the reference, under a name of its own', () => {
  const declared = sources.flatMap(({ text }) =>
    [...text.matchAll(/\bmetric\(\{[^}]*?name: '(\w+)'/g)].map(([, name]) => name!),
  )
  expect(declared.length).toBeGreaterThan(5)
  expect(declaredMetrics.map((it) => it.name).sort()).toEqual(declared.sort())
  expect(new Set(declared).size).toBe(declared.length)
})
