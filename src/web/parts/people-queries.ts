/** What the pages ask of people: reactions, comments, subscriptions, playlists, history, notifications. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../api.ts'

const FRESH_MS = 30_000
const after = (cursor: string) => (cursor === '' ? {} : { after: cursor })
const pages = { initialPageParam: '', getNextPageParam: (page: { next?: string | undefined }) => page.next }

export const reactionQuery = (videoId: string) =>
  queryOptions({
    queryKey: ['reaction', videoId],
    queryFn: () => call('getReactions', { params: { videoId } }),
    staleTime: FRESH_MS,
  })

export const commentsQuery = (videoId: string, sort: 'top' | 'newest') =>
  infiniteQueryOptions({
    queryKey: ['comments', videoId, sort],
    queryFn: ({ pageParam }) =>
      call('listComments', { params: { videoId }, query: { sort, limit: 20, ...after(pageParam) } }),
    ...pages,
    staleTime: FRESH_MS,
  })

export const repliesQuery = (videoId: string, commentId: string) =>
  infiniteQueryOptions({
    queryKey: ['replies', videoId, commentId],
    queryFn: ({ pageParam }) =>
      call('listReplies', { params: { videoId, commentId }, query: { limit: 20, ...after(pageParam) } }),
    ...pages,
    staleTime: FRESH_MS,
  })

export const subscriptionQuery = (handle: string) =>
  queryOptions({
    queryKey: ['subscription', handle],
    queryFn: () => call('getSubscription', { params: { handle } }),
    staleTime: FRESH_MS,
  })

export const feedQuery = infiniteQueryOptions({
  queryKey: ['feed'],
  queryFn: ({ pageParam }) => call('listFeed', { query: after(pageParam) }),
  ...pages,
  staleTime: FRESH_MS,
})

export const subscriptionsQuery = infiniteQueryOptions({
  queryKey: ['subscriptions'],
  queryFn: ({ pageParam }) => call('listSubscriptions', { query: after(pageParam) }),
  ...pages,
})

export const likedQuery = infiniteQueryOptions({
  queryKey: ['liked'],
  queryFn: ({ pageParam }) => call('listLikedVideos', { query: after(pageParam) }),
  ...pages,
})

export const historyQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['history', search],
    queryFn: ({ pageParam }) => call('listHistory', { query: { ...(search ? { search } : {}), ...after(pageParam) } }),
    ...pages,
  })

export const myPlaylistsQuery = (videoId?: string) =>
  infiniteQueryOptions({
    queryKey: ['playlists', 'mine', videoId ?? ''],
    queryFn: ({ pageParam }) =>
      call('listMyPlaylists', { query: { ...(videoId ? { videoId } : {}), ...after(pageParam) } }),
    ...pages,
  })

export const watchLaterQuery = queryOptions({ queryKey: ['watch-later'], queryFn: () => call('getWatchLater') })

export const playlistQuery = (playlistId: string) =>
  queryOptions({ queryKey: ['playlist', playlistId], queryFn: () => call('getPlaylist', { params: { playlistId } }) })

export const playlistItemsQuery = (playlistId: string) =>
  infiniteQueryOptions({
    queryKey: ['playlist', playlistId, 'items'],
    queryFn: ({ pageParam }) =>
      call('listPlaylistItems', { params: { playlistId }, query: { limit: 60, ...after(pageParam) } }),
    ...pages,
  })

export const channelPlaylistsQuery = (handle: string) =>
  infiniteQueryOptions({
    queryKey: ['channel', handle, 'playlists'],
    queryFn: ({ pageParam }) => call('listChannelPlaylists', { params: { handle }, query: after(pageParam) }),
    ...pages,
  })

export const notificationsQuery = infiniteQueryOptions({
  queryKey: ['notifications'],
  queryFn: ({ pageParam }) => call('listNotifications', { query: after(pageParam) }),
  ...pages,
})

export const notificationSettingsQuery = queryOptions({
  queryKey: ['notification-settings'],
  queryFn: () => call('getNotificationSettings'),
})
