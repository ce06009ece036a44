/**
 * For the build: leaves out of hls.js what this player never uses, a quarter of its weight on the way to the first
 * picture. Its own light build leaves out separate sound as well, which we cannot do without; so the parts are struck
 * from its table of controllers, as the light build does, and the bundler drops what nothing refers to any more.
 */
import type { Plugin } from 'vite'

/** Captions are the page's tracks; protected titles get another engine; the rest our playlists never hold. */
const UNUSED = [
  'subtitleStreamController',
  'subtitleTrackController',
  'timelineController',
  'emeController',
  'cmcdController',
  'contentSteeringController',
  'iframeController',
  'interstitialsController',
]

export function leanHls(): Plugin {
  return {
    name: 'lean-hls',
    transform(code, id) {
      if (!/\/hls\.js\/dist\/hls\.mjs(\?|$)/.test(id)) return undefined
      const table = code.indexOf('const hlsDefaultConfig')
      let tail = code.slice(table)
      for (const name of UNUSED) {
        const struck = tail.replace(new RegExp(`\\b${name}: \\w+(?=\\s*[,}])`), `${name}: undefined`)
        // A new version may be built another way; better to notice here than to carry the weight unseen.
        if (table < 0 || struck === tail) this.error(`hls.js has no ${name} where it used to have it`)
        tail = struck
      }
      return { code: code.slice(0, table) + tail, map: null }
    },
  }
}
