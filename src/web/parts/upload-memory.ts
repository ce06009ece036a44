/** What the browser remembers of unfinished uploads, so that they survive a reload: in localStorage, per file. */
import { PARALLEL_FROM_BYTES, PARALLEL_PARTS, splitParts } from '../../contract/tus.ts'
import { cutAtIndex } from './upload-index.ts'

/** One unfinished upload: which video it is for, how it was cut, and where each part goes. */
export interface Remembered {
  fingerprint: string
  videoId: string
  /** The word that ties the parts together. */
  group: string
  parts: { offset: number; sizeBytes: number; url?: string }[]
  /** The parts from here on are the file's index, and go first. */
  indexAt?: number
  /** The file takes the place of another. */
  replaces?: true
  savedMs: number
}

export interface Memory {
  find(fingerprint: string): Remembered | undefined
  all(): Remembered[]
  keep(record: Remembered): void
  drop(fingerprint: string): void
  /** A new record for a file; not kept yet. `indexAt`: where an index begins that is to be sent before the rest. */
  plan(fingerprint: string, videoId: string, file: { size: number }, indexAt?: number): Remembered
}

const UPLOADS = 'vitascope.uploads'
/** Apart from the others, for who gives up one of these does not give up its video. */
export const REPLACEMENTS = 'vitascope.replacements'
/** The server forgets uploads after two days by default; what is much older is not worth keeping. */
const KEEP_MS = 30 * 24 * 3_600_000

/** The same file picked again has the same name, size and time of change. Reading it all to be sure would take minutes. */
export function fingerprintOf(file: { name: string; size: number; lastModified: number }): string {
  return `${file.name}|${file.size}|${file.lastModified}`
}

/** Opens the memory. A browser that keeps nothing (private windows, a full store) loses the resuming, not the uploads. */
export function openMemory(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>, name = UPLOADS): Memory {
  const held = new Map(read(storage, name).map((record) => [record.fingerprint, record]))
  const write = () => {
    try {
      storage.setItem(name, JSON.stringify([...held.values()]))
    } catch {
      // Kept in this page at least.
    }
  }
  return {
    find: (fingerprint) => held.get(fingerprint),
    all: () => [...held.values()],
    keep(record) {
      held.set(record.fingerprint, { ...record, savedMs: Date.now() })
      write()
    },
    drop(fingerprint) {
      if (held.delete(fingerprint)) write()
    },
    plan(fingerprint, videoId, file, indexAt) {
      const parts = splitParts(
        file.size,
        PARALLEL_PARTS,
        file.size >= PARALLEL_FROM_BYTES ? PARALLEL_FROM_BYTES / PARALLEL_PARTS : file.size,
      )
      const cut = indexAt === undefined ? {} : { parts: cutAtIndex(parts, indexAt), indexAt }
      return { fingerprint, videoId, group: randomWord(), parts, savedMs: Date.now(), ...cut }
    },
  }
}

function read(storage: Pick<Storage, 'getItem'>, name: string): Remembered[] {
  try {
    const list: unknown = JSON.parse(storage.getItem(name) ?? '[]')
    return Array.isArray(list) ? list.filter(isRecord).filter((one) => Date.now() - one.savedMs < KEEP_MS) : []
  } catch {
    return []
  }
}

function isRecord(value: unknown): value is Remembered {
  const it = value as Partial<Remembered> | null
  return (
    typeof it?.fingerprint === 'string' &&
    typeof it.videoId === 'string' &&
    typeof it.group === 'string' &&
    Array.isArray(it.parts) &&
    typeof it.savedMs === 'number'
  )
}

function randomWord(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
