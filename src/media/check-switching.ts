// C03: the tracks that a player may switch between have one clock, one codec family, and fragments that begin at the same times.

import type { Presentation, Say } from './check-facts.ts'
import { listsOf } from './check-media.ts'
import { trackOf } from './check-rates.ts'

export function checkCrossTracks(presentation: Presentation, say: Say): void {
  if (presentation.hls === undefined) return
  const families = new Map<string, { timescale: number; starts: string }>()
  for (const { list, kind } of listsOf(presentation)) {
    const track = kind === 'video' ? trackOf(presentation, list) : undefined
    const head = track?.init.tracks[0]
    if (!track || !head || head.handler !== 'vide') continue
    const starts = track.fragments.map((parts) => parts[0]?.decodeTime).join()
    const known = families.get(head.format)
    if (known && known.timescale !== head.timescale)
      say('C03', 'M', `its clock has ${head.timescale} ticks, others ${known.timescale}`, list.url)
    else if (known && known.starts !== starts) say('C03', 'M', 'its fragments begin at other times', list.url)
    families.set(head.format, known ?? { timescale: head.timescale, starts })
  }
}
