/**
 * Common Media Client Data (CTA-5004, version 1, and the event mode of version 2, CTA-5004-A): what any player may say of a playback
 * with a request for media, or in reports of its own. Read tolerantly: what is not understood is passed over. Pure.
 */

export interface ClientData {
  /** Bits per second that the player measured the network to carry, and those of what it fetches or plays. */
  throughput?: number
  bitsPerSecond?: number
  /** Milliseconds in the player's buffer. */
  bufferMs?: number
  /** Milliseconds from the wish to play to the first picture (version 2, `msd`). */
  startupMs?: number
  /** The buffer ran empty since the request before. */
  starved: boolean
  /** What is being played, as the player calls it: here, the id of the video. */
  contentId?: string
  /** Kind of event, in version 2: `ps` a change of state, `e` an error, `t` the time, `bc` another bit rate, ... */
  event?: string
}

/** No player says more. */
const MOST_CHARACTERS = 4000
const MOST_KEYS = 60
const HEADERS = ['cmcd-object', 'cmcd-request', 'cmcd-session', 'cmcd-status'] as const

/** What came with a request for media, in its headers or, decoded already, in its query; undefined where nothing did. */
export function dataOfRequest(
  headers: Readonly<Record<string, string | undefined>>,
  query: string | null,
): ClientData | undefined {
  const given = [query, ...HEADERS.map((name) => headers[name])].filter((it) => it)
  return given.length > 0 ? readClientData(given.join(',')) : undefined
}

/** The keys of one list: `br=3200,bs,sid="x,y",mtp=25400`; of repeated ones the first counts. */
export function readClientData(text: string): ClientData {
  const keys = new Map<string, string>()
  for (const pair of pairsOf(text.slice(0, MOST_CHARACTERS)).slice(0, MOST_KEYS)) {
    const at = pair.indexOf('=')
    const name = (at < 0 ? pair : pair.slice(0, at)).trim()
    if (!keys.has(name)) keys.set(name, at < 0 ? 'true' : pair.slice(at + 1).trim())
  }
  const kilobits = (name: string) => scaled(keys.get(name), 1000)
  const found = {
    throughput: kilobits('mtp'),
    bitsPerSecond: kilobits('br'),
    bufferMs: scaled(keys.get('bl'), 1),
    startupMs: scaled(keys.get('msd'), 1),
    contentId: textOf(keys.get('cid')),
    event: textOf(keys.get('e')),
  }
  const known = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
  return { ...known, starved: keys.get('bs') === 'true' || keys.get('bs') === '?1' }
}

/** Reports of version 2's event mode: a list of keys on every line. */
export function readEvents(body: string, most: number): ClientData[] {
  const lines = body.split('\n').filter((line) => line.trim() !== '')
  return lines.slice(0, most).map(readClientData)
}

/** Cut at the commas that stand outside of quotes and brackets. */
function pairsOf(text: string): string[] {
  return text.match(/(?:"(?:[^"\\]|\\.)*"|\([^)]*\)|[^,"(])+/g) ?? []
}

/** A number, or the largest of a list of version 2 such as `(3000;v 128;a)`; undefined for none that could be. */
function scaled(text: string | undefined, factor: number): number | undefined {
  const numbers = (text?.match(/\d+(?:\.\d+)?/g) ?? []).map(Number).filter((it) => it < 1e9)
  return numbers.length === 0 ? undefined : Math.round(Math.max(...numbers) * factor)
}

function textOf(text: string | undefined): string | undefined {
  return text?.replace(/^"|"$/g, '').slice(0, 128)
}
