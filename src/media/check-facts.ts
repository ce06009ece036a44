// What the checker works on: answers as they came, and findings.

/**
 * One address as it was answered. `type` without parameters; `encoding` as the answer says, such as `gzip`; `unmade` where it names
 * folders of the title of which not everything is made yet.
 */
export type Fetched = {
  url: string
  status: number
  type: string
  encoding?: string
  redirected: boolean
  unmade?: readonly string[]
  bytes: Uint8Array
}

/** M: must, a title that breaks it is not fit to be published. S: should. N: worth knowing. */
export type Level = 'M' | 'S' | 'N'

export type Finding = { id: string; level: Level; message: string; url?: string }

/** Everything a title consists of, by address. `http` is false for files of a folder: then there are no headers to judge. */
export type Presentation = {
  hls?: string
  dash?: string
  files: Map<string, Fetched>
  /** What was answered with no success, taken out of `files` before anything is read. */
  refused?: ReadonlyMap<string, Fetched>
  http: boolean
  /** Where samples are protected: keys by key id, in hexadecimal digits, to hold what they hide against `clear`. */
  keys?: Record<string, string>
  /** The same title without protection: samples in the same order, by the name of the folder their track lies in. */
  clear?: Presentation
}

export type Say = (id: string, level: Level, message: string, url?: string) => void

/** Whether there is something to be read: the body of any other answer is a refusal. */
export const isSuccess = ({ status }: Fetched): boolean => status === 200 || status === 206

/** Folders of the title, such as `480p` or `trick`, of which the server says that not everything is made yet. */
export function unmadeOf({ hls, dash, files }: Presentation): readonly string[] {
  const said = [hls, dash].flatMap((url) => (url === undefined ? [] : (files.get(url)?.unmade ?? [])))
  return [...new Set(said)]
}

/** The folder that a list lies in: the name of its rendition. */
export const folderNameOf = (url: string): string => url.split('?', 1)[0]!.split('/').at(-2) ?? ''

export function textOf({ bytes }: Fetched): string {
  return new TextDecoder().decode(bytes)
}
