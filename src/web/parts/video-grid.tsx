/** A page-by-page list of videos that goes on as one scrolls, with a button for those who do not. */
import { type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef } from 'react'
import type { VideoCard } from '../../contract/videos.ts'
import { newestQuery } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { TileBones, type TileLook, VideoTile } from './video-card.tsx'

type Listing = UseInfiniteQueryResult<{ pages: { items: VideoCard[] }[] }>

interface VideoGridProps {
  listing: Listing
  look?: TileLook
  empty: ReactNode
}

export function VideoGrid({ listing, look = 'full', empty }: VideoGridProps) {
  const videos = listing.data?.pages.flatMap((page) => page.items) ?? []
  if (listing.isPending) {
    return (
      <div className="grid" role="status" aria-label={say('app.loading')}>
        {[...'12345678'].map((bone) => (
          <TileBones key={bone} look={look} />
        ))}
      </div>
    )
  }
  if (listing.isError && videos.length === 0) {
    return (
      <div className="stack">
        <Trouble thrown={listing.error} />
        <div>
          <Button onClick={() => listing.refetch()}>{say('app.retry')}</Button>
        </div>
      </div>
    )
  }
  if (videos.length === 0) return empty
  return (
    <>
      <ul className="grid">
        {videos.map((video, index) => (
          <li key={video.id}>
            <VideoTile video={video} look={look} eager={index < 4} />
          </li>
        ))}
      </ul>
      <More listing={listing} />
    </>
  )
}

/** The newest videos in a narrow column, beside something else. */
export function NewestList({ except }: { except: string }) {
  const listing = useInfiniteQuery(newestQuery)
  if (listing.isPending) {
    return (
      <div className="list">
        {[...'12345'].map((bone) => (
          <TileBones key={bone} look="beside" />
        ))}
      </div>
    )
  }
  const others = (listing.data?.pages[0]?.items ?? []).filter((video) => video.id !== except).slice(0, 12)
  return (
    <ul className="list">
      {others.map((video) => (
        <li key={video.id}>
          <VideoTile video={video} look="beside" />
        </li>
      ))}
    </ul>
  )
}

function More({ listing }: { listing: Listing }) {
  const end = useRef<HTMLDivElement>(null)
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = listing
  useEffect(() => {
    const place = end.current
    // After a failure only the button asks again, or a lost connection would be asked for without end.
    if (!place || !hasNextPage || isFetchNextPageError) return
    const watcher = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void fetchNextPage()
      },
      { rootMargin: '600px' },
    )
    watcher.observe(place)
    return () => watcher.disconnect()
  }, [hasNextPage, isFetchNextPageError, fetchNextPage])
  if (!hasNextPage) return null
  return (
    <div className="more" ref={end}>
      {isFetchNextPageError ? <Trouble thrown={listing.error} /> : null}
      <Button onClick={() => fetchNextPage()} disabled={isFetchingNextPage}>
        {isFetchingNextPage ? say('app.loading_more') : say('app.more')}
      </Button>
    </div>
  )
}
