/**
 * Brings what is missing before anything is run: npm packages (with them the right Node), the programs of the system,
 * the built web pages. Looks first and touches nothing that is there, so it costs next to nothing the second time.
 * Plain JavaScript for Node 18 and later: a fresh machine has nothing else yet.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.js'
import { at, programNode, systemPath } from './place.js'
import { bringPrograms, missingPrograms } from './programs.js'
import { step } from './run.js'

const PACKAGES_STAMP = at('node_modules', '.vitascope-lock-hash')
const WEB_STAMP = at('dist', 'web-hash')
/** What the built pages are made from. */
const WEB_SOURCES = ['src/web', 'src/player', 'src/contract', 'src/kit', 'vite.config.ts', 'package-lock.json']

/** Prepares this checkout. `chromium` for the tests that need a browser; `web` false where no page is served. */
export function prepare({ chromium = false, web = true } = {}) {
  const ready = () => packagesReady() && missingPrograms({ chromium }).length === 0 && (!web || webReady())
  if (!ready()) {
    withLock(at('dist', 'setup.lock'), () => {
      if (!packagesReady()) bringPackages()
      bringPrograms(missingPrograms({ chromium }))
      if (web && !webReady()) buildWeb()
    })
  }
  if (!programNode())
    throw new Error(
      `Vitascope needs Node 24 or later, and npm has none for ${process.platform} ${process.arch}: install it from your system.`,
    )
}

function packagesReady() {
  if (!existsSync(at('node_modules'))) return false
  const wanted = hashOf([at('package-lock.json')])
  if (existsSync(PACKAGES_STAMP) && readFileSync(PACKAGES_STAMP, 'utf8') === wanted) return true
  if (!installedByHand()) return false
  writeFileSync(PACKAGES_STAMP, wanted)
  return true
}

/** Whether `npm ci` was typed by a person: npm notes what it put in place, and that is what the lock file wants. */
function installedByHand() {
  try {
    const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages
    const there = JSON.parse(readFileSync(at('node_modules', '.package-lock.json'), 'utf8')).packages
    const required = Object.entries(wanted).filter(([path, it]) => path !== '' && !it.optional)
    return required.every(([path, it]) => there[path]?.version === it.version) && programNode() !== undefined
  } catch {
    return false
  }
}

function bringPackages() {
  // With the system's own Node: npm empties node_modules, and ours lies there.
  const env = { ...process.env, PATH: systemPath().join(':') }
  step(
    'Installing packages (once, about a minute) ...',
    'npm',
    ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    { env },
  )
  writeFileSync(PACKAGES_STAMP, hashOf([at('package-lock.json')]))
}

function webReady() {
  if (!existsSync(at('src', 'web', 'index.html'))) return true
  return existsSync(at('dist', 'web')) && existsSync(WEB_STAMP) && readFileSync(WEB_STAMP, 'utf8') === webHash()
}

function buildWeb() {
  const hash = webHash()
  step('Building the web pages ...', programNode(), [
    at('node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    '--logLevel',
    'error',
  ])
  mkdirSync(at('dist'), { recursive: true })
  writeFileSync(WEB_STAMP, hash)
}

function webHash() {
  return hashOf(WEB_SOURCES.flatMap((source) => filesBelow(at(source))))
}

function filesBelow(path) {
  if (!existsSync(path)) return []
  try {
    return readdirSync(path, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)]))
  } catch {
    return [path]
  }
}

function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths) hash.update(path.slice(at().length)).update('\0').update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}
