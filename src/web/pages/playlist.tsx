/** A playlist: its entries in their order, which its owner changes by dragging or with the keyboard. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Playlist } from '../../contract/playlists.ts'
import type { VideoCard } from '../../contract/videos.ts'
import { call, refused } from '../api.ts'
import { playlistItemsQuery, playlistQuery } from '../parts/people-queries.ts'
import { PlaylistDialog } from '../parts/playlist-form.tsx'
import { refreshPlaylists, titleOf } from '../parts/playlists.tsx'
import { Thumbnail, ViewsAndAge } from '../parts/video-card.tsx'
import { More } from '../parts/video-grid.tsx'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Empty } from '../ui/empty.tsx'
import { Icon } from '../ui/icon.tsx'
import { LongList } from '../ui/long-list.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { Missing } from './not-found.tsx'

const address = getRouteApi('/shell/playlist/$playlistId')

interface Entry {
  videoId: string
  video?: VideoCard | undefined
}

export function PlaylistPage() {
  const { playlistId } = address.useParams()
  const list = useQuery(playlistQuery(playlistId))
  const listing = useInfiniteQuery({ ...playlistItemsQuery(playlistId), enabled: list.isSuccess })
  usePageTitle(list.data && titleOf(list.data))
  if (refused(list.error, 'playlist_not_found', 'bad_request')) {
    return <Missing title={say('playlist.not_found')} hint={say('playlist.not_found_hint')} />
  }
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <div className="stack narrow">
      {list.data ? <PlaylistHead list={list.data} first={items.find((it) => it.video)?.videoId} /> : null}
      <Trouble thrown={list.error ?? listing.error} />
      {listing.isSuccess && items.length === 0 ? (
        <Empty title={say('playlist.empty')} hint={say('playlist.empty_hint')} />
      ) : null}
      {list.data ? <Entries list={list.data} items={items} /> : null}
      <More listing={listing} />
    </div>
  )
}

function PlaylistHead({ list, first }: { list: Playlist; first: string | undefined }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const params = { playlistId: list.id }
  const [editing, setEditing] = useState(false)
  const [removing, setRemoving] = useState(false)
  const remove = async () => {
    await call('removePlaylist', { params })
    await navigate({ to: '/library' })
    await refreshPlaylists(queries)
  }
  return (
    <div className="playlist-head stack">
      <h1 dir="auto" tabIndex={-1}>
        {titleOf(list)}
      </h1>
      <p className="soft">
        <Link to="/@{$handle}" params={{ handle: list.by.handle }}>
          {say('playlist.by', { name: list.by.name })}
        </Link>
        {' · '}
        {say('channel.video_count', { count: list.itemCount })}
        {' · '}
        {say(`video.privacy.${list.privacy}`)}
      </p>
      {list.description ? (
        <p dir="auto" className="playlist-words">
          {list.description}
        </p>
      ) : null}
      <div className="row">
        {first ? (
          <Link
            to="/watch/$videoId"
            params={{ videoId: first }}
            search={{ list: list.id } as never}
            className="button"
            data-kind="main"
          >
            <Icon name="play" />
            {say('playlist.play')}
          </Link>
        ) : null}
        {list.mine && list.kind === 'own' ? (
          <>
            <Button icon="pencil" onClick={() => setEditing(true)}>
              {say('playlist.edit')}
            </Button>
            <Button kind="danger" icon="bin" onClick={() => setRemoving(true)}>
              {say('playlist.delete')}
            </Button>
          </>
        ) : null}
      </div>
      {editing ? <PlaylistDialog list={list} onClose={() => setEditing(false)} /> : null}
      {removing ? (
        <Confirm
          title={say('playlist.delete')}
          button={say('playlist.delete')}
          onConfirm={remove}
          onClose={() => setRemoving(false)}
        >
          <p>{say('playlist.delete_sure')}</p>
        </Confirm>
      ) : null}
    </div>
  )
}

function Entries({ list, items }: { list: Playlist; items: Entry[] }) {
  const queries = useQueryClient()
  const [dragged, setDragged] = useState<string>()
  const params = { playlistId: list.id }
  const act = useMutation({
    mutationFn: (what: () => Promise<unknown>) => what(),
    onSettled: () => refreshPlaylists(queries),
  })
  /** Puts an entry at a place among those that are shown. */
  const move = (entry: Entry, to: number) => {
    const from = items.findIndex((it) => it.videoId === entry.videoId)
    if (from === to || to < 0 || to >= items.length) return
    const before = items[to > from ? to + 1 : to]?.videoId ?? null
    act.mutate(() => call('moveInPlaylist', { params: { ...params, videoId: entry.videoId }, body: { before } }))
    announce(say('playlist.moved', { title: entry.video?.title ?? '', place: to + 1 }))
  }
  return (
    <>
      <Trouble thrown={act.error} />
      <LongList
        ordered
        items={items}
        idOf={(entry) => entry.videoId}
        rowProps={(entry, index) => ({
          className: 'wide-row',
          draggable: list.mine,
          ...(dragged === entry.videoId ? { 'data-dragged': true } : {}),
          onDragStart: () => setDragged(entry.videoId),
          onDragEnd: () => setDragged(undefined),
          onDragOver: (event) => {
            if (dragged) event.preventDefault()
          },
          onDrop: () => {
            const moved = items.find((it) => it.videoId === dragged)
            if (moved) move(moved, index)
          },
        })}
        row={(entry, index) => (
          <>
            <EntryWords entry={entry} listId={list.id} />
            {list.mine ? (
              <div className="row">
                <Button
                  size="small"
                  kind="quiet"
                  shape="round"
                  icon="up"
                  disabled={index === 0 || act.isPending}
                  aria-label={say('playlist.up', { title: entry.video?.title ?? '' })}
                  onClick={() => move(entry, index - 1)}
                />
                <Button
                  size="small"
                  kind="quiet"
                  shape="round"
                  icon="down"
                  disabled={index === items.length - 1 || act.isPending}
                  aria-label={say('playlist.down', { title: entry.video?.title ?? '' })}
                  onClick={() => move(entry, index + 1)}
                />
                <Button
                  size="small"
                  kind="quiet"
                  shape="round"
                  icon="cross"
                  aria-label={say('playlist.take_out', { title: entry.video?.title ?? '' })}
                  onClick={() =>
                    act.mutate(() => call('removeFromPlaylist', { params: { ...params, videoId: entry.videoId } }))
                  }
                />
              </div>
            ) : null}
          </>
        )}
      />
    </>
  )
}

function EntryWords({ entry: { video }, listId }: { entry: Entry; listId: string }) {
  if (!video) return <p className="soft">{say('playlist.unavailable')}</p>
  const to = { to: '/watch/$videoId', params: { videoId: video.id }, search: { list: listId } as never } as const
  return (
    <>
      <Link {...to} className="wide-row-picture" tabIndex={-1} aria-hidden="true">
        <Thumbnail video={video} />
      </Link>
      <div className="stack">
        <h2 dir="auto">
          <Link {...to} className="tile-title">
            {video.title}
          </Link>
        </h2>
        <p className="soft small">
          <bdi>{video.channel.name}</bdi> · <ViewsAndAge video={video} />
        </p>
      </div>
    </>
  )
}
