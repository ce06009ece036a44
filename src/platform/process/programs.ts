/** Finding programs of the system: by path, or by name on the PATH and in the usual folders. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { searchPath } from '../config.ts'

/** Folders searched after the PATH: services are often started with a PATH that lacks them. */
const USUAL = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin']

/** The full path of a program, or undefined when there is none that can be run. A name with a slash is a path. */
export function findProgram(name: string): string | undefined {
  if (name.includes('/')) return runnable(isAbsolute(name) ? name : resolve(name))
  for (const folder of new Set([...searchPath(), ...USUAL])) {
    const found = runnable(join(folder, name))
    if (found) return found
  }
  return undefined
}

function runnable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile() ? path : undefined
  } catch {
    return undefined
  }
}

/** Where the program really lies, behind all symbolic links. */
export function realProgram(path: string): string {
  return realpathSync(path)
}
