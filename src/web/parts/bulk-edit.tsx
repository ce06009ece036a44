/** Changes of many videos at once: who may watch, category, comments, tags, a playlist, or deleting them. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { CATEGORIES, COMMENTS_POLICIES, LICENCES, PRIVACIES } from '../../contract/choices.ts'
import { call } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { ProgressBar } from '../ui/progress.tsx'
import { troubleText } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { myPlaylistsQuery } from './people-queries.ts'
import { titleOf } from './playlists.tsx'
import type { MyVideo } from './studio-row.tsx'
import { tagsOf } from './video-form.tsx'

interface BulkProps {
  picked: readonly MyVideo[]
  /** How many are on the page, for picking all of them. */
  count: number
  onAll: () => void
  onNone: () => void
}

/** Stands where it can be reached while one scrolls through the list. */
export function BulkBar({ picked, count, onAll, onNone }: BulkProps) {
  const [open, setOpen] = useState<'edit' | 'delete'>()
  const queries = useQueryClient()
  const done = async (said: string) => {
    announce(said)
    await Promise.all(
      [['mine'], ['video'], ['home'], ['channel'], ['playlists']].map((queryKey) =>
        queries.invalidateQueries({ queryKey }),
      ),
    )
  }
  if (picked.length === 0) return null
  return (
    <section className="bulk-bar" aria-label={say('bulk.title')}>
      <strong role="status">{say('bulk.picked', { count: picked.length })}</strong>
      {picked.length < count ? (
        <Button size="small" kind="quiet" onClick={onAll}>
          {say('bulk.all')}
        </Button>
      ) : null}
      <Button size="small" kind="quiet" onClick={onNone}>
        {say('bulk.none')}
      </Button>
      <Button size="small" kind="main" icon="pencil" onClick={() => setOpen('edit')}>
        {say('bulk.edit')}
      </Button>
      <Button size="small" kind="danger" icon="bin" onClick={() => setOpen('delete')}>
        {say('studio.delete')}
      </Button>
      {open === 'edit' ? <BulkDialog picked={picked} onDone={done} onClose={() => setOpen(undefined)} /> : null}
      {open === 'delete' ? (
        <Confirm
          title={say('bulk.delete_title', { count: picked.length })}
          button={say('studio.delete')}
          onClose={() => setOpen(undefined)}
          onConfirm={async () => {
            for (const { id } of picked) await call('removeVideo', { params: { videoId: id } })
            onNone()
            await done(say('bulk.deleted', { count: picked.length }))
          }}
        >
          <p>{say('bulk.delete_hint')}</p>
          <ul className="bulk-titles">
            {picked.map((video) => (
              <li key={video.id} dir="auto">
                {video.title}
              </li>
            ))}
          </ul>
        </Confirm>
      ) : null}
    </section>
  )
}

const SAME = ''

interface BulkDialogProps {
  picked: readonly MyVideo[]
  onDone: (said: string) => Promise<void>
  onClose: () => void
}

/** One video after the other; those that are refused are named, and the others are changed all the same. */
function BulkDialog({ picked, onDone, onClose }: BulkDialogProps) {
  const [wish, setWish] = useState<Wish>({
    privacy: SAME,
    category: SAME,
    licence: SAME,
    commentsPolicy: SAME,
    list: SAME,
  })
  const [tags, setTags] = useState('')
  const [at, setAt] = useState<number>()
  const [refusals, setRefusals] = useState<string[]>([])
  const lists = useInfiniteQuery(myPlaylistsQuery()).data?.pages.flatMap((page) => page.items) ?? []
  const more = tagsOf(tags)
  const nothing = more.length === 0 && Object.values(wish).every((it) => it === SAME)
  const set = (change: Partial<Wish>) => setWish((before) => ({ ...before, ...change }))
  const same = [SAME, say('bulk.same')] as const
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const failed: string[] = []
    for (const [index, video] of picked.entries()) {
      setAt(index)
      try {
        await changeOne(video, wish, more)
      } catch (thrown) {
        failed.push(`${video.title}: ${troubleText(thrown)}`)
      }
    }
    setAt(undefined)
    setRefusals(failed)
    await onDone(say('bulk.done', { count: picked.length - failed.length }))
    if (failed.length === 0) onClose()
  }
  return (
    <Dialog title={say('bulk.edit_title', { count: picked.length })} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <div className="pair">
          <SelectField
            label={say('video.privacy')}
            value={wish.privacy}
            options={[same, ...PRIVACIES.map((it) => [it, say(`video.privacy.${it}`)] as const)]}
            onChoose={(privacy) => set({ privacy })}
          />
          <SelectField
            label={say('video.category')}
            value={wish.category}
            options={[same, ...CATEGORIES.map((it) => [it, say(`video.category.${it}`)] as const)]}
            onChoose={(category) => set({ category })}
          />
          <SelectField
            label={say('video.comments_policy')}
            value={wish.commentsPolicy}
            options={[same, ...COMMENTS_POLICIES.map((it) => [it, say(`video.comments_policy.${it}`)] as const)]}
            onChoose={(commentsPolicy) => set({ commentsPolicy })}
          />
          <SelectField
            label={say('video.licence')}
            value={wish.licence}
            options={[same, ...LICENCES.map((it) => [it, say(`video.licence.${it}`)] as const)]}
            onChoose={(licence) => set({ licence })}
          />
          <SelectField
            label={say('bulk.playlist')}
            value={wish.list}
            options={[[SAME, say('bulk.no_playlist')], ...lists.map((it) => [it.id, titleOf(it)] as const)]}
            onChoose={(list) => set({ list })}
          />
          <TextField
            label={say('bulk.tags')}
            hint={say('video.tags_hint')}
            value={tags}
            onChange={(event) => setTags(event.target.value)}
          />
        </div>
        {at === undefined ? null : <ProgressBar part={at / picked.length} label={say('bulk.edit')} />}
        {refusals.length > 0 ? (
          <ul className="notice stack" data-kind="bad" role="alert">
            {refusals.map((refusal) => (
              <li key={refusal} dir="auto">
                {refusal}
              </li>
            ))}
          </ul>
        ) : null}
        <div className="ends">
          <Button onClick={onClose}>{say('app.cancel')}</Button>
          <Button type="submit" kind="main" disabled={nothing || at !== undefined}>
            {say('app.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface Wish {
  privacy: (typeof PRIVACIES)[number] | typeof SAME
  category: (typeof CATEGORIES)[number] | typeof SAME
  licence: (typeof LICENCES)[number] | typeof SAME
  commentsPolicy: (typeof COMMENTS_POLICIES)[number] | typeof SAME
  list: string
}

async function changeOne({ id }: MyVideo, { list, ...wish }: Wish, moreTags: string[]): Promise<void> {
  const params = { videoId: id }
  const words = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== SAME))
  // Tags are added to those there are, so these have to be known.
  const tags = moreTags.length === 0 ? undefined : [...(await call('getVideo', { params })).tags, ...moreTags]
  if (tags) Object.assign(words, { tags: [...new Set(tags)] })
  if (Object.keys(words).length > 0) await call('editVideo', { params, body: words })
  if (list !== SAME) await call('addToPlaylist', { params: { playlistId: list }, body: { videoId: id } })
}
