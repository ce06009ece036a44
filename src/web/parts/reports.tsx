/** The queue of reports for staff: what was reported and why, what is said about it, and what is decided. */
import { infiniteQueryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Report } from '../../contract/moderation.ts'
import { call } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { ago } from '../ui/format.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { AskForm } from './ask-form.tsx'
import { PersonLink, useStaffAct } from './staff.tsx'
import { More } from './video-grid.tsx'

const reportsQuery = (state: Report['state']) =>
  infiniteQueryOptions({
    queryKey: ['staff', 'reports', state],
    queryFn: ({ pageParam }) =>
      call('listReports', { query: { state, ...(pageParam === '' ? {} : { after: pageParam }) } }),
    initialPageParam: '',
    getNextPageParam: (page: { next?: string | undefined }) => page.next,
  })

export function Reports({ handled, admin }: { handled: boolean; admin: boolean }) {
  const [state, setState] = useState<Report['state']>(handled ? 'accepted' : 'open')
  const listing = useInfiniteQuery(reportsQuery(state))
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <section className="stack" aria-labelledby="reports">
      <h2 id="reports" className="out-of-sight">
        {say('staff.reports')}
      </h2>
      {handled ? (
        <SelectField
          label={say('staff.decision')}
          value={state}
          options={(['accepted', 'rejected'] as const).map((it) => [it, say(`staff.decided.${it}`)] as const)}
          onChoose={setState}
        />
      ) : null}
      <Trouble thrown={listing.error} />
      {listing.isSuccess && items.length === 0 ? (
        <Empty title={say('staff.no_reports')} hint={say('staff.no_reports_hint')} />
      ) : null}
      {items.map((it) => (
        <OneReport key={it.id} it={it} admin={admin} />
      ))}
      <More listing={listing} />
    </section>
  )
}

function OneReport({ it, admin }: { it: Report; admin: boolean }) {
  const [open, setOpen] = useState(false)
  return (
    <article className="panel stack">
      <p className="row small">
        <span className="badge" data-kind="warn">
          {say(`report.reason.${it.reason}`)}
        </span>
        <span className="badge">{say(`report.kind.${it.kind}`)}</span>
        {it.state === 'open' ? null : <span className="badge">{say(`staff.decided.${it.state}`)}</span>}
        <time className="soft" dateTime={it.created}>
          {ago(it.created)}
        </time>
      </p>
      <h3 dir="auto">
        <ReportLink it={it} />
      </h3>
      <p className="soft small">
        {it.reporter ? (
          <>
            {say('staff.reported_by')} <PersonLink person={it.reporter} admin={admin} />
          </>
        ) : null}
        {it.owner ? (
          <>
            {' · '}
            {say('staff.belongs_to')} <PersonLink person={it.owner} admin={admin} />
          </>
        ) : null}
      </p>
      {it.words ? (
        <blockquote className="report-words" dir="auto">
          {it.words}
        </blockquote>
      ) : null}
      {it.state === 'open' ? <Decision it={it} /> : null}
      <div>
        <Button size="small" kind="quiet" icon="speech" aria-expanded={open} onClick={() => setOpen(!open)}>
          {say('staff.talk')}
        </Button>
      </div>
      {open ? <Talk reportId={it.id} staff /> : null}
    </article>
  )
}

function ReportLink({ it }: { it: Report }) {
  const { videoId } = it
  if (videoId === undefined) return it.title
  const search = (it.kind === 'comment' ? { comment: it.subjectId } : {}) as never
  return (
    <Link to="/watch/$videoId" params={{ videoId }} search={search}>
      {it.title}
    </Link>
  )
}

/** A deed needs the reason its owner reads; accepting or rejecting without one is for what has been dealt with otherwise. */
function Decision({ it }: { it: Report }) {
  const act = useStaffAct()
  const [reason, setReason] = useState('')
  const { owner, videoId } = it
  const settle = (state: 'accepted' | 'rejected') =>
    call('handleReport', { params: { reportId: it.id }, body: { state } })
  const after = (deed: () => Promise<unknown>) =>
    act.mutate(async () => {
      await deed()
      await settle('accepted')
    })
  const unsaid = reason.trim().length < 3 || act.isPending
  return (
    <>
      <Trouble thrown={act.error} />
      <TextField
        label={say('staff.reason')}
        value={reason}
        maxLength={1000}
        onChange={(event) => setReason(event.target.value)}
      />
      <div className="row">
        {it.kind === 'video' && videoId ? (
          <Button
            kind="danger"
            size="small"
            disabled={unsaid}
            onClick={() => after(() => call('hideVideo', { params: { videoId }, body: { reason } }))}
          >
            {say('staff.hide_video')}
          </Button>
        ) : null}
        {it.kind === 'comment' && videoId ? (
          <Button
            kind="danger"
            size="small"
            disabled={unsaid}
            onClick={() =>
              after(() => call('hideComment', { params: { videoId, commentId: it.subjectId }, body: { reason } }))
            }
          >
            {say('settings.remove')}
          </Button>
        ) : null}
        {owner ? (
          <Button
            kind="danger"
            size="small"
            disabled={unsaid}
            onClick={() => after(() => call('suspendAccount', { params: { accountId: owner.id }, body: { reason } }))}
          >
            {say('staff.suspend')}
          </Button>
        ) : null}
        <Button size="small" disabled={act.isPending} onClick={() => act.mutate(() => settle('accepted'))}>
          {say('staff.accept')}
        </Button>
        <Button size="small" disabled={act.isPending} onClick={() => act.mutate(() => settle('rejected'))}>
          {say('staff.reject')}
        </Button>
      </div>
    </>
  )
}

/** What was said between staff and whoever reported; with notes that only staff sees, and is offered to write. */
export function Talk({ reportId, staff = false }: { reportId: string; staff?: boolean }) {
  const queryKey = ['staff', 'report', reportId]
  const asked = useQuery({ queryKey, queryFn: () => call('getReport', { params: { reportId } }) })
  return (
    <div className="stack">
      <Trouble thrown={asked.error} />
      <ul className="rows">
        {(asked.data?.said ?? []).map((it) => (
          <li key={it.id} className="report-said" data-internal={it.internal || undefined}>
            <p dir="auto">{it.words}</p>
            <p className="soft small">
              {it.internal ? say('staff.note') : it.byStaff ? say('staff.staff') : say('staff.reporter')} ·{' '}
              {ago(it.created)}
            </p>
          </li>
        ))}
      </ul>
      <AskForm
        fields={[{ name: 'words', label: say('staff.message'), maxLength: 2000 }]}
        button={say('staff.send')}
        renews={[queryKey]}
        onSend={(given) =>
          call('writeToReport', {
            params: { reportId },
            body: { words: given.words ?? '', internal: given.internal === 'on' },
          })
        }
      >
        {staff ? (
          <label className="tick">
            <input type="checkbox" name="internal" defaultChecked />
            {say('staff.only_staff')}
          </label>
        ) : null}
      </AskForm>
    </div>
  )
}
