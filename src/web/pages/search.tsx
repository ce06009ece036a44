/** Search: the results of a query, what they may be narrowed to, and what was meant when it was mistyped. */
import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { SearchResults } from '../../contract/search.ts'
import { call, useMe } from '../api.ts'
import { Face } from '../parts/face.tsx'
import { isNarrowed, type SearchAddress } from '../parts/search-address.ts'
import { SearchBox } from '../parts/search-box.tsx'
import { SearchFilters } from '../parts/search-filters.tsx'
import { ResultBones, SearchResult } from '../parts/search-result.tsx'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Mark } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

const place = getRouteApi('/shell/search')

export function SearchPage() {
  const address: SearchAddress = place.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const q = address.q ?? ''
  usePageTitle(q === '' ? say('search.title') : say('search.page', { q }))
  const listing = useInfiniteQuery({
    queryKey: ['search', address],
    queryFn: ({ pageParam }): Promise<SearchResults> =>
      call('search', {
        query: { ...address, q, facets: pageParam === '', ...(pageParam === '' ? {} : { after: pageParam }) } as {
          q: string
        },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    staleTime: 15_000,
  })
  const first = listing.data?.pages[0]
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  const change = (next: SearchAddress) => void navigate({ to: '/search', search: next, replace: true })
  const choose = (videoId: string, index: number) => {
    if (q !== '') void call('clickResult', { body: { q, videoId, place: Math.min(index, 1000) } }).catch(() => {})
  }
  return (
    <div className="page-search">
      <h1 className={q === '' ? undefined : 'out-of-sight'} tabIndex={-1}>
        {q === '' ? say('search.title') : say('search.page', { q })}
      </h1>
      <div className="search-narrow">
        <SearchBox autoFocus={q === ''} />
      </div>
      <SearchFilters address={address} facets={first?.facets} onChange={change} />
      {first ? <Summary address={address} found={first} /> : null}
      {me && first && (q !== '' || isNarrowed(address)) ? (
        <Save key={JSON.stringify(address)} address={address} />
      ) : null}
      {first && first.channels.length > 0 ? <Channels channels={first.channels} /> : null}
      {first && first.playlists.length > 0 ? <Playlists playlists={first.playlists} /> : null}
      <Trouble thrown={listing.error} />
      {listing.isError ? <Button onClick={() => listing.refetch()}>{say('app.retry')}</Button> : null}
      {listing.isPending ? (
        <div className="results" role="status" aria-label={say('app.loading')}>
          {[...'12345'].map((bone) => (
            <ResultBones key={bone} />
          ))}
        </div>
      ) : null}
      {first && items.length === 0 && first.channels.length + first.playlists.length === 0 ? (
        <NothingFound address={address} onClear={() => change(q === '' ? {} : { q })} />
      ) : null}
      <h2 className="out-of-sight">{say('channel.videos')}</h2>
      <ol className="results">
        {items.map((found, index) => (
          <li key={found.video.id}>
            <SearchResult found={found} eager={index < 4} onChoose={() => choose(found.video.id, index)} />
          </li>
        ))}
      </ol>
      {listing.hasNextPage ? (
        <div className="more">
          <Button onClick={() => listing.fetchNextPage()} disabled={listing.isFetchingNextPage}>
            {listing.isFetchingNextPage ? say('app.loading_more') : say('app.more')}
          </Button>
        </div>
      ) : null}
    </div>
  )
}

/** How many there are, what was taken for what, and what was left out. */
function Summary({ address, found }: { address: SearchAddress; found: SearchResults }) {
  return (
    <div className="search-summary" role="status">
      {found.didYouMean ? (
        <p>
          {say('search.showing')}{' '}
          <Link to="/search" search={{ ...address, q: found.didYouMean }}>
            <strong dir="auto">{found.didYouMean}</strong>
          </Link>
        </p>
      ) : null}
      {found.unknown.length > 0 && found.items.length > 0 ? (
        <p className="soft small">{say('search.unknown', { words: found.unknown.join(', ') })}</p>
      ) : null}
      {found.items.length > 0 ? (
        <p className="soft small">
          {say('search.count', { count: found.total })}
          {address.tag ? ` · #${address.tag}` : null}
        </p>
      ) : null}
    </div>
  )
}

function Channels({ channels }: { channels: SearchResults['channels'] }) {
  return (
    <ul className="search-channels" aria-label={say('search.channels')}>
      {channels.map((channel) => (
        <li key={channel.id}>
          <Link to="/@{$handle}" params={{ handle: channel.handle }}>
            <Face name={channel.name} id={channel.id} size={48} />
            <span>
              <strong dir="auto">{channel.name}</strong>
              <span className="soft small">
                <bdi>@{channel.handle}</bdi> · {say('channel.video_count', { count: channel.videoCount })}
              </span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

function Playlists({ playlists }: { playlists: SearchResults['playlists'] }) {
  return (
    <ul className="search-channels" data-look="playlists" aria-label={say('playlist.title')}>
      {playlists.map((list) => (
        <li key={list.id}>
          <Link to="/playlist/$playlistId" params={{ playlistId: list.id }}>
            {list.thumbnail ? (
              <img src={list.thumbnail} alt="" width={96} height={54} loading="lazy" decoding="async" />
            ) : (
              <Mark size={32} />
            )}
            <span>
              <strong dir="auto">{list.title}</strong>
              <span className="soft small">
                {say('search.playlist')} · {list.by.name} · {say('channel.video_count', { count: list.videoCount })}
              </span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

function NothingFound({ address, onClear }: { address: SearchAddress; onClear: () => void }) {
  const narrowed = isNarrowed(address)
  return (
    <Empty
      title={address.q ? say('search.nothing', { q: address.q }) : say('search.nothing_here')}
      hint={narrowed ? say('search.nothing_narrowed') : say('search.nothing_hint')}
    >
      {narrowed ? (
        <Button kind="main" onClick={onClear}>
          {say('search.clear')}
        </Button>
      ) : (
        <Link to="/browse" className="button">
          {say('browse.title')}
        </Link>
      )}
    </Empty>
  )
}

function Save({ address }: { address: SearchAddress }) {
  const { q = '', sort, captions, ...filters } = address
  const saving = useMutation({
    mutationFn: () =>
      call('saveSearch', {
        body: {
          name: (q || Object.values(filters).join(', ')).slice(0, 80),
          q,
          filters: { ...filters, ...(captions ? { captions: true } : {}) } as object,
          ...(sort ? { sort: sort as 'newest' } : {}),
        },
      }),
    onSuccess: () => announce(say('search.saved')),
  })
  return (
    <div className="row">
      <Button
        size="small"
        icon={saving.isSuccess ? 'check' : undefined}
        onClick={() => saving.mutate()}
        disabled={saving.isPending || saving.isSuccess}
      >
        {saving.isSuccess ? say('search.saved') : say('search.save')}
      </Button>
      <Trouble thrown={saving.error} />
    </div>
  )
}
