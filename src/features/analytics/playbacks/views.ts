/** Views of videos, told to every process when they are counted or taken back. */
import type { App } from '../../../platform/app.ts'

/** A video, and how many views it has now. */
export type Viewed = [videoId: string, views: number]

const CHANNEL = 'views'
/** What one shout has room for: an id and a number are some 25 bytes. */
const IN_A_SHOUT = 120

/** Tells them, at commit. Who hears of it knows the number as it is, and not what has come to it: a word that is lost does no harm for long. */
export async function tellViews(app: App, viewed: readonly Viewed[]): Promise<void> {
  for (let at = 0; at < viewed.length; at += IN_A_SHOUT)
    await app.bus.shout(CHANNEL, JSON.stringify(viewed.slice(at, at + IN_A_SHOUT)))
}

/** Calls `hear` for every video whose views have changed, for as long as the bus is open. */
export function hearViews(app: App, hear: (videoId: string, views: number) => void): void {
  app.bus.hearShouts(CHANNEL, (word) => {
    for (const [videoId, views] of JSON.parse(word) as Viewed[]) hear(videoId, views)
  })
}
