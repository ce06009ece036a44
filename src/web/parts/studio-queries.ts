/** What the pages of the studio read. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call, type Page } from '../api.ts'
import type { MyVideo } from './studio-row.tsx'

const after = (cursor: string) => (cursor === '' ? {} : { after: cursor })
const pages = { initialPageParam: '', getNextPageParam: (page: { next?: string | undefined }) => page.next }

export const myChannelsQuery = queryOptions({
  queryKey: ['my-channels'],
  queryFn: () => call('listMyChannels'),
  staleTime: 30_000,
})

/** The videos of one channel that the account works for; without a handle, of all channels of its own. */
export const studioVideosQuery = (handle: string | undefined) =>
  infiniteQueryOptions({
    queryKey: handle === undefined ? ['mine'] : ['mine', handle],
    queryFn: ({ pageParam }): Promise<Page<MyVideo>> =>
      handle === undefined
        ? call('listMyVideos', { query: after(pageParam) })
        : call('listAllChannelVideos', { params: { handle }, query: after(pageParam) }),
    ...pages,
  })

export const heldCommentsQuery = infiniteQueryOptions({
  queryKey: ['held-comments'],
  queryFn: ({ pageParam }) => call('listHeldComments', { query: after(pageParam) }),
  ...pages,
})

export const teamQuery = (handle: string) =>
  queryOptions({ queryKey: ['team', handle], queryFn: () => call('listTeam', { params: { handle } }) })

/** When renditions of a channel's videos are made. */
export const policyQuery = (handle: string) =>
  queryOptions({
    queryKey: ['media-policy', handle],
    queryFn: () => call('getChannelPolicy', { params: { handle } }),
  })

export const nextQuery = (videoId: string) =>
  queryOptions({
    queryKey: ['next', videoId],
    queryFn: () => call('recommendNext', { params: { videoId } }),
  })
