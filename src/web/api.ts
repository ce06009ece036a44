/** The platform as the pages call it: one typed client, and a query for each thing a page reads. */
import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
  useQuery,
} from '@tanstack/react-query'
import type { Me } from '../contract/accounts.ts'
import { CallFailed, connect } from '../contract/client.ts'
import type { HomePart } from '../contract/recommend.ts'
import type { VideoCard } from '../contract/videos.ts'
import type { Playback } from '../contract/watch.ts'
import { type Boot, readBoot } from './boot.ts'

export const call = connect()

/** How long an answer is shown without asking again; changes that matter sooner come over the live socket. */
const FRESH_MS = 30_000

export interface Page<T> {
  items: T[]
  next?: string | undefined
}

/** Whether a call was refused with this code. */
export function refused(thrown: unknown, ...codes: string[]): boolean {
  return thrown instanceof CallFailed && codes.includes(thrown.code)
}

/** The account that is asking, or null for nobody. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async (): Promise<Me | null> => {
    try {
      return await call('me')
    } catch (thrown) {
      if (refused(thrown, 'sign_in_needed')) return null
      throw thrown
    }
  },
  staleTime: FRESH_MS,
})

/** A page that was made a while ago is made again when somebody comes back to it: it may have learned since. */
export const homeQuery = (topic: HomePart['topics'][number] | undefined) =>
  infiniteQueryOptions({
    queryKey: ['home', topic ?? ''],
    queryFn: ({ pageParam }): Promise<HomePart> =>
      call('recommendHome', { query: { ...(topic === undefined ? {} : { topic }), ...afterOf(pageParam) } }),
    initialPageParam: '',
    getNextPageParam: nextOf,
    staleTime: 1000,
    refetchOnWindowFocus: false,
  })

export const channelQuery = (handle: string) =>
  queryOptions({
    queryKey: ['channel', handle],
    queryFn: () => call('getChannel', { params: { handle } }),
    staleTime: FRESH_MS,
  })

export const channelVideosQuery = (handle: string) =>
  infiniteQueryOptions({
    queryKey: ['channel', handle, 'videos'],
    queryFn: ({ pageParam }): Promise<Page<VideoCard>> =>
      call('listChannelVideos', { params: { handle }, query: afterOf(pageParam) }),
    initialPageParam: '',
    getNextPageParam: nextOf,
    staleTime: FRESH_MS,
  })

export const videoQuery = (videoId: string) =>
  queryOptions({
    queryKey: ['video', videoId],
    queryFn: () => call('getVideo', { params: { videoId } }),
    staleTime: FRESH_MS,
  })

/** Addresses of private videos expire, so a playback is asked for anew on every visit and never again during it. */
export const playbackQuery = (videoId: string) =>
  queryOptions({
    queryKey: ['playback', videoId],
    queryFn: () => call('startPlayback', { params: { videoId } }),
    initialData: () => takePlanted(videoId),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

/** The playback that came with the page: good for the first visit of this video, and for that one only. */
let planted: Playback | undefined

function takePlanted(videoId: string): Playback | undefined {
  if (planted?.videoId !== videoId) return undefined
  const taken = planted
  planted = undefined
  return taken
}

export const uploadLimitsQuery = queryOptions({ queryKey: ['upload-limits'], queryFn: () => call('uploadLimits') })

export const unfinishedQuery = queryOptions({ queryKey: ['uploads'], queryFn: () => call('listUploads') })

/** The account that is asking; undefined while it is not known yet. */
export function useMe(): Me | null | undefined {
  return useQuery(meQuery).data
}

/** Puts what the server wrote into the page where the queries look first. */
export function plantBoot(client: QueryClient, boot: Boot | undefined = readBoot()): void {
  if (!boot) return
  // Known, but asked for once more behind the page: that answer prolongs the session's cookie.
  if (boot.me !== undefined) client.setQueryData(meQuery.queryKey, boot.me, boot.me ? { updatedAt: 0 } : {})
  if (boot.video) client.setQueryData(videoQuery(boot.video.id).queryKey, boot.video)
  planted = boot.playback
  if (boot.home) client.setQueryData(homeQuery(undefined).queryKey, { pages: [boot.home], pageParams: [''] })
  if (boot.channel) {
    const { handle } = boot.channel
    client.setQueryData(channelQuery(handle).queryKey, boot.channel)
    if (boot.channelVideos) client.setQueryData(channelVideosQuery(handle).queryKey, onePage(boot.channelVideos))
  }
}

function onePage(page: Page<VideoCard>): InfiniteData<Page<VideoCard>, string> {
  return { pages: [page], pageParams: [''] }
}

function afterOf(cursor: string) {
  return cursor === '' ? {} : { after: cursor }
}

function nextOf(page: { next?: string | undefined }): string | undefined {
  return page.next
}
