/**
 * Beacons: how a playback goes, told to the server now and then and at every turn of it. The last one leaves with the
 * page (`navigator.sendBeacon`), which is the only way that survives its closing.
 */
import type { Beacon } from '../contract/watch.ts'

type Report = Pick<Beacon, 'token' | 'session' | 'positionMs' | 'watchedMs' | 'ended'>

const ADDRESS = '/api/beacons'
const EVERY_MS = 20_000

/** Between two ticks of the media clock no more than this is watching; what is more was a jump. */
const LONGEST_STEP_S = 5

/** Reports one playback from now until the signal fires; `token` is asked each time, for it may be renewed. */
export function sendBeacons(video: HTMLVideoElement, token: () => string, signal: AbortSignal): void {
  const session = newSession()
  let watchedS = 0
  let lastS = video.currentTime
  let told = ''

  function count() {
    // An engine that closes leaves the clock at zero, which is nobody's position.
    if (video.readyState === HTMLMediaElement.HAVE_NOTHING) return
    const stepS = video.currentTime - lastS
    lastS = video.currentTime
    if (!video.seeking && stepS > 0 && stepS < LONGEST_STEP_S) watchedS += stepS
  }

  function jumped() {
    if (video.readyState !== HTMLMediaElement.HAVE_NOTHING) lastS = video.currentTime
  }

  function report(ended = false) {
    count()
    const positionMs = Math.floor(lastS * 1000)
    const watchedMs = Math.floor(watchedS * 1000)
    const news = `${positionMs} ${watchedMs} ${ended}`
    if (watchedMs === 0 || news === told) return
    told = news
    send({ token: token(), session, positionMs, watchedMs, ended })
  }

  const hear = (name: string, then: () => void) => video.addEventListener(name, then, { signal })
  hear('timeupdate', count)
  hear('seeking', jumped)
  hear('seeked', () => {
    jumped()
    report()
  })
  hear('pause', () => report(video.ended))
  hear('ended', () => report(true))
  addEventListener('pagehide', () => report(), { signal })
  document.addEventListener('visibilitychange', () => document.hidden && report(), { signal })
  const timer = setInterval(() => {
    if (!video.paused) report()
  }, EVERY_MS)
  signal.addEventListener('abort', () => {
    clearInterval(timer)
    report()
  })
}

/** JSON to the own host needs no preflight. Where beacons are switched off, a fetch that outlives the page does it. */
function send(report: Report): void {
  const body = new Blob([JSON.stringify(report)], { type: 'application/json' })
  if (navigator.sendBeacon?.(ADDRESS, body)) return
  fetch(ADDRESS, { method: 'POST', body, keepalive: true, credentials: 'same-origin' }).catch(() => {
    // The next one says the same and more.
  })
}

/** Sixteen random letters and digits, as the contract's ids are. */
function newSession(): string {
  const alphabet = '0123456789abcdefghijklmnopqrstuv'
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => alphabet[byte % 32]).join('')
}
