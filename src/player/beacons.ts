/**
 * Beacons: how a playback goes, told to the server now and then and at every turn of it: what was watched, and how well it
 * played. Each is numbered and sent until it is acknowledged; the last ones leave with the page (`navigator.sendBeacon`), which
 * is the only way that survives its closing.
 */
import type { Source } from '../contract/analytics.ts'
import type { Beacon } from '../contract/watch.ts'
import { measureQuality } from './quality.ts'

const ADDRESS = '/api/beacons'
const EVERY_MS = 20_000

/** Between two ticks of the media clock no more than this is watching; what is more was a jump. */
const LONGEST_STEP_S = 5
/** Shorter stretches are the rounding of the media clock. */
const SHORTEST_SECTION_MS = 50
/** What cannot be sent is kept for later, up to so many; the sums in the newest tell most of the rest. */
const MOST_UNSENT = 30

/** Reports one playback from now until the signal fires; token and source are asked each time, for they may change. */
export function sendBeacons(
  video: HTMLVideoElement,
  token: () => string,
  source: () => Source | undefined,
  signal: AbortSignal,
): void {
  const quality = measureQuality(video, signal)
  let playback = newPlayback(token())
  let sections: Beacon['sections'] = []
  let sectionFromS: number | undefined
  let lastS = video.currentTime
  let told = ''

  function count() {
    // An engine that closes leaves the clock at zero, which is nobody's position.
    if (video.readyState === HTMLMediaElement.HAVE_NOTHING) return
    const stepS = video.currentTime - lastS
    if (!video.seeking && stepS > 0 && stepS < LONGEST_STEP_S) {
      playback.watchedS += stepS
      sectionFromS ??= lastS
      lastS = video.currentTime
      return
    }
    closeSection()
    lastS = video.currentTime
  }

  function closeSection() {
    if (sectionFromS === undefined) return
    const [fromMs, toMs] = [Math.floor(sectionFromS * 1000), Math.floor(lastS * 1000)]
    if (toMs - fromMs >= SHORTEST_SECTION_MS) sections.push([fromMs, toMs, speedOf(video)])
    sectionFromS = undefined
  }

  function jumped() {
    closeSection()
    if (video.readyState !== HTMLMediaElement.HAVE_NOTHING) lastS = video.currentTime
  }

  function report(ended = false, leaving = false) {
    count()
    closeSection()
    const positionMs = Math.floor(lastS * 1000)
    const watchedMs = Math.floor(playback.watchedS * 1000)
    const measured = quality.read()
    const news = `${positionMs} ${watchedMs} ${ended} ${JSON.stringify(measured)}`
    // Who leaves before the first frame is told of, too; a playback that nobody wanted to begin is none.
    const exit = leaving && watchedMs === 0 && measured.wanted && measured.quality.startupMs === undefined
    if (exit || (watchedMs > 0 && news !== told)) {
      told = news
      const from = source()
      const { session, sequence } = playback
      playback.sequence++
      playback.unsent.push({
        token: playback.token,
        session,
        sequence,
        positionMs,
        watchedMs,
        ended: ended || exit,
        sections: sections.slice(-100),
        quality: measured.quality,
        ...(from ? { source: from } : {}),
      })
      if (playback.unsent.length > MOST_UNSENT) playback.unsent.shift()
      sections = []
    }
    if (leaving) sendLast(playback.unsent)
    else void sendNow(playback)
    // Another token is permission for another playback, which counts from the beginning.
    if (token() !== playback.token) {
      playback = newPlayback(token())
      quality.restart()
    }
  }

  const hear = (name: string, then: () => void) => video.addEventListener(name, then, { signal })
  hear('timeupdate', count)
  hear('seeking', jumped)
  hear('ratechange', () => {
    count()
    closeSection()
  })
  hear('seeked', () => {
    jumped()
    report()
  })
  hear('pause', () => report(video.ended))
  hear('ended', () => report(true))
  addEventListener('pagehide', () => report(false, true), { signal })
  document.addEventListener('visibilitychange', () => document.hidden && report(false, true), { signal })
  const timer = setInterval(() => {
    if (!video.paused) report()
  }, EVERY_MS)
  signal.addEventListener('abort', () => {
    clearInterval(timer)
    report(false, true)
  })
}

interface Playback {
  token: string
  session: string
  sequence: number
  watchedS: number
  unsent: Beacon[]
  sending: boolean
}

function newPlayback(token: string): Playback {
  return { token, session: newSession(), sequence: 0, watchedS: 0, unsent: [], sending: false }
}

function speedOf(video: HTMLVideoElement): number {
  return Math.min(16, Math.max(0.05, video.playbackRate))
}

/** Sends what waits, oldest first, until one cannot be sent; that one waits for the next turn. */
async function sendNow(playback: Playback): Promise<void> {
  if (playback.sending) return
  playback.sending = true
  for (let next = playback.unsent[0]; next && (await isOver(next)); next = playback.unsent[0]) {
    // Meanwhile the page may have been left, and all of them been sent another way.
    if (playback.unsent[0] === next) playback.unsent.shift()
  }
  playback.sending = false
}

/** Whether the server has taken the beacon, or will never take it. */
async function isOver(beacon: Beacon): Promise<boolean> {
  const headers = { 'content-type': 'application/json' }
  try {
    const request = { method: 'POST', body: JSON.stringify(beacon), headers, keepalive: true } as const
    const { status } = await fetch(ADDRESS, { ...request, credentials: 'same-origin' })
    return status < 500 && status !== 429
  } catch {
    return false
  }
}

/** JSON to the own host needs no preflight. Where beacons are switched off, a fetch that outlives the page does it. */
function sendLast(beacons: Beacon[]): void {
  for (let beacon = beacons.shift(); beacon; beacon = beacons.shift()) {
    const body = new Blob([JSON.stringify(beacon)], { type: 'application/json' })
    if (!navigator.sendBeacon?.(ADDRESS, body)) void isOver(beacon)
  }
}

/** Sixteen random letters and digits, as the contract's ids are. */
function newSession(): string {
  const alphabet = '0123456789abcdefghijklmnopqrstuv'
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => alphabet[byte % 32]).join('')
}
