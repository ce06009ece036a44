/**
 * A quick look at beacons: knows the usual ones for right, in a tenth of the time that the full check takes, which is left to all
 * others. A test holds the two against each other.
 */
import { NETWORKS, type Quality, SOURCES, type Source } from './analytics.ts'
import type { Beacon } from './beacon.ts'
import { ID_FORM } from './shapes.ts'

export const MOST_BEACONS = 2000

const NETWORK_NAMES: ReadonlySet<string> = new Set(NETWORKS)
const SOURCE_NAMES: ReadonlySet<string> = new Set(SOURCES)

const isAmount = (it: unknown, most: number): it is number => typeof it === 'number' && it >= 0 && it <= most
const isCount = (it: unknown, most: number): it is number => isAmount(it, most) && Number.isInteger(it)
const isMissing = (it: unknown): it is undefined => it === undefined

function isQuickSection(it: unknown): boolean {
  return (
    Array.isArray(it) &&
    it.length === 3 &&
    isAmount(it[0], 1e9) &&
    isAmount(it[1], 1e9) &&
    isAmount(it[2], 16) &&
    it[2] >= 0.05
  )
}

function isQuickQuality(it: Partial<Quality> | null): boolean {
  return (
    typeof it === 'object' &&
    it !== null &&
    (isMissing(it.startupMs) || isAmount(it.startupMs, 600_000)) &&
    isCount(it.stalls, 100_000) &&
    isAmount(it.stalledMs, 1e8) &&
    isCount(it.switches, 100_000) &&
    isCount(it.errors, 100_000) &&
    (isMissing(it.bitsPerSecond) || isAmount(it.bitsPerSecond, 1e9)) &&
    (isMissing(it.height) || isCount(it.height, 10_000)) &&
    (isMissing(it.network) || NETWORK_NAMES.has(it.network))
  )
}

function isQuickSource(it: Partial<Source> | null): boolean {
  return (
    typeof it === 'object' &&
    it !== null &&
    SOURCE_NAMES.has(it.kind!) &&
    (isMissing(it.detail) || (typeof it.detail === 'string' && it.detail.length <= 300))
  )
}

/** Knows a beacon that players usually send, complete and in order, for one; of others it says nothing. */
export function quickBeacon(body: unknown): Beacon | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const it = body as Partial<Beacon>
  const isPlain =
    typeof it.token === 'string' &&
    it.token.length <= 1000 &&
    typeof it.session === 'string' &&
    ID_FORM.test(it.session) &&
    isAmount(it.positionMs, 1e9) &&
    isAmount(it.watchedMs, 1e9) &&
    typeof it.ended === 'boolean' &&
    (isMissing(it.sequence) || isCount(it.sequence, 100_000)) &&
    Array.isArray(it.sections) &&
    it.sections.length <= 100 &&
    it.sections.every(isQuickSection) &&
    (isMissing(it.quality) || isQuickQuality(it.quality)) &&
    (isMissing(it.source) || isQuickSource(it.source))
  return isPlain ? (it as Beacon) : undefined
}

/** The same of many. */
export function quickBeacons(body: unknown): { beacons: Beacon[] } | undefined {
  const beacons = (body as { beacons?: unknown } | null)?.beacons
  const fits = Array.isArray(beacons) && beacons.length >= 1 && beacons.length <= MOST_BEACONS
  return fits && beacons.every((it) => quickBeacon(it) !== undefined) ? { beacons } : undefined
}
