// What the checker works on: answers as they came, and findings.

/** One address as it was answered. `type` without parameters; `encoding` as the answer says, such as `gzip`. */
export type Fetched = {
  url: string
  status: number
  type: string
  encoding?: string
  redirected: boolean
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
  http: boolean
  /** Where samples are protected: keys by key id, in hexadecimal digits, to hold what they hide against `clear`. */
  keys?: Record<string, string>
  /** The same title without protection: samples in the same order, by the name of the folder their track lies in. */
  clear?: Presentation
}

export type Say = (id: string, level: Level, message: string, url?: string) => void

export function textOf({ bytes }: Fetched): string {
  return new TextDecoder().decode(bytes)
}
