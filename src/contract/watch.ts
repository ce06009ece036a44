/** Watching: what a player needs to begin, where it stopped, and the beacons it sends. */
import { z } from 'zod'
import { Beacon } from './beacon.ts'
import { CaptionKind } from './captions.ts'
import { endpoint } from './endpoint.ts'
import { MOST_BEACONS, quickBeacon, quickBeacons } from './quick-beacon.ts'
import { Id, Language, Time } from './shapes.ts'

export { Beacon }

/** Everything a player needs to play one video now. */
export const Playback = z.object({
  videoId: Id,
  title: z.string(),
  durationMs: z.number(),
  width: z.number(),
  height: z.number(),
  /** Address of the multivariant playlist; its relative addresses carry the grant, where there is one. */
  hls: z.string(),
  /** The same as an MPD, for players that prefer DASH. */
  dash: z.string(),
  /** Address of the WebVTT whose cues are small pictures of the title, where they are made. */
  storyboard: z.string().optional(),
  captions: z.array(z.object({ language: Language, kind: CaptionKind, name: z.string(), address: z.string() })),
  /** Parts of the title with their names; each lasts until the next. */
  chapters: z.array(z.object({ startMs: z.number(), title: z.string() })),
  poster: z.string().optional(),
  /** When the addresses stop working; absent for public videos. */
  expires: Time.optional(),
  /** Signed proof that playback was allowed; beacons carry it. */
  token: z.string(),
  /** Where this viewer stopped, in milliseconds; 0 for the beginning. */
  resumeMs: z.number(),
  /** Playlists by address relative to `hls`, inlined to save round trips. */
  playlists: z.record(z.string(), z.string()),
  /** Addresses worth fetching before the player has booted. */
  preload: z.array(z.string()),
})
export type Playback = z.infer<typeof Playback>

export const startPlayback = endpoint({
  says: 'What is needed to stream a video: addresses, grant, resume position.',
  method: 'GET',
  path: '/videos/:videoId/playback',
  who: 'anyone',
  params: z.object({ videoId: Id }),
  reply: Playback,
  refuses: ['video_not_found', 'video_not_ready', 'video_failed'],
})

export const sendBeacon = endpoint({
  says: 'Reports how a playback goes: counts the view (once per viewer, video and hour), keeps the resume position, feeds the analytics. Answered once it is on the disk.',
  method: 'POST',
  path: '/beacons',
  who: 'anyone',
  body: Beacon,
  quick: quickBeacon,
  swift: true,
  refuses: ['grant_invalid', 'beacon_invalid', 'not_available_now'],
  perMinute: 3000,
})

export const sendBeacons = endpoint({
  says: 'Reports of many playbacks at once, for apps and gateways that gather them. Those that are not in order are left out; the reply says how many and why.',
  method: 'POST',
  path: '/beacons/batch',
  who: 'anyone',
  body: z.object({ beacons: z.array(Beacon).min(1).max(MOST_BEACONS) }),
  quick: quickBeacons,
  reply: z.object({ taken: z.number(), refused: z.record(z.string(), z.number()) }),
  refuses: ['not_available_now'],
  perMinute: 6000,
})
