/** Playlists: videos in an order of somebody's own. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ChannelRef, Handle, Id, PageQuery, Privacy, pageOf, Time, text } from './shapes.ts'
import { VideoCard } from './videos.ts'

const Title = text(1, 150)
const Description = text(0, 5000)
const OnePlaylist = z.object({ playlistId: Id })
const OneItem = z.object({ playlistId: Id, videoId: Id })

export const Playlist = z.object({
  id: Id,
  title: z.string(),
  description: z.string(),
  privacy: Privacy,
  /** `watch_later` is there for everybody, once, and stays private. */
  kind: z.enum(['own', 'watch_later']),
  by: ChannelRef,
  itemCount: z.number(),
  /** Address of the first entry's picture. */
  thumbnail: z.string().optional(),
  created: Time,
  updated: Time,
  /** The one who asks may change it. */
  mine: z.boolean(),
})
export type Playlist = z.infer<typeof Playlist>

export const createPlaylist = endpoint({
  says: 'Makes an empty playlist.',
  method: 'POST',
  path: '/playlists',
  who: 'member',
  body: z.object({ title: Title, description: Description.default(''), privacy: Privacy.default('private') }),
  reply: Playlist,
  refuses: ['too_many'],
  perMinute: 30,
})

export const getPlaylist = endpoint({
  says: 'One playlist. A private one exists for its owner only.',
  method: 'GET',
  path: '/playlists/:playlistId',
  who: 'anyone',
  shared: true,
  params: OnePlaylist,
  reply: Playlist,
  refuses: ['playlist_not_found'],
})

export const editPlaylist = endpoint({
  says: 'Changes what is given of title, description and privacy.',
  method: 'PATCH',
  path: '/playlists/:playlistId',
  who: 'member',
  params: OnePlaylist,
  body: z.object({ title: Title.optional(), description: Description.optional(), privacy: Privacy.optional() }),
  reply: Playlist,
  refuses: ['playlist_not_found', 'not_allowed'],
})

export const removePlaylist = endpoint({
  says: 'Deletes a playlist; its videos stay.',
  method: 'DELETE',
  path: '/playlists/:playlistId',
  who: 'member',
  params: OnePlaylist,
  refuses: ['playlist_not_found', 'not_allowed'],
})

export const listPlaylistItems = endpoint({
  says: 'The entries of a playlist in its order. One whose video the asker may not see is there without it.',
  method: 'GET',
  path: '/playlists/:playlistId/items',
  who: 'anyone',
  shared: true,
  params: OnePlaylist,
  query: PageQuery,
  reply: pageOf(z.object({ videoId: Id, video: VideoCard.optional(), added: Time })),
  refuses: ['playlist_not_found'],
})

export const addToPlaylist = endpoint({
  says: 'Puts a video at the end of a playlist; one that is in it already stays where it is.',
  method: 'POST',
  path: '/playlists/:playlistId/items',
  who: 'member',
  params: OnePlaylist,
  body: z.object({ videoId: Id }),
  reply: Playlist,
  refuses: ['playlist_not_found', 'not_allowed', 'video_not_found', 'playlist_full'],
  perMinute: 240,
})

export const removeFromPlaylist = endpoint({
  says: 'Takes a video out of a playlist; taking out what is not in it is no error.',
  method: 'DELETE',
  path: '/playlists/:playlistId/items/:videoId',
  who: 'member',
  params: OneItem,
  reply: Playlist,
  refuses: ['playlist_not_found', 'not_allowed'],
})

export const moveInPlaylist = endpoint({
  says: 'Puts an entry before another one, or with null at the end.',
  method: 'PUT',
  path: '/playlists/:playlistId/items/:videoId/place',
  who: 'member',
  params: OneItem,
  body: z.object({ before: Id.nullable() }),
  refuses: ['playlist_not_found', 'not_allowed', 'video_not_found'],
  perMinute: 240,
})

export const listMyPlaylists = endpoint({
  says: 'The playlists of the account, last changed first; with a video, also whether each has it.',
  method: 'GET',
  path: '/me/playlists',
  who: 'member',
  query: PageQuery.extend({ videoId: Id.optional() }),
  reply: pageOf(Playlist.extend({ holds: z.boolean().optional() })),
  refuses: [],
})

export const getWatchLater = endpoint({
  says: 'The list of videos to watch later.',
  method: 'GET',
  path: '/me/watch-later',
  who: 'member',
  reply: Playlist,
  refuses: [],
})

export const listChannelPlaylists = endpoint({
  says: 'The public playlists of whom a channel belongs to, last changed first.',
  method: 'GET',
  path: '/channels/:handle/playlists',
  who: 'anyone',
  shared: true,
  params: z.object({ handle: Handle }),
  query: PageQuery,
  reply: pageOf(Playlist),
  refuses: ['channel_not_found'],
})
