/**
 * What foreign players and ours say with their requests for media (CMCD): throughput, buffer and bit rate, counted in memory by
 * video, country and device in the steps of spreads, and put into the log now and then. It counts no views: it is not signed.
 */
import { stepOf } from '../../../kit/histogram.ts'
import type { ClientData } from '../../../media/cmcd.ts'
import type { App } from '../../../platform/app.ts'
import { metric } from '../../../platform/meter.ts'
import { append, measuredLine } from '../intake.ts'
import type { Measured, Visitor } from '../rules.ts'

const WRITE_MS = 5_000
/** What is told of more videos and places than this within a few seconds is left out. */
const MOST_COUNTS = 20_000
/** Lines of one append. */
const AT_ONCE = 2_000
const ID = /^[0-9A-Za-z]{8,32}$/
const EVENTS = ['ps', 'e', 't', 'bc', 'c', 'b', 'm', 'um', 'pe', 'pc', 'rr', 'as', 'ae', 'abs', 'abe', 'sk', 'ce']

const heardData = metric({
  kind: 'counter',
  name: 'client_data_total',
  says: 'Requests and events with common media client data (CMCD), by kind: request, or the code of the event, and whether the buffer had run empty.',
  labels: ['kind', 'starved'],
})

type Counts = Map<string, Omit<Measured, 'atMs'>>
const counts = new WeakMap<object, Counts>()

/** Counts what was said of a video. */
export function noteClientData(app: App, videoId: string, said: ClientData, visitor: Visitor): void {
  app.meter.count(heardData, { kind: kindOf(said), starved: String(said.starved) })
  if (visitor.device === 'bot' || !ID.test(videoId)) return
  const mine = countsOf(app)
  for (const quantity of ['throughput', 'bufferMs', 'startupMs'] as const) {
    const value = said[quantity]
    if (value === undefined) continue
    const step = stepOf(value)
    const { country, device } = visitor
    const key = `${videoId} ${country} ${device} ${quantity} ${step}`
    const known = mine.get(key)
    if (known) known.count++
    else if (mine.size < MOST_COUNTS) mine.set(key, { videoId, country, device, quantity, step, count: 1 })
  }
}

/** A label, so of a fixed set. */
function kindOf({ event }: ClientData): string {
  if (event === undefined) return 'request'
  return EVENTS.includes(event) ? event : 'other'
}

function countsOf(app: App): Counts {
  const known = counts.get(app.blobs)
  if (known) return known
  const fresh: Counts = new Map()
  counts.set(app.blobs, fresh)
  setTimeout(() => {
    writeClientData(app).catch((fault) =>
      app.log.warn({ fault: String(fault) }, 'client data could not be written down'),
    )
  }, WRITE_MS).unref()
  return fresh
}

/** Puts what was counted into the log. */
export async function writeClientData(app: App): Promise<void> {
  const mine = [...(counts.get(app.blobs)?.values() ?? [])]
  counts.delete(app.blobs)
  const atMs = app.clock.nowMs()
  for (let from = 0; from < mine.length; from += AT_ONCE)
    await append(
      app,
      mine.slice(from, from + AT_ONCE).map((it) => measuredLine({ ...it, atMs })),
    )
}
