/** The playlist one is watching through (`?list=`), beside the player: what comes before and after. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { say } from '../words/say.ts'
import { playlistItemsQuery, playlistQuery } from './people-queries.ts'
import { titleOf } from './playlists.tsx'

export function PlayThrough({ videoId }: { videoId: string }) {
  const listId = useLocation({ select: ({ searchStr }) => new URLSearchParams(searchStr).get('list') })
  return listId && /^[0-9A-Za-z]{8,32}$/.test(listId) ? <Panel listId={listId} videoId={videoId} /> : null
}

function Panel({ listId, videoId }: { listId: string; videoId: string }) {
  const navigate = useNavigate()
  const list = useQuery({ ...playlistQuery(listId), retry: false })
  const listing = useInfiniteQuery({ ...playlistItemsQuery(listId), enabled: list.isSuccess })
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = listing
  const items = listing.data?.pages.flatMap((page) => page.items).filter((it) => it.video) ?? []
  const at = items.findIndex((it) => it.videoId === videoId)
  const next = at < 0 ? undefined : items[at + 1]?.videoId
  useEffect(() => {
    // The entry that is playing may be on a later page.
    if (hasNextPage && !isFetchingNextPage && (at < 0 || at === items.length - 1)) void fetchNextPage()
  }, [at, items.length, hasNextPage, isFetchingNextPage, fetchNextPage])
  useEffect(() => {
    if (!next) return
    const goOn = () =>
      void navigate({ to: '/watch/$videoId', params: { videoId: next }, search: { list: listId } as never })
    document.addEventListener('vitascope-ended', goOn, true)
    return () => document.removeEventListener('vitascope-ended', goOn, true)
  }, [next, listId, navigate])
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
