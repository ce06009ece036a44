/** A beacon: what a player reports of one playback. */
import { z } from 'zod'
import { Quality, Section, Source } from './analytics.ts'
import { Id } from './shapes.ts'

export const Beacon = z.object({
  token: z.string().max(1000),
  /** One per playback, made by the player. */
  session: Id,
  positionMs: z.number().finite().min(0).max(1e9),
  /** Video watched in this playback so far, in milliseconds of the video. */
  watchedMs: z.number().finite().min(0).max(1e9),
  ended: z.boolean().default(false),
  /** Counts the beacons of a playback from 0, so that a repetition is known for one. Sections without it are not counted. */
  sequence: z.number().int().min(0).max(100_000).optional(),
  /** What was watched since the beacon before. */
  sections: z.array(Section).max(100).default([]),
  quality: Quality.optional(),
  source: Source.optional(),
})
export type Beacon = z.infer<typeof Beacon>
