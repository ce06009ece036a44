/** Administration: how the platform fares, its settings, accounts, jobs, announcements, and the book of its staff. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Me } from '../../contract/accounts.ts'
import type { AccountRow } from '../../contract/administration.ts'
import type { SiteSettings } from '../../contract/site.ts'
import { call } from '../api.ts'
import {
  accountsQuery,
  actsQuery,
  announcementsQuery,
  healthQuery,
  jobsQuery,
  siteSettingsQuery,
} from '../parts/account-queries.ts'
import { AskForm } from '../parts/ask-form.tsx'
import { MembersOnly } from '../parts/members-only.tsx'
import { Button } from '../ui/button.tsx'
import { AreaField, SelectField, TextField } from '../ui/field.tsx'
import { ago, fileSize } from '../ui/format.ts'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { NotFoundPage } from './not-found.tsx'

export function AdministrationPage() {
  usePageTitle(say('staff.administration'))
  return <MembersOnly>{(me) => <ForAdmins me={me} />}</MembersOnly>
}

function ForAdmins({ me }: { me: Me }) {
  if (me.role !== 'admin') return <NotFoundPage />
  return (
    <div className="page-middle stack">
      <h1 tabIndex={-1}>{say('staff.administration')}</h1>
      <Health />
      <Site />
      <Accounts />
      <Jobs />
      <Announcements />
      <Book />
    </div>
  )
}

function useAct() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (what: () => Promise<unknown>) => what(),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['staff'] }),
  })
}

function Health() {
  const asked = useQuery(healthQuery)
  if (!asked.data) return <Trouble thrown={asked.error} />
  const { health, space } = asked.data
  const sizes: [string, number | undefined][] = [
    [say('staff.space_free'), space.freeBytes],
    [say('staff.space_sources'), space.sourceBytes],
    [say('staff.space_renditions'), space.renditionBytes],
    [say('staff.space_database'), space.databaseBytes],
  ]
  return (
    <section className="panel stack" aria-labelledby="health">
      <h2 id="health">{say('staff.health')}</h2>
      {health.warnings.length === 0 ? <p>{say('staff.all_well')}</p> : null}
      {health.warnings.map((warning) => (
        <p key={warning} className="notice" data-kind="warn">
          {say(`staff.warning.${warning}`)}
        </p>
      ))}
      <dl className="about-small">
        {sizes.map(([name, bytes]) =>
          bytes === undefined ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{fileSize(bytes)}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  )
}

function Site() {
  const asked = useQuery(siteSettingsQuery)
  return (
    <section className="panel stack" aria-labelledby="site">
      <h2 id="site">{say('staff.site')}</h2>
      <Trouble thrown={asked.error} />
      {asked.data ? <SiteForm kept={asked.data} /> : null}
    </section>
  )
}

function SiteForm({ kept }: { kept: SiteSettings }) {
  const act = useAct()
  const [signUp, setSignUp] = useState(kept.signUp)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const words = (name: string) => String(given.get(name) ?? '')
    const body = {
      name: words('name'),
      about: words('about'),
      terms: words('terms'),
      signUp,
      review: given.get('review') === 'on',
      verifiedOnly: given.get('verifiedOnly') === 'on',
    }
    act.mutate(() => call('setSiteSettings', { body }))
  }
  return (
    <form className="stack" onSubmit={submit}>
      <Trouble thrown={act.error} />
      {act.isSuccess ? <p role="status">{say('app.saved')}</p> : null}
      <TextField name="name" label={say('staff.site_name')} defaultValue={kept.name} maxLength={60} required />
      <AreaField name="about" label={say('staff.site_about')} defaultValue={kept.about} />
      <AreaField name="terms" label={say('staff.site_terms')} defaultValue={kept.terms} />
      <SelectField
        label={say('staff.sign_up_policy')}
        value={signUp}
        options={(['open', 'approval', 'closed'] as const).map((it) => [it, say(`staff.sign_up.${it}`)] as const)}
        onChoose={setSignUp}
      />
      <label className="tick">
        <input type="checkbox" name="review" defaultChecked={kept.review} />
        {say('staff.review_first')}
      </label>
      <label className="tick">
        <input type="checkbox" name="verifiedOnly" defaultChecked={kept.verifiedOnly} />
        {say('staff.verified_only')}
      </label>
      <div>
        <Button type="submit" kind="main" disabled={act.isPending}>
          {say('app.save')}
        </Button>
      </div>
    </form>
  )
}

function Accounts() {
  const [find, setFind] = useState('')
  const listing = useQuery(accountsQuery(find))
  return (
    <section className="panel stack" aria-labelledby="accounts">
      <h2 id="accounts">{say('staff.accounts')}</h2>
      <TextField
        label={say('staff.find')}
        type="search"
        maxLength={100}
        value={find}
        onChange={(event) => setFind(event.target.value)}
      />
      <Trouble thrown={listing.error} />
      <ul className="rows">
        {(listing.data?.items ?? []).map((it) => (
          <li key={it.id} className="row spread">
            <OneAccount it={it} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function OneAccount({ it }: { it: AccountRow }) {
  const act = useAct()
  const params = { accountId: it.id }
  return (
    <>
      <span className="stack">
        <span dir="auto">
          <strong>{it.name}</strong> {it.email}
          {it.state === 'suspended' ? <span className="badge">{say('staff.suspended')}</span> : null}
        </span>
        <span className="soft small">
          {say('staff.used', { used: fileSize(it.usedBytes), quota: fileSize(it.quotaBytes) })}
        </span>
        <Trouble thrown={act.error} />
      </span>
      <span className="row">
        <SelectField
          label={say('staff.role')}
          value={it.role}
          options={(['member', 'moderator', 'admin'] as const).map(
            (role) => [role, say(`staff.role.${role}`)] as const,
          )}
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
      </span>
    </>
  )
}

const JOB_STATES = ['parked', 'waiting', 'running'] as const

function Jobs() {
  const act = useAct()
  const [state, setState] = useState<(typeof JOB_STATES)[number]>('parked')
  const listing = useQuery(jobsQuery(state))
  return (
    <section className="panel stack" aria-labelledby="jobs">
      <h2 id="jobs">{say('staff.jobs')}</h2>
      <SelectField
        label={say('staff.jobs')}
        value={state}
        options={JOB_STATES.map((it) => [it, say(`staff.jobs.${it}`)] as const)}
        onChoose={setState}
      />
      <Trouble thrown={listing.error ?? act.error} />
      {listing.data?.items.length === 0 ? <p className="soft">{say('staff.no_jobs')}</p> : null}
      <ul className="rows">
        {(listing.data?.items ?? []).map((it) => (
          <li key={it.id} className="row spread">
            <span className="stack">
              <span>
                <strong>{it.name}</strong> {it.key}
              </span>
              <span className="soft small">
                {say('staff.attempts', { count: it.attempts })} · {ago(it.created)}
              </span>
              {it.reason ? <span className="small">{it.reason.split('\n')[0]}</span> : null}
            </span>
            <span className="row">
              {state === 'parked' ? (
                <Button
                  size="small"
                  disabled={act.isPending}
                  onClick={() =>
                    act.mutate(() => call('changeJob', { params: { jobId: it.id }, body: { retry: true } }))
                  }
                >
                  {say('staff.retry_job')}
                </Button>
              ) : null}
              <Button
                size="small"
                kind="danger"
                disabled={act.isPending}
                onClick={() => act.mutate(() => call('cancelJob', { params: { jobId: it.id } }))}
              >
                {say('staff.cancel_job')}
              </Button>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Announcements() {
  const act = useAct()
  const listing = useQuery(announcementsQuery)
  return (
    <section className="panel stack" aria-labelledby="announcements">
      <h2 id="announcements">{say('staff.announcements')}</h2>
      <Trouble thrown={listing.error ?? act.error} />
      <ul className="rows">
        {(listing.data?.items ?? []).map((it) => (
          <li key={it.id} className="row spread">
            <span dir="auto">{it.words}</span>
            <Button
              size="small"
              disabled={act.isPending}
              onClick={() => act.mutate(() => call('withdrawAnnouncement', { params: { announcementId: it.id } }))}
            >
              {say('settings.remove')}
            </Button>
          </li>
        ))}
      </ul>
      <AskForm
        fields={[{ name: 'words', label: say('staff.announcement'), maxLength: 500 }]}
        button={say('staff.announce')}
        renews={[['staff', 'announcements'], ['site']]}
        onSend={(given) => call('announce', { body: { words: given.words ?? '' } })}
      />
    </section>
  )
}

function Book() {
  const listing = useQuery(actsQuery)
  return (
    <section className="panel stack" aria-labelledby="book">
      <h2 id="book">{say('staff.book')}</h2>
      <Trouble thrown={listing.error} />
      <ul className="rows">
        {(listing.data?.items ?? []).map((it) => (
          <li key={it.id} className="row spread">
            <span>
              <strong dir="auto">{it.by.name}</strong> {it.act}{' '}
              <span className="soft small">
                {it.subject.kind} {it.subject.id}
              </span>
            </span>
            <time className="soft small" dateTime={it.at}>
              {ago(it.at)}
            </time>
          </li>
        ))}
      </ul>
    </section>
  )
}
