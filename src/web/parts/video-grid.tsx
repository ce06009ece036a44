/** A page-by-page list of videos that goes on as one scrolls, with a button for those who do not. */
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { Fragment, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { VideoCard } from '../../contract/videos.ts'
import { Button } from '../ui/button.tsx'
import { Trouble, TroubleInstead } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { TileBones, type TileLook, VideoTile } from './video-card.tsx'

type Listing<Item> = UseInfiniteQueryResult<{ pages: { items: Item[] }[] }>

interface VideoGridProps {
  listing: Listing<VideoCard>
  look?: TileLook
  empty: ReactNode
}

interface TileGridProps<Item> {
  listing: Listing<Item>
  look?: TileLook
  empty: ReactNode
  idOf: (item: Item) => string
  tile: (item: Item, index: number) => ReactNode
  /** Leaves out some of what was fetched. */
  isShown?: (item: Item) => boolean
  /** Stands across the whole width once some rows have been shown. */
  interlude?: ReactNode
}

/** Two rows, but at least so many. */
const LEAST_BEFORE_INTERLUDE = 4

export function VideoGrid({ listing, look = 'full', empty }: VideoGridProps) {
  return (
    <TileGrid
      listing={listing}
      look={look}
      empty={empty}
      idOf={(video) => video.id}
      tile={(video, index) => <VideoTile video={video} look={look} eager={index < 4} />}
    />
  )
}

/** The same for whatever has a tile. */
export function TileGrid<Item>({
  listing,
  look = 'full',
  empty,
  idOf,
  tile,
  isShown = () => true,
  interlude,
}: TileGridProps<Item>) {
  const items = (listing.data?.pages.flatMap((page) => page.items) ?? []).filter(isShown)
  if (listing.isPending) {
    return (
      <div className="grid" role="status" aria-label={say('app.loading')}>
        {[...'12345678'].map((bone) => (
          <TileBones key={bone} look={look} />
        ))}
      </div>
    )
  }
  if (listing.isError && items.length === 0) return <TroubleInstead listing={listing} />
  if (items.length === 0) return empty
  return (
    <>
      <Tiles items={items} idOf={idOf} tile={tile} interlude={interlude} />
      <More listing={listing} />
    </>
  )
}

type TilesProps<Item> = Pick<TileGridProps<Item>, 'idOf' | 'tile' | 'interlude'> & { items: Item[] }

function Tiles<Item>({ items, idOf, tile, interlude }: TilesProps<Item>) {
  const grid = useRef<HTMLUListElement>(null)
  const [columns, setColumns] = useState(1)
  // Only whole rows stand before what is as wide as all of them, or a hole would be left.
  useLayoutEffect(() => {
    const list = grid.current
    if (!list) return
    const count = () => setColumns(getComputedStyle(list).gridTemplateColumns.split(' ').length)
    count()
    const watcher = new ResizeObserver(count)
    watcher.observe(list)
    return () => watcher.disconnect()
  }, [])
  const before = Math.min(Math.max(LEAST_BEFORE_INTERLUDE, 2 * columns), items.length)
  return (
    <ul className="grid" ref={grid}>
      {items.map((item, index) => (
        <Fragment key={idOf(item)}>
          <li>{tile(item, index)}</li>
          {interlude && index === before - 1 ? <li className="grid-wide">{interlude}</li> : null}
        </Fragment>
      ))}
    </ul>
  )
}

/** The end of a list: goes on by itself when it comes near, and by a button for those who do not scroll. */
export function More<Item>({ listing }: { listing: Listing<Item> }) {
  const end = useRef<HTMLDivElement>(null)
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = listing
  useEffect(() => {
    const place = end.current
    // After a failure only the button asks again, or a lost connection would be asked for without end.
    // Watched anew after each part: where the end is still near, nothing changes that would be told of.
    if (!place || !hasNextPage || isFetchingNextPage || isFetchNextPageError) return
    const watcher = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void fetchNextPage()
      },
      { rootMargin: '600px' },
    )
    watcher.observe(place)
    return () => watcher.disconnect()
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage])
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
