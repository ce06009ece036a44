/** Spoiling a good title in one place, so that a rule has something to find. */
import type { Fetched } from '../../src/media/check.ts'
import { findBox } from '../../src/media/mp4-read.ts'

export type Change = (files: Map<string, Fetched>) => void

/** Changes the file whose address ends so. */
export function file(ending: string, change: (file: Fetched) => Fetched): Change {
  return (files) => {
    const url = [...files.keys()].find((it) => it.endsWith(ending))
    if (url === undefined) throw new Error(`there is no ${ending}`)
    files.set(url, change(files.get(url)!))
  }
}

/** Replaces text in a file; throws when there is nothing to replace, so that no fixture tests nothing. */
export function text(ending: string, from: string | RegExp, to: string): Change {
  return file(ending, (it) => {
    const before = new TextDecoder().decode(it.bytes)
    const after = before.replace(from, to)
    if (after === before) throw new Error(`${ending} has no ${from}`)
    return { ...it, bytes: new TextEncoder().encode(after) }
  })
}

/** Overwrites bytes inside a box; `at` counts from its body. */
export function box(ending: string, path: string, at: number, ...values: number[]): Change {
  return file(ending, (it) => {
    const bytes = Uint8Array.from(it.bytes)
    const found = findBox(bytes, path)
    if (!found) throw new Error(`${ending} has no ${path}`)
    bytes.set(values, found.body + at)
    return { ...it, bytes }
  })
}

/** Replaces the first such run of bytes, given as Latin-1, with another of the same length. */
export function bytes(ending: string, from: string, to: string): Change {
  return file(ending, (it) => {
    const before = Buffer.from(it.bytes).toString('latin1')
    if (!before.includes(from) || from.length !== to.length) throw new Error(`${ending} has no ${from}`)
    return { ...it, bytes: Uint8Array.from(Buffer.from(before.replace(from, to), 'latin1')) }
  })
}

export const head = (change: Partial<Fetched>) => (it: Fetched) => ({ ...it, ...change })
