/**
 * What the command line keeps in the user's home: the server and token to use when none is typed, and which uploads were
 * begun, so that the same words typed again go on instead of beginning anew.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { BegunParts } from './send-parts.ts'

export interface Begun {
  videoId: string
  /** Of the upload; absent when only the video was made. */
  address?: string
  /** Of its parts, where it is sent in such. */
  parts?: BegunParts
}

const folder = () => join(homedir(), '.config', 'vitascope')

/** Reads `cli.json`: `{ "server": "https://...", "token": "..." }`. */
export async function readDefaults(): Promise<{ server?: string; token?: string }> {
  const path = join(folder(), 'cli.json')
  const text = await readFile(path, 'utf8').catch(() => '{}')
  try {
    return JSON.parse(text) as { server?: string; token?: string }
  } catch {
    throw new Error(`${path} is not JSON.`)
  }
}

/** Memory of one upload: the same file (by path, size and time of change) to the same server. */
export function uploadMemory(server: string, file: { path: string; sizeBytes: number; modifiedMs: number }) {
  const key = createHash('sha256')
    .update(JSON.stringify([server, file.path, file.sizeBytes, file.modifiedMs]))
    .digest('hex')
  const path = join(folder(), 'uploads', `${key.slice(0, 32)}.json`)
  return {
    async recall(): Promise<Begun | undefined> {
      const text = await readFile(path, 'utf8').catch(() => undefined)
      try {
        return text === undefined ? undefined : (JSON.parse(text) as Begun)
      } catch {
        return undefined
      }
    },
    async keep(begun: Begun): Promise<void> {
      await mkdir(join(folder(), 'uploads'), { recursive: true, mode: 0o700 })
      await writeFile(path, JSON.stringify(begun), { mode: 0o600 })
    },
    async forget(): Promise<void> {
      await rm(path, { force: true })
    },
  }
}
