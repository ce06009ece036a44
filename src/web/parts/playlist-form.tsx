/** What a playlist is called, what it says of itself and who may see it, to be changed in a dialog on its page. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Playlist } from '../../contract/playlists.ts'
import { call } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { AreaField, SelectField, TextField } from '../ui/field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { playlistQuery } from './people-queries.ts'
import { refreshPlaylists } from './playlists.tsx'

const PRIVACIES = ['public', 'unlisted', 'private'] as const

export function PlaylistDialog({ list, onClose }: { list: Playlist; onClose: () => void }) {
  const queries = useQueryClient()
  const [title, setTitle] = useState(list.title)
  const [description, setDescription] = useState(list.description)
  const [privacy, setPrivacy] = useState(list.privacy)
  const save = useMutation({
    mutationFn: () => call('editPlaylist', { params: { playlistId: list.id }, body: { title, description, privacy } }),
    onSuccess: async (saved) => {
      queries.setQueryData(playlistQuery(list.id).queryKey, saved)
      announce(say('app.saved'))
      onClose()
      await refreshPlaylists(queries)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <Dialog title={say('playlist.edit')} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <TextField
          name="title"
          label={say('video.title')}
          value={title}
          maxLength={150}
          required
          onChange={(event) => setTitle(event.target.value)}
        />
        <AreaField
          label={say('video.description')}
          value={description}
          maxLength={5000}
          rows={4}
          onChange={(event) => setDescription(event.target.value)}
        />
        <SelectField
          label={say('video.privacy')}
          value={privacy}
          options={PRIVACIES.map((it) => [it, say(`video.privacy.${it}`)] as const)}
          onChoose={setPrivacy}
        />
        <Trouble thrown={save.error} />
        <div className="ends">
          <Button onClick={onClose}>{say('app.cancel')}</Button>
          <Button type="submit" kind="main" disabled={save.isPending || title.trim() === ''}>
            {say('app.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
