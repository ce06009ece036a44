/** Muting and blocking: from the menu of a channel or comment, and the list in the settings where it is taken back. */
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { call, useMe } from '../api.ts'
import { useAct } from '../ui/act.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { ago } from '../ui/format.ts'
import type { Action } from '../ui/popup.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { Face } from './face.tsx'

const blocksQuery = queryOptions({
  queryKey: ['blocks'],
  queryFn: () => call('listBlocks'),
  staleTime: 60_000,
})

const DEEDS = { mute: 'eye_off', block: 'lock' } as const

/** What a menu offers against whoever speaks through a channel, and what is said once it is done. */
export function useBlockActions(handle: string): { actions: Action[]; said: ReactNode } {
  const me = useMe()
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (kind: 'mute' | 'block' | 'neither') =>
      kind === 'neither'
        ? call('removeBlock', { params: { handle } })
        : call('setBlock', { params: { handle }, body: { kind } }),
    onSuccess: async (_, kind) => {
      announce(say(`block.done.${kind}`))
      await Promise.all(
        ['blocks', 'comments', 'replies', 'home', 'next'].map((key) => queries.invalidateQueries({ queryKey: [key] })),
      )
    },
  })
  if (!me || me.channel.handle === handle) return { actions: [], said: null }
  const actions = (['mute', 'block'] as const).map((kind) => ({
    icon: DEEDS[kind],
    words: say(`block.${kind}`),
    onChoose: () => change.mutate(kind),
  }))
  const done = change.isSuccess && change.variables !== 'neither' ? change.variables : undefined
  return {
    actions,
    said: (
      <>
        <Trouble thrown={change.error} />
        {done ? (
          <div className="row small">
            <span>{say(`block.done.${done}`)}</span>
            <Button size="small" kind="quiet" onClick={() => change.mutate('neither')}>
              {say('home.take_back')}
            </Button>
          </div>
        ) : null}
      </>
    ),
  }
}

/** Everybody the account has muted or blocked. */
export function Blocks() {
  const listing = useQuery(blocksQuery)
  const act = useAct(blocksQuery.queryKey, ['comments'])
  const items = listing.data?.items ?? []
  return (
    <section className="panel stack" aria-labelledby="blocks">
      <h2 id="blocks">{say('block.title')}</h2>
      <p className="soft">{say('block.hint')}</p>
      <Trouble thrown={listing.error ?? act.error} />
      {listing.isSuccess && items.length === 0 ? <p>{say('block.nobody')}</p> : null}
      <ul className="rows lined">
        {items.map(({ channel, kind, created }) => (
          <li key={channel.id} className="row spread">
            <Link to="/@{$handle}" params={{ handle: channel.handle }} className="details-channel">
              <Face {...channel} size={40} />
              <span className="details-names">
                <strong dir="auto">{channel.name}</strong>
                <span className="soft small">
                  {say(`block.is.${kind}`)} · {ago(created)}
                </span>
              </span>
            </Link>
            <Button
              size="small"
              disabled={act.isPending}
              aria-label={`${say('home.take_back')}: ${channel.name}`}
              onClick={() => act.mutate(() => call('removeBlock', { params: { handle: channel.handle } }))}
            >
              {say('home.take_back')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
