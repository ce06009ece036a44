/** The playlist one is watching through (`?list=`), beside the player: what comes before and after. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { say } from '../words/say.ts'
import { isBusy, useIsOver } from './going-on.ts'
import { playlistItemsQuery, playlistQuery } from './people-queries.ts'
import { titleOf } from './playlists.tsx'

/** What comes after a video in the list. */
export interface Listed {
  listId: string
  id: string
  title: string
}

/** How often it is looked whether somebody has finished what kept the list from going on. */
const LOOK_MS = 1000

export function PlayThrough({ videoId }: { videoId: string }) {
  const listId = useListId()
  return listId ? <Panel listId={listId} videoId={videoId} /> : null
}

/** What the list of this address goes on with; undefined where there is none, or at its end. */
export function useListed(videoId: string): Listed | undefined {
  const listId = useListId()
  return usePlaces(listId ?? '', videoId).next
}

function useListId(): string | undefined {
  const listId = useLocation({ select: ({ searchStr }) => new URLSearchParams(searchStr).get('list') })
  return listId && /^[0-9A-Za-z]{8,32}$/.test(listId) ? listId : undefined
}

function usePlaces(listId: string, videoId: string) {
  const list = useQuery({ ...playlistQuery(listId), retry: false, enabled: listId !== '' })
  const listing = useInfiniteQuery({ ...playlistItemsQuery(listId), enabled: list.isSuccess })
  const items = listing.data?.pages.flatMap((page) => page.items).filter((it) => it.video) ?? []
  const at = items.findIndex((it) => it.videoId === videoId)
  const after = at < 0 ? undefined : items[at + 1]
  const next: Listed | undefined = after && { listId, id: after.videoId, title: after.video?.title ?? '' }
  return { list, listing, items, at, next }
}

function Panel({ listId, videoId }: { listId: string; videoId: string }) {
  const navigate = useNavigate()
  const { list, listing, items, at, next } = usePlaces(listId, videoId)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = listing
  const isOver = useIsOver(videoId)
  const nextId = next?.id
  useEffect(() => {
    // The entry that is playing may be on a later page.
    if (hasNextPage && !isFetchingNextPage && (at < 0 || at === items.length - 1)) void fetchNextPage()
  }, [at, items.length, hasNextPage, isFetchingNextPage, fetchNextPage])
  useEffect(() => {
    if (!isOver || !nextId) return
    const goOn = () => {
      if (isBusy()) return
      clearInterval(timer)
      void navigate({ to: '/watch/$videoId', params: { videoId: nextId }, search: { list: listId } as never })
    }
    // A list goes on in a page that nobody looks at, too: it may be music.
    const timer = setInterval(goOn, LOOK_MS)
    goOn()
    return () => clearInterval(timer)
  }, [isOver, nextId, listId, navigate])
  if (!list.data) return null
  return (
    <section className="panel play-through" aria-labelledby="play-through">
      <h2 id="play-through" dir="auto">
        <Link to="/playlist/$playlistId" params={{ playlistId: listId }}>
          {titleOf(list.data)}
        </Link>
      </h2>
      <p className="soft small">{say('playlist.place', { place: Math.max(0, at) + 1, count: list.data.itemCount })}</p>
      <ol>
        {items.map((it) => (
          <li key={it.videoId}>
            <Link
              to="/watch/$videoId"
              params={{ videoId: it.videoId }}
              search={{ list: listId } as never}
              aria-current={it.videoId === videoId ? 'true' : undefined}
              dir="auto"
            >
              {it.video?.title}
            </Link>
          </li>
        ))}
      </ol>
    </section>
  )
}
