/** Players of others, in a page: each story hangs one on a video element and tells which heights it found. They run in the browser, as text. */

export type PlayerName = 'hls.js' | 'Shaka Player' | 'dash.js'

export const PLAYERS: [name: PlayerName, kind: 'HLS' | 'DASH'][] = [
  ['hls.js', 'HLS'],
  ['dash.js', 'DASH'],
  ['Shaka Player', 'DASH'],
  ['Shaka Player', 'HLS'],
]

export const SCRIPTS: Record<PlayerName, string> = {
  'hls.js': 'hls.js/dist/hls.min.js',
  'Shaka Player': 'shaka-player/dist/shaka-player.compiled.js',
  'dash.js': 'dashjs/dist/modern/umd/dash.all.min.js',
}

/** What was seen in the page. */
export interface Played {
  heights: number[]
  duration: number
  frames: number
  ended: boolean
  error: string | null
}

/** `(video, address) => Promise<{ heights }>`: rejects with what the player says when it gives up. */
export const STORIES: Record<PlayerName, string> = {
  'hls.js': `(video, address) => new Promise((resolve, reject) => {
    const hls = new Hls()
    hls.on(Hls.Events.ERROR, (_, it) => { if (it.fatal) reject(new Error(it.details)) })
    hls.on(Hls.Events.MANIFEST_PARSED, (_, it) => resolve({ heights: it.levels.map((level) => level.height) }))
    hls.loadSource(address)
    hls.attachMedia(video)
  })`,
  'Shaka Player': `async (video, address) => {
    const player = new shaka.Player()
    await player.attach(video)
    await player.load(address)
    return { heights: player.getVariantTracks().map((track) => track.height) }
  }`,
  'dash.js': `(video, address) => new Promise((resolve, reject) => {
    const player = dashjs.MediaPlayer().create()
    player.on('error', (it) => reject(new Error(it.error.message)))
    player.on('streamInitialized', () =>
      resolve({ heights: player.getRepresentationsByType('video').map((it) => it.height) }))
    player.initialize(video, address, false)
  })`,
}

/** Waits in a page for something to be so with its `video`. */
export const UNTIL = `const until = (holds, what) => new Promise((resolve, reject) => {
    const started = performance.now()
    const look = () => {
      if (video.error) reject(new Error(video.error.message))
      else if (holds()) resolve()
      else if (performance.now() - started > 30000) reject(new Error('never ' + what + ', at ' + video.currentTime))
      else setTimeout(look, 50)
    }
    look()
  })`

/** Plays a second, jumps to the sixth, plays to the end. */
export const watchIt = `async (video, { heights }) => {
  ${UNTIL}
  video.muted = true
  await until(() => video.readyState >= 2, 'ready')
  await video.play()
  await until(() => video.currentTime > 1, 'a second in')
  video.currentTime = 6
  await until(() => video.ended, 'ended')
  return {
    heights: [...new Set(heights)].sort((a, b) => a - b),
    duration: video.duration,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    ended: video.ended,
    error: video.error && video.error.message,
  }
}`
