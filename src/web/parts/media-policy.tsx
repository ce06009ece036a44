/** When the qualities of a channel's videos are made: for its team to read, for administrators to decide. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { ChannelPolicy } from '../../contract/renditions.ts'
import { call, useMe } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say, speaking } from '../words/say.ts'
import { policyQuery } from './studio-queries.ts'

/** Short sides to choose from; 0 is the smallest quality alone, which is always made, and nothing is larger than the last. */
const SIDES = [0, 480, 720, 1080, 2160] as const
const LARGEST = 2160
const MINUTES = ['completeAfterMinutes', 'secondCodecsAfterMinutes'] as const

export function MediaPolicy({ handle }: { handle: string }) {
  const me = useMe()
  const asked = useQuery(policyQuery(handle))
  return (
    <section className="panel stack" aria-labelledby="media-policy">
      <h2 id="media-policy">{say('policy.title')}</h2>
      <p className="soft">{say('policy.hint')}</p>
      <Trouble thrown={asked.error} />
      {asked.isPending ? <span className="bone" role="status" aria-label={say('app.loading')} /> : null}
      {asked.data && me?.role === 'admin' ? <PolicyForm handle={handle} kept={asked.data} /> : null}
      {asked.data && me?.role !== 'admin' ? <Policy {...asked.data} /> : null}
    </section>
  )
}

function Policy({ own, site }: ChannelPolicy) {
  const holds = { ...site, ...own }
  return (
    <>
      <dl className="figure-tiles">
        <div className="figure-tile">
          <dt className="soft small">{say('policy.at_once')}</dt>
          <dd>{saySide(holds.eagerShortSide)}</dd>
        </div>
        {MINUTES.map((name) => (
          <div key={name} className="figure-tile">
            <dt className="soft small">{say(`policy.${name}`)}</dt>
            <dd>{holds[name].toLocaleString(speaking())}</dd>
          </div>
        ))}
      </dl>
      <p className="soft small">{say('policy.who')}</p>
    </>
  )
}

function PolicyForm({ handle, kept }: { handle: string; kept: ChannelPolicy }) {
  const queries = useQueryClient()
  const [side, setSide] = useState(String(kept.own.eagerShortSide ?? ''))
  const save = useMutation({
    mutationFn: (body: ChannelPolicy['own']) => call('setChannelPolicy', { params: { handle }, body }),
    onSuccess: (saved) => {
      queries.setQueryData(policyQuery(handle).queryKey, saved)
      announce(say('app.saved'))
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const minutes = MINUTES.flatMap((name) => {
      const word = String(given.get(name) ?? '')
      return word === '' ? [] : [[name, Number(word)] as const]
    })
    save.mutate({ ...(side === '' ? {} : { eagerShortSide: Number(side) }), ...Object.fromEntries(minutes) })
  }
  // A side that was chosen elsewhere stays to be chosen.
  const sides = [...new Set([...SIDES, kept.own.eagerShortSide ?? 0])].sort((a, b) => a - b)
  return (
    <form className="stack" onSubmit={submit} onChange={() => save.reset()}>
      <SelectField
        label={say('policy.at_once')}
        hint={say('policy.at_once_hint')}
        value={side}
        options={[
          ['', say('policy.as_site', { what: saySide(kept.site.eagerShortSide) })],
          ...sides.map((it) => [String(it), saySide(it)] as const),
        ]}
        onChoose={setSide}
      />
      <div className="pair">
        {MINUTES.map((name) => (
          <TextField
            key={name}
            name={name}
            label={say(`policy.${name}`)}
            hint={say('policy.empty', { count: kept.site[name] })}
            type="number"
            inputMode="numeric"
            min={1}
            max={1_000_000_000}
            step={1}
            defaultValue={kept.own[name] ?? ''}
          />
        ))}
      </div>
      <p className="soft small">{say('policy.from_now')}</p>
      <Trouble thrown={save.error} />
      <div className="ends">
        {save.isSuccess ? (
          <span className="saved">
            <Icon name="check" />
            {say('app.saved')}
          </span>
        ) : null}
        <Button type="submit" kind="main" disabled={save.isPending}>
          {save.isPending ? say('app.saving') : say('app.save')}
        </Button>
      </div>
    </form>
  )
}

function saySide(side: number): string {
  if (side >= LARGEST) return say('policy.all')
  return side === 0 ? say('policy.smallest') : say('policy.up_to', { size: `${side}p` })
}
