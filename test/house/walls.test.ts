/** The walls of the house: which room may import which, where features are entered, where SQL and server libraries may be. */
import { readFileSync } from 'node:fs'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { beforeAll, expect, test } from 'vitest'
import { sourceFiles } from './files.ts'

const rooms: Record<string, string[]> = {
  kit: [],
  contract: [],
  schema: [],
  media: ['kit'],
  platform: ['kit', 'contract', 'schema'],
  features: ['kit', 'contract', 'schema', 'media', 'platform'],
  roles: ['kit', 'contract', 'platform', 'features'],
  cli: ['kit', 'contract', 'media', 'platform', 'roles'],
  player: ['kit', 'contract'],
  web: ['kit', 'contract', 'player'],
}

interface Arrow {
  from: string
  to: string
}

let arrows: Arrow[] = []
let circles: string[] = []
let seen = 0

beforeAll(async () => {
  const { output } = await cruise(
    ['src'],
    {
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.json', '.css'] },
      ruleSet: {
        forbidden: [{ name: 'circle', severity: 'error', from: { pathNot: '\\.test\\.ts$' }, to: { circular: true } }],
      },
      validate: true,
    } as Parameters<typeof cruise>[1],
    undefined,
    undefined,
  )
  const result = output as ICruiseResult
  const files = result.modules.filter(({ source }) => source.startsWith('src/'))
  seen = files.length
  arrows = files.flatMap(({ source, dependencies }) =>
    dependencies.map(({ resolved }) => ({ from: source, to: resolved })),
  )
  circles = result.summary.violations.map((it) => `${it.from} -> ${it.cycle?.map(({ name }) => name).join(' -> ')}`)
}, 60_000)

const roomOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1]
const featureOf = (path: string) => /^src\/features\/([^/]+)\//.exec(path)?.[1]
const isTest = (path: string) => /\.test\.tsx?$/.test(path)
const said = (found: Arrow[]) => found.map(({ from, to }) => `${from} -> ${to}`)

test('every source file was seen', () => {
  expect(seen).toBeGreaterThanOrEqual(sourceFiles().filter((path) => /\.tsx?$/.test(path)).length)
  expect(seen).toBeGreaterThan(100)
})

test('imports go down', () => {
  const up = arrows.filter(({ from, to }) => {
    const [here, there] = [roomOf(from), roomOf(to)]
    return here && there && here !== there && !isTest(from) && !rooms[here]?.includes(there)
  })
  expect(said(up)).toEqual([])
})

test('nothing imports in a circle', () => {
  expect(circles).toEqual([])
})

test('a feature is entered by its face, by roles through routes and jobs only', () => {
  const broken = arrows.filter(({ from, to }) => {
    const [here, there] = [featureOf(from), featureOf(to)]
    if (!there || here === there || isTest(from)) return false
    const file = to.slice(`src/features/${there}/`.length)
    if (roomOf(from) === 'roles') return !['routes.ts', 'jobs.ts', `${there}.ts`].includes(file)
    return file !== `${there}.ts`
  })
  expect(said(broken)).toEqual([])
})

test('SQL lives in stores', () => {
  const loose = sourceFiles().filter((path) => {
    if (!path.startsWith('src/features/') || isTest(path)) return false
    if (path.endsWith('/store.ts') || /^src\/features\/(analytics\/warehouse|search\/engine)\//.test(path)) return false
    const text = readFileSync(path, 'utf8')
    return /from 'kysely'|\.(selectFrom|insertInto|updateTable|deleteFrom)\(/.test(text)
  })
  expect(loose).toEqual([])
})

test('libraries of servers are imported in the platform only', () => {
  const libraries = /^(node_modules\/)?(fastify|@fastify\/|@aws-sdk\/|pg|ws|pino|prom-client|nodemailer|kysely)/
  const loose = arrows.filter(({ from, to }) => {
    const library = to.replace(/^.*node_modules\//, '')
    if (!to.includes('node_modules') || !libraries.test(library) || isTest(from)) return false
    if (library.startsWith('kysely'))
      return !/^src\/(platform|schema|features\/analytics\/warehouse)\/|\/store\.ts$/.test(from)
    return !from.startsWith('src/platform/') && !from.startsWith('src/player/') && !from.startsWith('src/web/')
  })
  expect(said(loose)).toEqual([])
})

test('the environment is read in one place', () => {
  const readers = sourceFiles().filter(
    (path) => path !== 'src/platform/config.ts' && !isTest(path) && readFileSync(path, 'utf8').includes('process.env'),
  )
  expect(readers).toEqual([])
})
