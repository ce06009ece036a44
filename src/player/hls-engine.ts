/** The engine on Media Source Extensions, driven by hls.js. */
import Hls, {
  type AbrController,
  type ErrorData,
  type FragLoadedData,
  type FragmentLoaderContext,
  type HlsConfig,
  type LoaderContext,
} from 'hls.js'
import type { Playback } from '../contract/watch.ts'
import { clientHeaders } from './cmcd.ts'
import { type Beginning, type Engine, type EngineEvents, qualityLabel } from './engine.ts'
import { hasSurround, keptGroup, keptLevels } from './families.ts'
import { absolutePlaylists, loaderFor } from './loader.ts'

/** In its first seconds a playback climbs one rung at a time: the bandwidth measured so far is one small piece's. */
const CAREFUL_S = 10

/** The server holds a request for a piece it is making for up to 25 s before it answers 503. */
const FIRST_BYTE_MS = 30_000

/** Beginnings and first segments of picture and sound: the page has asked for them before, and an equal request finds them. */
const PRELOADED = 4

const MEDIA_RECOVERIES = 3
const RECOVERY_WINDOW_MS = 30_000

export function openHls(
  video: HTMLVideoElement,
  playback: Playback,
  { startMs, soundWanted }: Beginning,
  events: EngineEvents,
): Engine {
  if (!Hls.isSupported()) {
    events.failed('unsupported')
    return { choose() {}, chooseSound() {}, close() {} }
  }
  const recoveries: number[] = []
  let lastLevel = 0
  let refused = false

  let told = 0
  let starved = false
  const sessionId = crypto.randomUUID?.() ?? ''
  video.addEventListener('waiting', () => {
    starved = !video.seeking && video.currentTime > 0
  })

  function clientHeadersOf(context: LoaderContext): Record<string, string> {
    const { frag } = context as FragmentLoaderContext
    // Another host would have to be asked first whether it takes such headers.
    if (!frag || new URL(context.url).origin !== location.origin) return {}
    const headers = clientHeaders({
      contentId: playback.videoId,
      sessionId,
      bitsPerSecond: hls.levels[frag.level]?.bitrate ?? 0,
      throughput: hls.bandwidthEstimate || 0,
      object: frag.sn === 'initSegment' ? 'i' : objectOf(frag.type),
      durationMs: frag.duration * 1000,
      bufferMs: bufferedMs(video),
      starved,
      urgent: video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA,
    })
    starved = false
    return headers
  }

  const loader = loaderFor({
    inlined: absolutePlaylists(playback.hls, playback.playlists, document.baseURI),
    saying: (context) => (told++ < PRELOADED ? {} : clientHeadersOf(context)),
    stillMaking: events.stillMaking,
    refused() {
      // Several pieces fail at once when a grant expires; one word of it is enough.
      if (!refused) events.refused()
      refused = true
    },
  })

  const hls = new Hls({
    loader,
    abrController: carefulAbr(
      () => video.currentTime - startMs / 1000 < CAREFUL_S,
      () => lastLevel,
    ),
    startLevel: 0,
    testBandwidth: false,
    startPosition: startMs > 0 ? startMs / 1000 : -1,
    capLevelToPlayerSize: true,
    ...(soundWanted ? { audioPreference: { lang: soundWanted } } : {}),
    maxBufferLength: 30,
    // More than this would ask the server to make pieces that perhaps nobody sees.
    maxMaxBufferLength: 60,
    backBufferLength: 60,
    lowLatencyMode: false,
    enableInterstitialPlayback: false,
    // Our pieces are fragmented MP4 already, so there is nothing to remux beside the page.
    enableWorker: false,
    fragLoadPolicy: {
      default: {
        maxTimeToFirstByteMs: FIRST_BYTE_MS,
        maxLoadTimeMs: 120_000,
        timeoutRetry: { maxNumRetry: 3, retryDelayMs: 0, maxRetryDelayMs: 0 },
        errorRetry: { maxNumRetry: 5, retryDelayMs: 500, maxRetryDelayMs: 8_000 },
      },
    },
  })

  hls.on(Hls.Events.MANIFEST_PARSED, (_, { levels, audioTracks }) => {
    const group = keptGroup(audioTracks, hasSurround(audioTracks) ? speakers() : 2)
    const heard = levels.flatMap(({ audioGroups = [] }, at) => (audioGroups.includes(group) ? [at] : []))
    const places = heard.length > 0 ? heard : levels.map((_, at) => at)
    const family = places.map((at) => levels[at]!)
    const kept = keptLevels(family, matchMedia('(dynamic-range: high)').matches).map((at) => places[at])
    for (let at = levels.length - 1; at >= 0; at--) if (!kept.includes(at)) hls.removeLevel(at)
    events.qualities(
      hls.levels.map(({ width, height, frameRate, videoRange }, level) => {
        const label = qualityLabel(width, height, frameRate)
        return { level, label: videoRange === 'SDR' ? label : `${label} HDR`, frameRate }
      }),
    )
  })
  const tellSounds = (heard: number) =>
    events.sounds(
      hls.audioTracks.map(({ name, lang = '' }) => ({ label: name || lang, language: lang })),
      heard,
    )
  hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, () => tellSounds(hls.audioTrack))
  hls.on(Hls.Events.AUDIO_TRACK_SWITCHING, (_, { id }) => tellSounds(id))
  hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => events.playing(level))
  hls.on(Hls.Events.FRAG_LOADED, (_, { frag }: FragLoadedData) => {
    if (frag.type === 'main') lastLevel = frag.level
  })
  hls.on(Hls.Events.ERROR, (_, error) => {
    if (error.fatal && !refused) onFatal(error)
  })

  function onFatal(error: ErrorData) {
    if (error.type !== Hls.ErrorTypes.MEDIA_ERROR) {
      events.failed(error.type === Hls.ErrorTypes.NETWORK_ERROR ? 'network' : 'media')
      return
    }
    const nowMs = performance.now()
    while (recoveries[0] !== undefined && nowMs - recoveries[0] > RECOVERY_WINDOW_MS) recoveries.shift()
    if (recoveries.length >= MEDIA_RECOVERIES) return events.failed('media')
    recoveries.push(nowMs)
    if (recoveries.length === 2) hls.swapAudioCodec()
    hls.recoverMediaError()
  }

  hls.loadSource(new URL(playback.hls, document.baseURI).href)
  hls.attachMedia(video)

  return {
    choose(level) {
      hls.nextLevel = level === 'auto' ? -1 : level
    },
    chooseSound(index) {
      hls.audioTrack = index
    },
    close() {
      hls.destroy()
    },
  }
}

/** How many loudspeakers the browser can play on. */
function speakers(): number {
  const context = new AudioContext()
  const { maxChannelCount } = context.destination
  void context.close()
  return maxChannelCount
}

function objectOf(type: string): 'v' | 'a' {
  return type === 'audio' ? 'a' : 'v'
}

/** What lies ready after the present position. */
function bufferedMs({ buffered, currentTime }: HTMLVideoElement): number {
  for (let index = 0; index < buffered.length; index++)
    if (buffered.start(index) <= currentTime && currentTime <= buffered.end(index))
      return (buffered.end(index) - currentTime) * 1000
  return 0
}

/** The automatic choice of hls.js, held to one rung up at a time while `early` says so. */
function carefulAbr(early: () => boolean, lastLevel: () => number): HlsConfig['abrController'] {
  const Automatic = Hls.DefaultConfig.abrController as typeof AbrController
  return class CarefulAbr extends Automatic {
    override get nextAutoLevel(): number {
      const level = super.nextAutoLevel
      return early() ? Math.min(level, lastLevel() + 1) : level
    }

    override set nextAutoLevel(level: number) {
      super.nextAutoLevel = level
    }
  }
}
