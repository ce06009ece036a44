/** Accounts for administrators: found by name, address, state or role, and everything that may be done to one of them. */
import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useDeferredValue, useState } from 'react'
import type { AccountRow } from '../../contract/administration.ts'
import { call } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { day, fileSize } from '../ui/format.ts'
import { LongList } from '../ui/long-list.tsx'
import { Popup } from '../ui/popup.tsx'
import { ProgressBar } from '../ui/progress.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { ReasonDialog, useStaffAct } from './staff.tsx'
import { More } from './video-grid.tsx'

const STATES = ['active', 'waiting', 'suspended'] as const
const ROLES = ['member', 'moderator', 'admin'] as const
const GB = 1024 ** 3

interface Wanted {
  query?: string
  state?: (typeof STATES)[number]
  role?: (typeof ROLES)[number]
}

const accountsQuery = (wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: ['staff', 'accounts', wanted],
    queryFn: ({ pageParam }) =>
      call('listAccounts', { query: { ...wanted, ...(pageParam === '' ? {} : { after: pageParam }) } }),
    initialPageParam: '',
    getNextPageParam: (page: { next?: string | undefined }) => page.next,
  })

export function Accounts() {
  const [words, setWords] = useState(new URLSearchParams(location.search).get('find') ?? '')
  const [state, setState] = useState<(typeof STATES)[number] | ''>('')
  const [role, setRole] = useState<(typeof ROLES)[number] | ''>('')
  const query = useDeferredValue(words.trim())
  const listing = useInfiniteQuery({
    ...accountsQuery({ ...(query ? { query } : {}), ...(state ? { state } : {}), ...(role ? { role } : {}) }),
    placeholderData: (before) => before,
  })
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <section className="stack" aria-labelledby="accounts">
      <h2 id="accounts" className="out-of-sight">
        {say('staff.accounts')}
      </h2>
      <div className="pair">
        <TextField
          label={say('staff.find')}
          type="search"
          maxLength={100}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <SelectField
          label={say('staff.state')}
          value={state}
          options={[['', say('search.any')], ...STATES.map((it) => [it, say(`staff.state.${it}`)] as const)]}
          onChoose={setState}
        />
        <SelectField
          label={say('staff.role')}
          value={role}
          options={[['', say('search.any')], ...ROLES.map((it) => [it, say(`staff.role.${it}`)] as const)]}
          onChoose={setRole}
        />
      </div>
      <Trouble thrown={listing.error} />
      {listing.isSuccess && items.length === 0 ? <p className="soft">{say('staff.nobody_found')}</p> : null}
      <LongList items={items} idOf={(it) => it.id} className="rows lined" row={(it) => <OneAccount it={it} />} />
      <More listing={listing} />
    </section>
  )
}

type Deed = 'suspend' | 'quota' | 'sign_out' | 'factor' | 'delete'

function OneAccount({ it }: { it: AccountRow }) {
  const act = useStaffAct()
  const [deed, setDeed] = useState<Deed>()
  const params = { accountId: it.id }
  const close = () => setDeed(undefined)
  return (
    <div className="row spread account-row">
      <div className="stack">
        <p dir="auto">
          <strong>{it.name}</strong> <span className="soft">{it.email}</span>{' '}
          {it.state === 'active' ? null : (
            <span className="badge" data-kind={it.state === 'suspended' ? 'bad' : 'warn'}>
              {say(`staff.state.${it.state}`)}
            </span>
          )}
          {it.deleteAfter ? (
            <span className="badge">{say('settings.delete_on', { date: day(it.deleteAfter) })}</span>
          ) : null}
        </p>
        {it.stateReason ? (
          <p className="small" dir="auto">
            {it.stateReason}
          </p>
        ) : null}
        <p className="soft small">
          {it.handle ? (
            <>
              <Link to="/@{$handle}" params={{ handle: it.handle }}>
                <bdi>@{it.handle}</bdi>
              </Link>
              {' · '}
            </>
          ) : null}
          {say('channel.video_count', { count: it.videos })}
          {' · '}
          {say('channel.since', { date: day(it.created) })}
          {it.secondFactor ? ` · ${say('settings.factor')}` : ''}
          {it.emailVerified ? '' : ` · ${say('staff.unproved')}`}
        </p>
        <div className="account-space">
          <ProgressBar part={it.quotaBytes > 0 ? it.usedBytes / it.quotaBytes : 1} label={say('staff.space')} />
          <span className="soft small">
            {say('staff.used', { used: fileSize(it.usedBytes), quota: fileSize(it.quotaBytes) })}
          </span>
        </div>
        <Trouble thrown={act.error} />
      </div>
      <div className="row">
        <SelectField
          label={`${say('staff.role')}: ${it.name}`}
          quiet
          value={it.role}
          disabled={act.isPending}
          options={ROLES.map((role) => [role, say(`staff.role.${role}`)] as const)}
          onChoose={(role) => act.mutate(() => call('changeAccount', { params, body: { role } }))}
        />
        {it.state === 'suspended' ? (
          <Button
            size="small"
            disabled={act.isPending}
            onClick={() => act.mutate(() => call('reinstateAccount', { params }))}
          >
            {say('staff.reinstate')}
          </Button>
        ) : null}
        <Popup
          label={say('staff.more_of', { name: it.name })}
          actions={[
            { icon: 'chart', words: say('staff.set_quota'), onChoose: () => setDeed('quota') },
            { icon: 'lock', words: say('staff.sign_out'), onChoose: () => setDeed('sign_out') },
            it.secondFactor
              ? { icon: 'key', words: say('settings.factor_remove'), onChoose: () => setDeed('factor') }
              : undefined,
            it.state === 'suspended'
              ? undefined
              : { icon: 'pause', words: say('staff.suspend'), onChoose: () => setDeed('suspend') },
            { icon: 'bin', words: say('settings.delete'), onChoose: () => setDeed('delete') },
          ]}
        />
      </div>
      {deed === 'suspend' ? <Suspend it={it} onClose={close} /> : null}
      {deed === 'quota' ? <Quota it={it} onClose={close} /> : null}
      {deed === 'sign_out' ? (
        <Confirm
          title={say('staff.sign_out_title', { name: it.name })}
          button={say('staff.sign_out')}
          onClose={close}
          onConfirm={() => act.mutateAsync(() => call('signOutAccount', { params }))}
        >
          <p>{say('staff.sign_out_hint')}</p>
        </Confirm>
      ) : null}
      {deed === 'factor' ? (
        <Confirm
          title={say('staff.factor_title', { name: it.name })}
          button={say('settings.factor_remove')}
          onClose={close}
          onConfirm={() => act.mutateAsync(() => call('resetSecondFactor', { params }))}
        >
          <p>{say('staff.factor_hint')}</p>
        </Confirm>
      ) : null}
      {deed === 'delete' ? (
        <Confirm
          title={say('staff.delete_title', { name: it.name })}
          button={say('settings.delete')}
          onClose={close}
          onConfirm={() => act.mutateAsync(() => call('removeAccount', { params }))}
        >
          <p>{say('staff.delete_hint', { email: it.email })}</p>
        </Confirm>
      ) : null}
    </div>
  )
}

function Suspend({ it, onClose }: { it: AccountRow; onClose: () => void }) {
  const [hideVideos, setHideVideos] = useState(false)
  return (
    <ReasonDialog
      title={say('staff.suspend_title', { name: it.name })}
      button={say('staff.suspend')}
      onClose={onClose}
      onSend={(reason) => call('suspendAccount', { params: { accountId: it.id }, body: { reason, hideVideos } })}
    >
      <label className="tick">
        <input type="checkbox" checked={hideVideos} onChange={(event) => setHideVideos(event.target.checked)} />
        {say('staff.hide_videos')}
      </label>
    </ReasonDialog>
  )
}

function Quota({ it, onClose }: { it: AccountRow; onClose: () => void }) {
  const act = useStaffAct()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const quotaBytes = Math.round(Number(new FormData(event.currentTarget).get('quota')) * GB)
    act.mutate(() => call('changeAccount', { params: { accountId: it.id }, body: { quotaBytes } }), {
      onSuccess: onClose,
    })
  }
  return (
    <Dialog title={say('staff.quota_title', { name: it.name })} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <TextField
          name="quota"
          label={say('staff.quota')}
          hint={say('staff.used', { used: fileSize(it.usedBytes), quota: fileSize(it.quotaBytes) })}
          type="number"
          min={0}
          max={4_000_000}
          step="any"
          required
          defaultValue={Math.round((it.quotaBytes / GB) * 10) / 10}
        />
        <Trouble thrown={act.error} />
        <div className="ends">
          <Button onClick={onClose}>{say('app.cancel')}</Button>
          <Button type="submit" kind="main" disabled={act.isPending}>
            {say('app.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
