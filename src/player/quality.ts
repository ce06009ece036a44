/** How well a playback plays, measured at the media element: the time to the first frame, stalls, changes of quality, errors. */
import type { Quality } from '../contract/analytics.ts'

export interface QualityMeter {
  /** The sums so far, and whether anybody has wanted it to play. */
  read(): { quality: Quality; wanted: boolean }
  /** Begins anew; what started before has started. */
  restart(): void
}

/** Bytes that were decoded so far, where the browser tells (Chromium and Safari do). */
interface TellingVideo extends HTMLVideoElement {
  webkitVideoDecodedByteCount?: number
  webkitAudioDecodedByteCount?: number
}

/** Shorter standstills are no stalls that anybody would notice. */
const SHORTEST_STALL_MS = 100

export function measureQuality(video: HTMLVideoElement, signal: AbortSignal): QualityMeter {
  let wantedMs: number | undefined = video.autoplay ? performance.now() : undefined
  let startupMs: number | undefined
  let stalledFromMs: number | undefined
  let height = 0
  let sums = { stalls: 0, stalledMs: 0, switches: 0, errors: 0 }

  const hear = (name: string, then: () => void) => video.addEventListener(name, then, { signal })
  hear('play', () => {
    wantedMs ??= performance.now()
  })
  hear('playing', () => {
    if (wantedMs !== undefined) startupMs ??= Math.round(performance.now() - wantedMs)
    endStall()
  })
  hear('waiting', () => {
    // Waiting after a jump is the jump's, and before the first frame it is the start's.
    if (startupMs !== undefined && !video.seeking && !video.ended) stalledFromMs ??= performance.now()
  })
  hear('seeking', endStall)
  hear('pause', endStall)
  hear('resize', () => {
    if (height > 0 && video.videoHeight !== height) sums.switches++
    height = video.videoHeight
  })
  hear('error', () => sums.errors++)

  function endStall() {
    if (stalledFromMs === undefined) return
    const tookMs = performance.now() - stalledFromMs
    stalledFromMs = undefined
    if (tookMs < SHORTEST_STALL_MS) return
    sums.stalls++
    sums.stalledMs += Math.round(tookMs)
  }

  let lastBytes = 0
  let lastS = 0
  function bitsPerSecond(): number | undefined {
    const { webkitVideoDecodedByteCount: picture = 0, webkitAudioDecodedByteCount: sound = 0 } = video as TellingVideo
    const [bytes, playedS] = [picture + sound - lastBytes, video.currentTime - lastS]
    lastBytes = picture + sound
    lastS = video.currentTime
    return bytes > 0 && playedS > 1 ? Math.round((bytes * 8) / playedS) : undefined
  }

  return {
    read() {
      const rate = bitsPerSecond()
      return {
        wanted: wantedMs !== undefined,
        quality: {
          ...(startupMs === undefined ? {} : { startupMs }),
          ...sums,
          ...(video.videoHeight > 0 ? { height: video.videoHeight } : {}),
          ...(rate === undefined ? {} : { bitsPerSecond: rate }),
          ...networkOf(navigator as TellingNavigator),
        },
      }
    },
    restart() {
      sums = { stalls: 0, stalledMs: 0, switches: 0, errors: 0 }
    },
  }
}

interface TellingNavigator extends Navigator {
  connection?: { type?: string }
}

function networkOf({ connection }: TellingNavigator): { network?: NonNullable<Quality['network']> } {
  const type = connection?.type
  if (type === 'wifi' || type === 'cellular' || type === 'ethernet') return { network: type }
  return type === undefined ? {} : { network: 'other' }
}
