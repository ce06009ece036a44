// Rules for CMAF tracks (C01 to C05): ISO/IEC 23000-19 and 14496-12. Those for protected samples stand in check-protection.ts.

import { type Fragment, type Init, readFragments, readInit } from './check-boxes.ts'
import type { Presentation, Say } from './check-facts.ts'
import { checkProtection } from './check-protection.ts'
import { checkCrossTracks } from './check-switching.ts'

/** Looks at every initialisation segment and media segment that was fetched, by the folder it lies in. */
export function checkBoxes(presentation: Presentation, say: Say): void {
  const inits = new Map<string, Init>()
  for (const { url, bytes } of presentation.files.values()) {
    if (!/\.mp4(\?|$)/.test(url)) continue
    try {
      const init = readInit(bytes)
      inits.set(folderOf(url), init)
      checkInit(init, url, say)
    } catch (thrown) {
      say('C01', 'M', `it cannot be read: ${(thrown as Error).message}`, url)
    }
  }
  const sequences = new Map<string, { url: string; n: number; sequence: number }[]>()
  for (const { url, bytes } of presentation.files.values()) {
    const n = /(\d+)\.m4s(\?|$)/.exec(url)
    const init = inits.get(folderOf(url))
    if (!n || !init) continue
    try {
      const fragments = readFragments(bytes, init.tracks)
      for (const fragment of fragments) checkFragment(fragment, init, url, say)
      if (fragments.length === 0) say('C02', 'M', 'there is no fragment', url)
      const known = sequences.get(folderOf(url)) ?? []
      sequences.set(folderOf(url), [...known, { url, n: Number(n[1]), sequence: fragments[0]?.sequence ?? -1 }])
    } catch (thrown) {
      say('C02', 'M', `it cannot be read: ${(thrown as Error).message}`, url)
    }
  }
  for (const found of sequences.values()) {
    found.sort((a, b) => a.n - b.n)
    for (const [at, { sequence, url }] of found.entries())
      if (at > 0 && sequence <= found[at - 1]!.sequence)
        say('C02', 'M', `sequence number ${sequence} does not rise`, url)
  }
  checkCrossTracks(presentation, say)
  checkProtection(presentation, inits, say)
}

const folderOf = (url: string): string => url.slice(0, url.lastIndexOf('/') + 1)

function checkInit(init: Init, url: string, say: Say): void {
  if (init.tracks.length !== 1) say('C01', 'M', `it has ${init.tracks.length} tracks`, url)
  if (!init.brands.some((brand) => /^(cmf[c2]|iso[6-9a-c])$/.test(brand)))
    say('C01', 'M', `the brands ${init.brands.join(' ')} do not promise CMAF`, url)
  if (!init.hasMvex) say('C01', 'M', 'mvex/trex is missing', url)
  for (const track of init.tracks) {
    const edit = track.edits[0]
    const odd =
      track.edits.length > 1 || (edit && (edit.mediaTime < 0 || (edit.duration !== 0 && track.handler === 'vide')))
    if (odd || (edit && track.handler === 'vide' && edit.mediaTime > track.timescale))
      say('C05', 'S', 'the edit list does more than take back the offset of composition', url)
  }
}

function checkFragment(fragment: Fragment, init: Init, url: string, say: Say): void {
  if (fragment.trafs !== 1) say('C02', 'M', `a moof with ${fragment.trafs} traf`, url)
  if (!fragment.baseIsMoof) say('C02', 'M', 'default-base-is-moof is not set', url)
  if (fragment.decodeTime === undefined) say('C02', 'M', 'tfdt is missing', url)
  if (fragment.trafs > 0 && !init.tracks.some(({ id }) => id === fragment.trackId))
    say('C02', 'M', `track ${fragment.trackId} is not in the initialisation segment`, url)
  if (fragment.tiling !== '') say('C04', 'M', fragment.tiling, url)
}
