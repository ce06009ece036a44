/**
 * Chooses the engine. Media Source Extensions come first wherever they are, because only there quality, retries and
 * inlined playlists are ours to steer; the browser's own HLS is for the rest.
 */
import type { OpenEngine } from './engine.ts'

export const hasMediaSource = (): boolean => 'MediaSource' in globalThis || 'ManagedMediaSource' in globalThis

const APPLE_HLS = 'application/vnd.apple.mpegurl'

let code: Promise<typeof import('./hls-engine.ts')> | undefined

/** Loads the code of the engine this browser needs, ahead of the first video. A failed load is tried anew when it is needed. */
export function fetchEngine(): void {
  if (!hasMediaSource()) return
  code ??= import('./hls-engine.ts')
  code.catch(() => {
    code = undefined
  })
}

/** Opens the engine this browser needs. */
export const openEngine: OpenEngine = async (video, playback, beginning, events) => {
  fetchEngine()
  if (code) {
    const { openHls } = await code
    return openHls(video, playback, beginning, events)
  }
  if (video.canPlayType(APPLE_HLS) !== '') return openNative(video, playback, beginning, events)
  events.failed('unsupported')
  return { choose() {}, chooseSound() {}, close() {} }
}

/** The browser's own HLS: old iPhones. It chooses quality and sound itself and says nothing about them. */
const openNative: OpenEngine = async (video, playback, { startMs }, events) => {
  const closing = new AbortController()
  const { signal } = closing
  video.addEventListener(
    'error',
    () => {
      // Neither status nor reason can be had here; new addresses are the one remedy there is.
      if (video.error?.code === MediaError.MEDIA_ERR_DECODE) events.failed('media')
      else events.refused()
    },
    { signal },
  )
  video.addEventListener(
    'loadedmetadata',
    () => {
      if (startMs > 0) video.currentTime = startMs / 1000
    },
    { signal, once: true },
  )
  video.src = playback.hls
  return {
    choose() {},
    chooseSound() {},
    close() {
      closing.abort()
      video.removeAttribute('src')
      video.load()
    },
  }
}
