/** The words of a channel: name, handle, description, links, and the video at the head of its page. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { Channel } from '../../contract/channels.ts'
import { call, channelQuery, channelVideosQuery } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { AreaField, SelectField, TextField } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

const MOST_LINKS = 12
const HANDLE = '[a-z0-9][a-z0-9_\\-]{1,28}[a-z0-9]'

interface LinkRow {
  key: number
  title: string
  address: string
}

let keys = 0

interface Edits {
  name?: string
  handle?: string
  description?: string
  links?: LinkRow[]
  featured?: string
}

/** Sends only what was changed. The handle is the address others know, so only owners may change it. */
export function ChannelForm({ channel, mayRename }: { channel: Channel; mayRename: boolean }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [edits, setEdits] = useState<Edits>({})
  const [links] = useState<LinkRow[]>(() => channel.links.map((link) => ({ ...link, key: ++keys })))
  const shown = {
    name: channel.name,
    handle: channel.handle,
    description: channel.description,
    links,
    featured: channel.featured?.id ?? '',
    ...edits,
  }
  const videos = useInfiniteQuery(channelVideosQuery(channel.handle)).data?.pages.flatMap((page) => page.items) ?? []
  const offered = new Map([...(channel.featured ? [channel.featured] : []), ...videos].map((it) => [it.id, it.title]))
  const save = useMutation({
    mutationFn: () => call('editChannel', { params: { handle: channel.handle }, body: bodyOf(edits) }),
    onSuccess: async (saved) => {
      setEdits({})
      queries.setQueryData(channelQuery(saved.handle).queryKey, saved)
      announce(say('app.saved'))
      await Promise.all(['me', 'my-channels'].map((key) => queries.invalidateQueries({ queryKey: [key] })))
      if (saved.handle !== channel.handle)
        await navigate({ to: '/studio/channel/$handle', params: { handle: saved.handle }, replace: true })
    },
  })
  const set = (change: Edits) => {
    save.reset()
    setEdits((before) => ({ ...before, ...change }))
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  const changed = Object.keys(edits).length > 0
  return (
    <section className="panel" aria-labelledby="channel-words">
      <form className="stack" onSubmit={submit}>
        <h2 id="channel-words">{say('studio.details')}</h2>
        <div className="pair">
          <TextField
            label={say('account.name')}
            value={shown.name}
            maxLength={60}
            required
            onChange={(event) => set({ name: event.target.value })}
          />
          {mayRename ? (
            <TextField
              label={say('account.handle')}
              hint={say('channel.handle_hint')}
              value={shown.handle}
              dir="ltr"
              spellCheck={false}
              pattern={HANDLE}
              minLength={3}
              maxLength={30}
              required
              onChange={(event) => set({ handle: event.target.value.toLowerCase() })}
            />
          ) : null}
        </div>
        <AreaField
          label={say('video.description')}
          value={shown.description}
          maxLength={5000}
          rows={5}
          onChange={(event) => set({ description: event.target.value })}
        />
        <SelectField
          label={say('channel.featured')}
          hint={say('channel.featured_hint')}
          value={shown.featured}
          options={[['', say('channel.featured_none')], ...offered]}
          onChoose={(featured) => set({ featured })}
        />
        <Links rows={shown.links} onChange={(rows) => set({ links: rows })} />
        <Trouble thrown={save.error} />
        <div className="ends">
          {save.isSuccess && !changed ? (
            <span className="saved">
              <Icon name="check" />
              {say('app.saved')}
            </span>
          ) : null}
          <Button type="submit" kind="main" disabled={!changed || save.isPending}>
            {save.isPending ? say('app.saving') : say('app.save')}
          </Button>
        </div>
      </form>
    </section>
  )
}

function Links({ rows, onChange }: { rows: LinkRow[]; onChange: (rows: LinkRow[]) => void }) {
  const change = (key: number, words: Partial<LinkRow>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...words } : row)))
  return (
    <fieldset className="media-part">
      <legend>{say('channel.links')}</legend>
      {rows.map((row, at) => (
        <div key={row.key} className="link-row">
          <TextField
            label={say('channel.link_title', { number: at + 1 })}
            value={row.title}
            maxLength={40}
            required
            onChange={(event) => change(row.key, { title: event.target.value })}
          />
          <TextField
            label={say('channel.link_address', { number: at + 1 })}
            type="url"
            dir="ltr"
            value={row.address}
            maxLength={500}
            required
            onChange={(event) => change(row.key, { address: event.target.value })}
          />
          <Button
            kind="quiet"
            shape="round"
            icon="cross"
            aria-label={say('channel.link_remove', { number: at + 1 })}
            onClick={() => onChange(rows.filter((it) => it.key !== row.key))}
          />
        </div>
      ))}
      {rows.length < MOST_LINKS ? (
        <div>
          <Button
            size="small"
            icon="plus"
            onClick={() => onChange([...rows, { key: ++keys, title: '', address: 'https://' }])}
          >
            {say('channel.link_add')}
          </Button>
        </div>
      ) : null}
    </fieldset>
  )
}

function bodyOf({ links, featured, ...words }: Edits) {
  return {
    ...words,
    ...(links === undefined ? {} : { links: links.map(({ title, address }) => ({ title, address })) }),
    ...(featured === undefined ? {} : { featuredVideoId: featured === '' ? null : featured }),
  }
}
