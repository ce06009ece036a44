/** What the server wrote into the page, so that the first picture needs no further question. */
import type { Me } from '../contract/accounts.ts'
import type { Channel } from '../contract/channels.ts'
import type { HomePart } from '../contract/recommend.ts'
import type { Announcement } from '../contract/site.ts'
import type { Video, VideoCard } from '../contract/videos.ts'
import type { Playback } from '../contract/watch.ts'

export interface Boot {
  /** What the site is called, and what it announces now. */
  site?: { name: string; announcements: Announcement[] }
  /** Null: nobody is signed in. */
  me?: Me | null
  /** True while the platform has no account at all. */
  firstRun?: boolean
  video?: Video
  playback?: Playback
  channel?: Channel
  channelVideos?: { items: VideoCard[]; next?: string | undefined }
  /** The first page of suggestions. */
  home?: HomePart
}

let kept: Boot | undefined

/** The boot data of this page; undefined where the page came without, as under the development server. */
export function readBoot(): Boot | undefined {
  if (kept) return kept
  const text = document.getElementById('boot')?.textContent
  if (!text) return undefined
  kept = JSON.parse(text) as Boot
  return kept
}
