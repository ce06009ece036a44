/** Library: one's own playlists, and the videos one likes. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MembersOnly } from '../parts/members-only.tsx'
import { likedQuery, myPlaylistsQuery, watchLaterQuery } from '../parts/people-queries.ts'
import { NewPlaylist, PlaylistCard } from '../parts/playlists.tsx'
import { VideoGrid } from '../parts/video-grid.tsx'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

export function LibraryPage() {
  usePageTitle(say('library.title'))
  return <MembersOnly>{() => <Shelves />}</MembersOnly>
}

function Shelves() {
  const later = useQuery(watchLaterQuery)
  const playlists = useInfiniteQuery({ ...myPlaylistsQuery(), enabled: later.isSuccess })
  const liked = useInfiniteQuery(likedQuery)
  return (
    <div className="stack">
      <div className="page-head row spread">
        <h1 tabIndex={-1}>{say('library.title')}</h1>
        <Link to="/history" className="button" data-size="small">
          <Icon name="clock" />
          {say('app.history')}
        </Link>
      </div>
      <h2>{say('playlist.title')}</h2>
      <Trouble thrown={later.error ?? playlists.error} />
      <ul className="grid">
        {playlists.data?.pages
          .flatMap((page) => page.items)
          .map((list) => (
            <li key={list.id}>
              <PlaylistCard list={list} />
            </li>
          ))}
      </ul>
      {playlists.hasNextPage ? <Button onClick={() => playlists.fetchNextPage()}>{say('app.more')}</Button> : null}
      <details className="disclose">
        <summary>{say('playlist.new')}</summary>
        <NewPlaylist />
      </details>
      <h2>{say('library.liked')}</h2>
      <VideoGrid listing={liked} empty={<p className="soft">{say('library.liked_empty')}</p>} />
    </div>
  )
}
