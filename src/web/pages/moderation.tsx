/** Moderation: reports, videos and accounts that wait, watched words. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Me } from '../../contract/accounts.ts'
import type { Report } from '../../contract/moderation.ts'
import { call } from '../api.ts'
import { reportsQuery, reviewQuery, signUpsQuery, wordsQuery } from '../parts/account-queries.ts'
import { MembersOnly } from '../parts/members-only.tsx'
import { Button } from '../ui/button.tsx'
import { AreaField, TextField } from '../ui/field.tsx'
import { ago } from '../ui/format.ts'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { NotFoundPage } from './not-found.tsx'

export function ModerationPage() {
  usePageTitle(say('staff.moderation'))
  return <MembersOnly>{(me) => <ForStaff me={me} />}</MembersOnly>
}

function ForStaff({ me }: { me: Me }) {
  if (me.role === 'member') return <NotFoundPage />
  return (
    <div className="page-middle stack">
      <h1 tabIndex={-1}>{say('staff.moderation')}</h1>
      <Reports />
      <Review />
      <SignUps />
      <Words />
    </div>
  )
}

/** Does something and reads the lists anew. */
function useAct() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (what: () => Promise<unknown>) => what(),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['staff'] }),
  })
}

function Reports() {
  const listing = useQuery(reportsQuery)
  return (
    <section className="stack" aria-labelledby="reports">
      <h2 id="reports">{say('staff.reports')}</h2>
      <Trouble thrown={listing.error} />
      {listing.data?.items.length === 0 ? <p className="soft">{say('staff.no_reports')}</p> : null}
      {(listing.data?.items ?? []).map((it) => (
        <OneReport key={it.id} it={it} />
      ))}
    </section>
  )
}

function OneReport({ it }: { it: Report }) {
  const act = useAct()
  const [reason, setReason] = useState('')
  const settle = (state: 'accepted' | 'rejected') =>
    call('handleReport', { params: { reportId: it.id }, body: { state } })
  const { owner, videoId } = it
  return (
    <article className="panel stack">
      <h3 dir="auto">
        {videoId ? (
          <Link to="/watch/$videoId" params={{ videoId }}>
            {it.title}
          </Link>
        ) : (
          it.title
        )}
      </h3>
      <p className="soft small">
        {say(`report.reason.${it.reason}`)} · {ago(it.created)}
        {it.reporter ? ` · ${say('staff.by', { name: it.reporter.name })}` : ''}
        {owner ? ` · ${say('staff.of', { name: owner.name })}` : ''}
      </p>
      {it.words ? <p dir="auto">{it.words}</p> : null}
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
            disabled={reason.trim().length < 3 || act.isPending}
            onClick={() =>
              act.mutate(async () => {
                await call('hideVideo', { params: { videoId }, body: { reason } })
                await settle('accepted')
              })
            }
          >
            {say('staff.hide_video')}
          </Button>
        ) : null}
        {it.kind === 'comment' && videoId ? (
          <Button
            kind="danger"
            size="small"
            disabled={reason.trim().length < 3 || act.isPending}
            onClick={() =>
              act.mutate(async () => {
                await call('hideComment', { params: { videoId, commentId: it.subjectId }, body: { reason } })
                await settle('accepted')
              })
            }
          >
            {say('settings.remove')}
          </Button>
        ) : null}
        {owner ? (
          <Button
            kind="danger"
            size="small"
            disabled={reason.trim().length < 3 || act.isPending}
            onClick={() =>
              act.mutate(async () => {
                await call('suspendAccount', { params: { accountId: owner.id }, body: { reason } })
                await settle('accepted')
              })
            }
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
    </article>
  )
}

function Review() {
  const act = useAct()
  const listing = useQuery(reviewQuery)
  return (
    <section className="stack" aria-labelledby="review">
      <h2 id="review">{say('staff.review')}</h2>
      <Trouble thrown={listing.error ?? act.error} />
      {listing.data?.items.length === 0 ? <p className="soft">{say('staff.nobody_waits')}</p> : null}
      <ul className="rows">
        {(listing.data?.items ?? []).map((it) => (
          <li key={it.id} className="row spread">
            <Link to="/watch/$videoId" params={{ videoId: it.id }} dir="auto">
              {it.title}
            </Link>
            <Button
              size="small"
              disabled={act.isPending}
              onClick={() => act.mutate(() => call('passVideo', { params: { videoId: it.id } }))}
            >
              {say('staff.pass')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function SignUps() {
  const act = useAct()
  const listing = useQuery(signUpsQuery)
  return (
    <section className="stack" aria-labelledby="sign-ups">
      <h2 id="sign-ups">{say('staff.sign_ups')}</h2>
      <Trouble thrown={listing.error ?? act.error} />
      {listing.data?.items.length === 0 ? <p className="soft">{say('staff.nobody_waits')}</p> : null}
      <ul className="rows">
        {(listing.data?.items ?? []).map((it) => (
          <li key={it.id} className="row spread">
            <span className="stack">
              <span dir="auto">
                <strong>{it.name}</strong> {it.email}
              </span>
              <span dir="auto">{it.about}</span>
            </span>
            <span className="row">
              <Button
                size="small"
                kind="main"
                disabled={act.isPending}
                onClick={() => act.mutate(() => call('admitAccount', { params: { accountId: it.id } }))}
              >
                {say('staff.admit')}
              </Button>
              <Button
                size="small"
                disabled={act.isPending}
                onClick={() => act.mutate(() => call('declineAccount', { params: { accountId: it.id } }))}
              >
                {say('staff.decline')}
              </Button>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Words() {
  const act = useAct()
  const listing = useQuery(wordsQuery)
  const [given, setGiven] = useState<string>()
  const kept = (listing.data?.items ?? []).map((it) => (it.deed === 'refuse' ? `!${it.word}` : it.word)).join('\n')
  const save = async () => {
    const lines = (given ?? kept).split('\n').map((line) => line.trim())
    const items = lines.flatMap((line) => {
      const word = line.replace(/^!/, '').trim()
      const deed = line.startsWith('!') ? ('refuse' as const) : ('hold' as const)
      return word.length > 1 ? [{ word, deed }] : []
    })
    await call('setWatchedWords', { body: { items } })
    setGiven(undefined)
  }
  return (
    <section className="stack" aria-labelledby="words">
      <h2 id="words">{say('staff.words')}</h2>
      <Trouble thrown={listing.error ?? act.error} />
      <AreaField
        label={say('staff.words')}
        hint={say('staff.words_hint')}
        rows={6}
        value={given ?? kept}
        onChange={(event) => setGiven(event.target.value)}
      />
      <div>
        <Button disabled={given === undefined || act.isPending} onClick={() => act.mutate(save)}>
          {say('app.save')}
        </Button>
      </div>
    </section>
  )
}
