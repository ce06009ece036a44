/** `vitascope media`: what is stored of all videos, what laziness saves, how eager a channel's videos are made; checks what is packaged, and renews it. */
import { sayBytes } from '../kit/bytes.ts'
import type { App } from '../platform/app.ts'
import { readConfig } from '../platform/config.ts'
import { openLog } from '../platform/log.ts'
import { openApp } from '../platform/open.ts'
import { mediaSavings, mediaTuning, setMediaPolicy } from '../roles/desk.ts'
import { type Command, readWordsAndSettings, SETTINGS_USAGE, UsageError } from './command.ts'
import { checkAddress, type Protected, readKeys } from './media-check.ts'
import { replanVideos } from './media-replan.ts'
import { sayTuning } from './media-tuning.ts'

const usage = `vitascope media report [--json]
vitascope media policy HANDLE [--eager LINES] [--complete MINUTES] [--codecs MINUTES]
vitascope media tuning VIDEO [--json]
vitascope media check URL|FILE [--json] [--keys KID:KEY,... --clear URL|FILE]
vitascope media replan VIDEO... | --all [--watch]

  report                 renditions by state, bytes stored, and bytes saved by making the rest on request
  policy                 when renditions of this channel's videos are made: up to so many lines at once; larger ones on
                         request, and in full once watched for so many minutes (--complete); further codecs once the video
                         was watched for so many minutes (--codecs). What is not given follows the platform
  tuning                 what trials of a title measured, what was decided of each rendition, and why
  check                  fetches a playlist (.m3u8) or manifest (.mpd) with everything it names, and says which rules of
                         HLS, CMAF and DASH it breaks: M must be mended, S should be, N is worth knowing; ends with 1
                         when there is an M. Of a title that is not complete yet this is said, and what is a guess until
                         then is not judged. main.m3u8 is checked together with the main.mpd beside it. With --keys and
                         --clear, what is protected is decrypted and held against the same title without protection
  replan                 plans and encodes videos again, by the settings of today; what is watched stays until the new is
                         there. --watch stays and shows how far it is

They work on a platform that is running as well as on one that is not.

${SETTINGS_USAGE}`

export const media: Command = {
  usage,
  async run(words) {
    const { given, values, positionals } = readWordsAndSettings(words, {
      eager: { type: 'string' },
      complete: { type: 'string' },
      codecs: { type: 'string' },
      json: { type: 'boolean' },
      keys: { type: 'string' },
      clear: { type: 'string' },
      all: { type: 'boolean' },
      watch: { type: 'boolean' },
    })
    const [verb, handle, ...more] = positionals
    if (verb === 'report' && handle === undefined) {
      const savings = await inside(given, mediaSavings)
      process.stdout.write(values.json ? `${JSON.stringify(savings)}\n` : sayReport(savings))
      return 0
    }
    if (verb === 'tuning' && handle !== undefined && more.length === 0) {
      const found = await inside(given, (app) => mediaTuning(app, handle))
      process.stdout.write(values.json ? `${JSON.stringify(found)}\n` : sayTuning(found))
      return 0
    }
    if (verb === 'check' && handle !== undefined && more.length === 0)
      return checkAddress(handle, values.json === true, readProtected(values.keys, values.clear))
    if (verb === 'replan' && (handle !== undefined) !== (values.all === true)) {
      const which = handle === undefined ? 'all' : [handle, ...more]
      await inside(given, (app) => replanVideos(app, which, values.watch === true))
      return 0
    }
    if (verb !== 'policy' || handle === undefined || more.length > 0)
      throw new UsageError(
        'media takes report, policy HANDLE, tuning VIDEO, check URL|FILE, or replan VIDEO... | --all',
      )
    const policy = {
      eagerShortSide: readNumber('--eager takes a number of lines', values.eager, 0, 4320),
      completeAfterMinutes: readNumber('--complete takes a number of minutes', values.complete, 1, 1_000_000_000),
      secondCodecsAfterMinutes: readNumber('--codecs takes a number of minutes', values.codecs, 1, 1_000_000_000),
    }
    await inside(given, (app) => setMediaPolicy(app, handle, policy))
    process.stdout.write(sayPolicy(handle, policy))
    return 0
  },
}

function readNumber(takes: string, word: string | undefined, least: number, most: number): number | undefined {
  if (word === undefined) return undefined
  const number = Number(word)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new UsageError(`${takes}, ${least} to ${most}`)
}

function sayPolicy(handle: string, policy: Parameters<typeof setMediaPolicy>[2]): string {
  const { eagerShortSide, completeAfterMinutes, secondCodecsAfterMinutes } = policy
  const decided = [
    ...(eagerShortSide === undefined ? [] : [`makes up to ${eagerShortSide} lines of videos to come at once`]),
    ...(completeAfterMinutes === undefined ? [] : [`completes larger ones after ${completeAfterMinutes} min`]),
    ...(secondCodecsAfterMinutes === undefined ? [] : [`makes further codecs after ${secondCodecsAfterMinutes} min`]),
  ]
  return `${handle} ${decided.length === 0 ? 'follows the platform' : decided.join(', ')}.\n`
}

type Savings = Awaited<ReturnType<typeof mediaSavings>>

function sayReport({ states, storedBytes, savedBytes, evictedBytes }: Savings): string {
  const rows = states.map(
    ({ state, count, sizeBytes, fullBytes }) =>
      `${state.padEnd(8)} ${String(count).padStart(8)} renditions ${sayBytes(sizeBytes).padStart(12)} stored, about ${sayBytes(fullBytes)} if complete`,
  )
  const total = storedBytes + savedBytes
  const share = total === 0 ? 0 : Math.round((100 * savedBytes) / total)
  return [
    ...rows,
    `stored       ${sayBytes(storedBytes)}`,
    `saved        ${sayBytes(savedBytes)} (${share} %) by making renditions on request`,
    `taken away   ${sayBytes(evictedBytes)} since the beginning, because nobody watched`,
    '',
  ].join('\n')
}

async function inside<T>(given: Parameters<typeof readConfig>[0], work: (app: App) => Promise<T>): Promise<T> {
  const config = readConfig({ 'log.level': 'error', 'db.pool': 2, ...given })
  const app = await openApp(config, { join: true, log: openLog(config['log.level']) })
  try {
    return await work(app)
  } finally {
    await app.close()
  }
}

function readProtected(keys: string | undefined, clear: string | undefined): Protected | undefined {
  if (keys === undefined && clear === undefined) return undefined
  const read = keys === undefined ? undefined : readKeys(keys)
  if (!read || clear === undefined)
    throw new UsageError(
      '--keys takes KID:KEY,... of 32 hexadecimal digits each, and --clear the same title without protection',
    )
  return { keys: read, clear }
}
