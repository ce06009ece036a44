/** Channels: where videos are published, and who works on them. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ChannelRef, Handle, Id, PageQuery, pageOf, personName, Time, text, WebAddress } from './shapes.ts'
import { VideoCard } from './videos.ts'

const Name = personName(1, 60)
const Description = text(0, 5000)
const Links = z.array(z.object({ title: text(1, 40), address: WebAddress })).max(12)
const OneChannel = z.object({ handle: Handle })

/** What somebody may do on a channel of another: everything, change things, or look at what is not public. */
export const TeamRole = z.enum(['owner', 'editor', 'viewer'])
export type TeamRole = z.infer<typeof TeamRole>

export const Channel = ChannelRef.extend({
  description: z.string(),
  banner: z.string().optional(),
  links: z.array(z.object({ title: z.string(), address: z.string() })),
  created: Time,
  videoCount: z.number(),
  subscriberCount: z.number(),
  /** The video at the head of the page, where it is public and ready. */
  featured: VideoCard.optional(),
  /** What the one who asks may do here; absent for those who only visit. */
  myRole: TeamRole.optional(),
})
export type Channel = z.infer<typeof Channel>

export const TeamMember = z.object({ channel: ChannelRef, role: TeamRole, accepted: z.boolean() })
export type TeamMember = z.infer<typeof TeamMember>

export const getChannel = endpoint({
  says: 'One channel, by its handle.',
  method: 'GET',
  path: '/channels/:handle',
  who: 'anyone',
  shared: true,
  params: OneChannel,
  reply: Channel,
  refuses: ['channel_not_found'],
})

export const listChannelVideos = endpoint({
  says: 'The public videos of a channel, newest first.',
  method: 'GET',
  path: '/channels/:handle/videos',
  who: 'anyone',
  shared: true,
  params: OneChannel,
  query: PageQuery,
  reply: pageOf(VideoCard),
  refuses: ['channel_not_found'],
})

export const listAllChannelVideos = endpoint({
  says: 'Every video of a channel, in every state: for its team. Newest first.',
  method: 'GET',
  path: '/channels/:handle/all-videos',
  who: 'member',
  params: OneChannel,
  query: PageQuery,
  reply: pageOf(VideoCard),
  refuses: ['channel_not_found', 'not_allowed'],
})

export const listMyChannels = endpoint({
  says: 'The channels the account owns or works for, oldest first.',
  method: 'GET',
  path: '/me/channels',
  who: 'member',
  reply: z.object({ items: z.array(ChannelRef.extend({ role: TeamRole, accepted: z.boolean() })) }),
  refuses: [],
})

export const createChannel = endpoint({
  says: 'Opens another channel of the account.',
  method: 'POST',
  path: '/channels',
  who: 'member',
  body: z.object({ name: Name, handle: Handle.optional(), description: Description.default('') }),
  reply: Channel,
  refuses: ['handle_taken', 'too_many'],
  perMinute: 10,
})

export const editChannel = endpoint({
  says: 'Changes what is given of name, handle, description, links and featured video. Null takes the video away.',
  method: 'PATCH',
  path: '/channels/:handle',
  who: 'member',
  params: OneChannel,
  body: z.object({
    name: Name.optional(),
    handle: Handle.optional(),
    description: Description.optional(),
    links: Links.optional(),
    featuredVideoId: Id.nullable().optional(),
  }),
  reply: Channel,
  refuses: ['channel_not_found', 'not_allowed', 'handle_taken', 'video_not_found'],
})

export const removeChannel = endpoint({
  says: 'Closes a channel without videos. The last one of an account stays.',
  method: 'DELETE',
  path: '/channels/:handle',
  who: 'member',
  params: OneChannel,
  refuses: ['channel_not_found', 'not_allowed', 'channel_not_empty', 'last_channel'],
})

export const removePicture = endpoint({
  says: 'Takes away the avatar or the banner of a channel.',
  method: 'DELETE',
  path: '/channels/:handle/pictures/:picture',
  who: 'member',
  params: OneChannel.extend({ picture: z.enum(['avatar', 'banner']) }),
  reply: Channel,
  refuses: ['channel_not_found', 'not_allowed'],
})

export const listTeam = endpoint({
  says: 'Who works for a channel besides the account that owns it.',
  method: 'GET',
  path: '/channels/:handle/team',
  who: 'member',
  params: OneChannel,
  reply: z.object({ items: z.array(TeamMember) }),
  refuses: ['channel_not_found', 'not_allowed'],
})

export const setTeamMember = endpoint({
  says: 'Invites somebody, by one of their channels, or changes their role.',
  method: 'PUT',
  path: '/channels/:handle/team/:member',
  who: 'member',
  params: OneChannel.extend({ member: Handle }),
  body: z.object({ role: TeamRole }),
  reply: z.object({ items: z.array(TeamMember) }),
  refuses: ['channel_not_found', 'account_not_found', 'not_allowed', 'own_channel', 'too_many'],
  perMinute: 20,
})

export const removeTeamMember = endpoint({
  says: 'Takes somebody out of the team; everybody may take out themselves.',
  method: 'DELETE',
  path: '/channels/:handle/team/:member',
  who: 'member',
  params: OneChannel.extend({ member: Handle }),
  refuses: ['channel_not_found', 'account_not_found', 'not_allowed'],
})

export const acceptInvitation = endpoint({
  says: 'Joins the team of a channel that has invited the account.',
  method: 'PUT',
  path: '/channels/:handle/invitation',
  who: 'member',
  params: OneChannel,
  refuses: ['channel_not_found', 'not_found'],
})

export const transferChannel = endpoint({
  says: 'Gives a channel with its videos to an account that is in its team as owner. Only the account that has it may.',
  method: 'POST',
  path: '/channels/:handle/transfer',
  who: 'member',
  params: OneChannel,
  body: z.object({ to: Handle }),
  refuses: ['channel_not_found', 'account_not_found', 'not_allowed', 'last_channel'],
  perMinute: 5,
})
