/** Hearing: what players and pages report is checked, made anonymous and put on the disk before it is acknowledged. */
import type { z } from 'zod'
import type { sendImpressions } from '../../contract/analytics.ts'
import { refuse } from '../../contract/refusals.ts'
import type { Beacon } from '../../contract/watch.ts'
import { dataOfRequest, readEvents } from '../../media/cmcd.ts'
import type { App } from '../../platform/app.ts'
import { countryOf } from '../../platform/countries.ts'
import type { Asked } from '../../platform/http/http.ts'
import { metric } from '../../platform/meter.ts'
import { noteClientData } from './care/client-data.ts'
import { noteSent } from './care/sent.ts'
import { append, type Line, reportLine, shownLine } from './intake.ts'
import * as rules from './rules.ts'

const reportsRefused = metric({
  kind: 'counter',
  name: 'beacons_refused_total',
  says: 'Reports that were not counted, by reason.',
  labels: ['reason'],
})

/** Counts a report that was refused before it came here. */
export function noteRefused(app: App, reason: string, by = 1): void {
  app.meter.count(reportsRefused, { reason }, by)
}

/** What is known of who reports. The address ends here. */
export function visitorOf(asked: Pick<Asked, 'headers' | 'address'>): rules.Visitor {
  const doNotTrack = rules.wantsNoTracking(asked.headers)
  return {
    country: doNotTrack ? '' : countryOf(asked.address),
    device: rules.deviceOf(asked.headers['user-agent'] ?? ''),
    doNotTrack,
  }
}

/**
 * Puts one report on the disk. Refuses beacon_invalid for what cannot be true, at once, and too_many; the promise refuses
 * not_available_now.
 */
export function hear(app: App, beacon: Beacon, proved: rules.Proved, visitor: rules.Visitor): Promise<void> {
  const line = lineOf(app, beacon, proved, visitor)
  if ('text' in line) return append(app, [line])
  noteRefused(app, line.refused)
  // A bot is told nothing: it would only learn to look like something else.
  return line.refused === 'bot' ? Promise.resolve() : refuse('beacon_invalid', line.refused.replaceAll('_', ' '))
}

/** Puts many reports on the disk, leaving out what cannot be true. Says how many were taken, and why others were not. */
export async function hearMany(
  app: App,
  reports: { beacon: Beacon; proved: rules.Proved }[],
  visitor: rules.Visitor,
): Promise<{ taken: number; refused: Record<string, number> }> {
  const refused: Record<string, number> = {}
  const lines: Line[] = []
  for (const { beacon, proved } of reports) {
    const line = lineOf(app, beacon, proved, visitor)
    if ('text' in line) lines.push(line)
    else refused[line.refused] = (refused[line.refused] ?? 0) + 1
  }
  for (const [reason, count] of Object.entries(refused)) noteRefused(app, reason, count)
  if (lines.length > 0) await append(app, lines)
  return { taken: lines.length, refused }
}

function lineOf(
  app: App,
  beacon: Beacon,
  proved: rules.Proved,
  visitor: rules.Visitor,
): Line | { refused: rules.RefusedReason | 'bot' } {
  if (visitor.device === 'bot') return { refused: 'bot' }
  const viewer = rules.viewerKeyOf(proved.viewer, beacon.session, visitor, app.secrets.of('analytics'))
  const report = rules.readReport(beacon, proved, visitor, viewer, app.clock.nowMs())
  return typeof report === 'string' ? { refused: report } : reportLine(report)
}

/** Notes what was sent, and what the player said when it asked for it. */
export function hearServed(
  app: App,
  {
    videoId,
    bytes,
    file,
    asked,
  }: { videoId: string; bytes: number; file: string; asked: Parameters<typeof hearRequest>[2] },
): void {
  noteSent(app, videoId, bytes)
  if (file === 'segment') hearRequest(app, videoId, asked)
}

/** Counts what a request for media says of the playback it is made for, where it says something. */
export function hearRequest(
  app: App,
  videoId: string,
  asked: Pick<Asked, 'headers' | 'address'> & { query: URLSearchParams },
): void {
  const said = dataOfRequest(asked.headers, asked.query.get('CMCD'))
  if (said) noteClientData(app, videoId, said, visitorOf(asked))
}

/** Counts events of common media client data, version 2: lines of keys, of which `cid` names the video. */
export function hearEvents(app: App, asked: Pick<Asked, 'headers' | 'address'>, text: string): void {
  const visitor = visitorOf(asked)
  for (const said of readEvents(text, MOST_EVENTS)) noteClientData(app, said.contentId ?? '', said, visitor)
}

/** Events of one body. */
const MOST_EVENTS = 100

/** Counts thumbnails that came into view. */
export async function hearImpressions(
  app: App,
  asked: Pick<Asked, 'headers' | 'address'>,
  body: z.output<NonNullable<typeof sendImpressions.body>>,
): Promise<void> {
  if (visitorOf(asked).device === 'bot') return noteRefused(app, 'bot')
  const { session, sequence, shown } = body
  const pairs = shown.map(({ videoId, surface }): [string, string] => [videoId, surface])
  await append(app, [shownLine({ session, sequence, atMs: app.clock.nowMs(), shown: pairs })])
}
