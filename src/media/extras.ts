// What stands in the manifests beside picture and sound: texts, storyboard, trick play. They come after the plan and may change, so they are
// not part of it.

import type { Storyboard } from './storyboard.ts'
import type { TrickPlay } from './trick-play.ts'

/** A text in one language. `captions` also say what is heard, for those who do not hear it; `subtitles` only what is spoken. */
export type TextTrack = { id: string; language: string; name: string; kind: 'captions' | 'subtitles' }

export type Extras = { texts: readonly TextTrack[]; storyboard?: Storyboard; trick?: TrickPlay }

export const NO_EXTRAS: Extras = { texts: [] }
