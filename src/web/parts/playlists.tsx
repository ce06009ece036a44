/** Saving a video to playlists: the button and its dialog; and a playlist as a card. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { Playlist } from '../../contract/playlists.ts'
import { call, useMe } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { Icon, Mark } from '../ui/icon.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { toneOf } from './face.tsx'
import { myPlaylistsQuery, watchLaterQuery } from './people-queries.ts'
import { useSignIn } from './reactions.tsx'

export function SaveButton({ videoId }: { videoId: string }) {
  const me = useMe()
  const signIn = useSignIn()
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="small" icon="plus" onClick={() => (me ? setOpen(true) : signIn())}>
        {say('playlist.save')}
      </Button>
      {open ? <SaveDialog videoId={videoId} onClose={() => setOpen(false)} /> : null}
    </>
  )
}

function SaveDialog({ videoId, onClose }: { videoId: string; onClose: () => void }) {
  // Asked for first, so that the list is there to be listed.
  const later = useQuery(watchLaterQuery)
  const mine = useInfiniteQuery({ ...myPlaylistsQuery(videoId), enabled: later.isSuccess })
  const lists = mine.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Dialog title={say('playlist.save_title')} onClose={onClose}>
      <Trouble thrown={later.error ?? mine.error} />
      <ul className="stack">
        {lists.map((list) => (
          <SaveRow key={list.id} list={list} videoId={videoId} />
        ))}
      </ul>
      {mine.hasNextPage ? <Button onClick={() => mine.fetchNextPage()}>{say('app.more')}</Button> : null}
      <NewPlaylist videoId={videoId} />
      <div className="ends">
        <Button onClick={onClose}>{say('app.close')}</Button>
      </div>
    </Dialog>
  )
}

function SaveRow({ list, videoId }: { list: Playlist & { holds?: boolean | undefined }; videoId: string }) {
  const queries = useQueryClient()
  const params = { playlistId: list.id }
  const toggle = useMutation({
    mutationFn: (wanted: boolean) =>
      wanted
        ? call('addToPlaylist', { params, body: { videoId } })
        : call('removeFromPlaylist', { params: { ...params, videoId } }),
    onSuccess: async (_, wanted) => {
      announce(
        wanted ? say('playlist.saved', { title: titleOf(list) }) : say('playlist.taken_out', { title: titleOf(list) }),
      )
      await refreshPlaylists(queries)
    },
  })
  return (
    <li>
      <label className="row check">
        <input
          type="checkbox"
          checked={toggle.isPending ? toggle.variables : list.holds === true}
          onChange={(event) => toggle.mutate(event.target.checked)}
        />
        <span dir="auto">{titleOf(list)}</span>
        {list.privacy === 'private' ? <Icon name="lock" size={16} /> : null}
      </label>
      <Trouble thrown={toggle.error} />
    </li>
  )
}

/** Makes a playlist, with a video where there is one. */
export function NewPlaylist({ videoId }: { videoId?: string }) {
  const queries = useQueryClient()
  const [title, setTitle] = useState('')
  const make = useMutation({
    mutationFn: async () => {
      const made = await call('createPlaylist', { body: { title } })
      if (videoId) await call('addToPlaylist', { params: { playlistId: made.id }, body: { videoId } })
    },
    onSuccess: async () => {
      setTitle('')
      announce(say('app.saved'))
      await refreshPlaylists(queries)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (title.trim()) make.mutate()
  }
  return (
    <form className="stack" onSubmit={submit}>
      <TextField
        label={say('playlist.new')}
        value={title}
        maxLength={150}
        onChange={(event) => setTitle(event.target.value)}
      />
      <Trouble thrown={make.error} />
      <div>
        <Button type="submit" size="small" icon="plus" disabled={make.isPending || title.trim() === ''}>
          {say('playlist.create')}
        </Button>
      </div>
    </form>
  )
}

export async function refreshPlaylists(queries: ReturnType<typeof useQueryClient>): Promise<void> {
  await Promise.all(
    ['playlists', 'playlist', 'watch-later'].map((key) => queries.invalidateQueries({ queryKey: [key] })),
  )
}

/** The name as the reader calls it: what to watch later is ours and not a title somebody wrote. */
export function titleOf(list: Pick<Playlist, 'kind' | 'title'>): string {
  return list.kind === 'watch_later' ? say('playlist.watch_later') : list.title
}

export function PlaylistCard({ list }: { list: Playlist }) {
  return (
    <article className="tile">
      <span className="thumbnail" data-tone={toneOf(list.id)}>
        <Mark size={40} />
        {list.thumbnail ? (
          <img src={list.thumbnail} alt="" width={640} height={360} loading="lazy" decoding="async" />
        ) : null}
        <span className="thumbnail-corner" data-at="end">
          {say('channel.video_count', { count: list.itemCount })}
        </span>
      </span>
      <div className="tile-words">
        <h3 dir="auto">
          <Link to="/playlist/$playlistId" params={{ playlistId: list.id }} className="tile-title">
            {titleOf(list)}
          </Link>
        </h3>
        <p className="soft small">{say(`video.privacy.${list.privacy}`)}</p>
      </div>
    </article>
  )
}
