// The conformance checker: every rule that a packaged title is held to, over HLS, DASH and the segments they share. It takes what was
// fetched and gives findings; fetching is somebody else's. Rule ids are those of the house: H for HLS, C for CMAF, D for DASH.

import { checkBoxes } from './check-cmaf.ts'
import { checkDash } from './check-dash.ts'
import { type Fetched, type Finding, isSuccess, type Presentation, type Say, textOf, unmadeOf } from './check-facts.ts'
import { checkMain } from './check-main.ts'
import { checkMedia } from './check-media.ts'
import { readPlaylist } from './check-playlist.ts'
import { dashAddresses } from './check-timeline.ts'

export type { Fetched, Finding, Level, Presentation } from './check-facts.ts'

/** Runs every rule. Findings come in the order of the rules; the same words about the same address are said once. */
export function check(given: Presentation): Finding[] {
  const findings = new Map<string, Finding>()
  const say: Say = (id, level, message, url) => {
    const key = `${id} ${message} ${url}`
    if (!findings.has(key)) findings.set(key, { id, level, message, ...(url === undefined ? {} : { url }) })
  }
  // What was refused is told as refused, and nothing is read out of its body.
  const answered = [...given.files].filter(([, file]) => isSuccess(file))
  const refused = [...given.files].filter(([, file]) => !isSuccess(file))
  const presentation: Presentation = { ...given, files: new Map(answered), refused: new Map(refused) }
  const unmade = unmadeOf(presentation)
  if (unmade.length > 0)
    say(
      'T01',
      'N',
      `the title is not complete yet: of ${unmade.join(', ')} not everything is made, and rates are guesses`,
    )
  if (presentation.hls !== undefined) {
    checkMain(presentation, say)
    checkMedia(presentation, say)
  }
  checkBoxes(presentation, say)
  if (presentation.dash !== undefined) checkDash(presentation, say)
  return [...findings.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

export type Get = (url: string) => Promise<Fetched>

/** Fetches a title from the address of its playlist or manifest; for the one, the other beside it is looked at too when `both` names it. */
export async function collect(
  addresses: { hls?: string; dash?: string },
  get: Get,
  http: boolean,
): Promise<Presentation> {
  const files = new Map<string, Fetched>()
  const fetched = async (url: string) => {
    const known = files.get(url)
    if (known) return known
    const found = await get(url)
    files.set(url, found)
    return found
  }
  if (addresses.hls !== undefined) {
    const main = readPlaylist(addresses.hls, textOf(await fetched(addresses.hls)))
    const lists = main.kind === 'media' ? [main] : []
    for (const { uri } of main.tags) {
      if (uri !== undefined && main.kind === 'multivariant') lists.push(readPlaylist(uri, textOf(await fetched(uri))))
    }
    for (const list of lists) {
      for (const { uri, name } of list.tags) {
        // Keys of a licence server are not for us to ask for; one that lies beside the list is part of the title.
        if (uri !== undefined && (name !== 'EXT-X-KEY' || /^(https?|file):/.test(uri))) await fetched(uri)
      }
      for (const { uri } of list.segments) await fetched(uri)
    }
  }
  if (addresses.dash !== undefined) {
    const text = textOf(await fetched(addresses.dash))
    for (const url of dashAddresses(addresses.dash, text)) await fetched(url)
  }
  return { ...addresses, files, http }
}
