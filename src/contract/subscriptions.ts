/** Subscriptions: the channels an account follows, and what is new on them. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ChannelRef, Handle, PageQuery, pageOf, Time } from './shapes.ts'
import { VideoCard } from './videos.ts'

const OneChannel = z.object({ handle: Handle })

/** Whether every new video is told of. */
export const NotifyLevel = z.enum(['all', 'none'])

export const Subscription = z.object({
  subscribed: z.boolean(),
  notify: NotifyLevel,
  /** How many follow the channel. */
  subscribers: z.number(),
})
export type Subscription = z.infer<typeof Subscription>

export const getSubscription = endpoint({
  says: 'Whether the one who asks follows a channel, and how many do.',
  method: 'GET',
  path: '/channels/:handle/subscription',
  who: 'anyone',
  shared: true,
  params: OneChannel,
  reply: Subscription,
  refuses: ['channel_not_found'],
})

export const subscribe = endpoint({
  says: 'Follows a channel, or changes whether its new videos are told of.',
  method: 'PUT',
  path: '/channels/:handle/subscription',
  who: 'member',
  params: OneChannel,
  body: z.object({ notify: NotifyLevel.default('all') }),
  reply: Subscription,
  refuses: ['channel_not_found', 'own_channel'],
  perMinute: 60,
})

export const unsubscribe = endpoint({
  says: 'Follows a channel no longer; saying it twice is no error.',
  method: 'DELETE',
  path: '/channels/:handle/subscription',
  who: 'member',
  params: OneChannel,
  reply: Subscription,
  refuses: ['channel_not_found'],
})

export const listSubscriptions = endpoint({
  says: 'The channels that the account follows, last followed first.',
  method: 'GET',
  path: '/me/subscriptions',
  who: 'member',
  query: PageQuery,
  reply: pageOf(z.object({ channel: ChannelRef, notify: NotifyLevel, subscribers: z.number(), since: Time })),
  refuses: [],
})

export const listFeed = endpoint({
  says: 'Public videos of the channels that the account follows, newest first.',
  method: 'GET',
  path: '/me/feed',
  who: 'member',
  query: PageQuery,
  reply: pageOf(VideoCard),
  refuses: [],
})
