/** House style that a machine can check: sizes, names, opening comments, links, what the project must not say. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { projectFiles, sourceFiles } from './files.ts'

const code = projectFiles().filter((path) => /^(src|test|setup)\/.*\.(ts|tsx|js|css)$/.test(path))

test('there is something to look at', () => {
  expect(code.length).toBeGreaterThan(150)
})

test('no file is over 500 lines', () => {
  const generated = ['src/contract/addresses.ts', 'src/schema/tables.ts']
  const long = code.filter((path) => !generated.includes(path) && readFileSync(path, 'utf8').split('\n').length > 501)
  expect(long).toEqual([])
})

test('no file has a name that says nothing', () => {
  const empty = code.filter((path) => /(^|\/)(utils?|helpers?|misc|common|types|index)\.(ts|tsx|js)$/.test(path))
  expect(empty).toEqual([])
})

test('a feature has at most nine files besides its tests, entered by a face', () => {
  const features = new Map<string, string[]>()
  for (const path of sourceFiles()) {
    const [, feature, file] = /^src\/features\/([^/]+)\/([^/]+)$/.exec(path) ?? []
    if (feature && file && !file.includes('.test.')) features.set(feature, [...(features.get(feature) ?? []), file])
  }
  expect(features.size).toBeGreaterThan(5)
  for (const [feature, files] of features) {
    expect(files, feature).toContain(`${feature}.ts`)
    expect(files.length, `${feature}: ${files}`).toBeLessThanOrEqual(9)
  }
})

test('every source file opens with a comment that says what it is', () => {
  const silent = code.filter((path) => {
    const text = readFileSync(path, 'utf8').replace(/^#!.*\n/, '')
    return !/^(\/\*|\/\/)/.test(text.trimStart())
  })
  expect(silent).toEqual([])
})

test('links in the documents resolve', () => {
  const broken: string[] = []
  for (const path of projectFiles().filter((it) => it.endsWith('.md'))) {
    const text = readFileSync(path, 'utf8').replace(/```[\s\S]*?```/g, '')
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?:|mailto:|#)/.test(target)) continue
      const file = normalize(join(dirname(path), target.split('#', 1)[0]!))
      if (!existsSync(file)) broken.push(`${path}: ${target}`)
    }
  }
  expect(broken).toEqual([])
})

test('the project names no machine that it was written on', () => {
  const telling = projectFiles().filter((path) => {
    if (
      !/\.(ts|tsx|js|md|sql|css|html|json|sh)$/.test(path) ||
      path === 'package-lock.json' ||
      path === 'test/house/tidy.test.ts'
    )
      return false
    return /\/work\/(main|shared)|\/root\/|\/\.library\//.test(readFileSync(path, 'utf8'))
  })
  expect(telling).toEqual([])
})
