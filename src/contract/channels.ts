/** Channels: where videos are published. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ChannelRef, Handle, PageQuery, pageOf, Time } from './shapes.ts'
import { VideoCard } from './videos.ts'

export const Channel = ChannelRef.extend({ description: z.string(), created: Time, videoCount: z.number() })
export type Channel = z.infer<typeof Channel>

export const getChannel = endpoint({
  says: 'One channel, by its handle.',
  method: 'GET',
  path: '/channels/:handle',
  who: 'anyone',
  params: z.object({ handle: Handle }),
  reply: Channel,
  refuses: ['channel_not_found'],
})

export const listChannelVideos = endpoint({
  says: 'The public videos of a channel, newest first.',
  method: 'GET',
  path: '/channels/:handle/videos',
  who: 'anyone',
  params: z.object({ handle: Handle }),
  query: PageQuery,
  reply: pageOf(VideoCard),
  refuses: ['channel_not_found'],
})
