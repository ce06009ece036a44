/** Where things lie in this checkout, and which Node runs the program. Plain JavaScript for Node 18 and later. */
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const at = (...parts) => join(root, ...parts)

/** The oldest Node the program itself runs on: it strips types by itself. */
const LEAST_NODE = 24

/** The Node that runs the program: the one that npm brought, or this one when it is new enough; undefined when neither is. */
export function programNode() {
  const brought = at('node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
  if (existsSync(brought)) return brought
  return Number(process.versions.node.split('.')[0]) >= LEAST_NODE ? process.execPath : undefined
}

/** The PATH without the folders of this checkout, in which npm puts our own Node before the system's. */
export function systemPath() {
  return (process.env.PATH ?? '').split(':').filter((folder) => folder && !folder.includes('node_modules'))
}

/** The full path of a program of the system, or undefined. */
export function findProgram(name) {
  if (name.includes('/')) return isRunnable(name) ? name : undefined
  return [...systemPath(), '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin']
    .map((folder) => join(folder, name))
    .find(isRunnable)
}

function isRunnable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
