/** What a command of the command line is, and how its words are read. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { settings } from '../platform/config.ts'

export interface Command {
  /** Shown for `--help` and after wrong words. */
  usage: string
  /** Returns the exit code. */
  run(words: string[]): Promise<number>
}

/** The words make no sense: exit code 2, with the usage. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** Settings that are typed often have short names. */
const SHORT: Record<string, keyof typeof settings> = {
  port: 'http.port',
  host: 'http.host',
  data: 'data.folder',
  roles: 'roles',
}

export const SETTINGS_USAGE = `Settings, on every command that opens the platform itself:
  --data FOLDER          everything that is kept (./data)
  --port N --host H      where to listen (8080 on all addresses)
  --NAME VALUE           any setting by its dotted name, such as --transcode.preset fast
  --set NAME=VALUE       the same
`

export type Given = Partial<Record<keyof typeof settings, unknown>>

/** Reads words by Node's rules of options. Throws UsageError for what it does not know. */
export function readWords<const Options extends ParseArgsOptionsConfig>(words: string[], options: Options) {
  try {
    return parseArgs({ args: words, options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. To specify')[0] ?? '') : String(error))
  }
}

/** Reads words among which there may be settings, by short or dotted name or with `--set`. */
export function readWordsAndSettings<const Options extends ParseArgsOptionsConfig>(words: string[], options: Options) {
  const names = [...Object.keys(SHORT), ...Object.keys(settings)]
  const all = Object.fromEntries([
    ...names.map((name) => [name, { type: 'string' }]),
    ['set', { type: 'string', multiple: true }],
  ])
  const { values, positionals } = readWords(words, { ...(all as ParseArgsOptionsConfig), ...options })
  const given: Record<string, unknown> = {}
  const rest: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    if (name in options) rest[name] = value
    else if (name === 'set') for (const pair of value as string[]) Object.assign(given, readPair(pair))
    else given[SHORT[name] ?? name] = value
  }
  return { given: given as Given, values: rest as ReturnType<typeof readWords<Options>>['values'], positionals }
}

function readPair(pair: string): Record<string, string> {
  const cut = pair.indexOf('=')
  if (cut < 1) throw new UsageError(`--set takes NAME=VALUE, not ${pair}`)
  return { [pair.slice(0, cut)]: pair.slice(cut + 1) }
}
