/** Moderation: reports and what was decided, videos and accounts that wait, watched words. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../api.ts'
import { reviewQuery, signUpsQuery, wordsQuery } from '../parts/account-queries.ts'
import { Reports } from '../parts/reports.tsx'
import { StaffOnly, useStaffAct } from '../parts/staff.tsx'
import { Thumbnail, ViewsAndAge } from '../parts/video-card.tsx'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { AreaField } from '../ui/field.tsx'
import { ago } from '../ui/format.ts'
import { usePageTitle } from '../ui/page-title.ts'
import { Tabs } from '../ui/tabs.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

const address = getRouteApi('/shell/moderation')
const PARTS = ['handled', 'review', 'sign-ups', 'words'] as const

export function ModerationPage() {
  usePageTitle(say('staff.moderation'))
  const { part } = address.useSearch()
  return (
    <StaffOnly>
      {(me) => (
        <div className="page-middle">
          <div className="page-head">
            <h1 tabIndex={-1}>{say('staff.moderation')}</h1>
          </div>
          <Tabs label={say('staff.parts_moderation')}>
            <Link to="/moderation" search={{}} activeOptions={{ exact: true }}>
              {say('staff.reports')}
            </Link>
            {PARTS.map((it) => (
              <Link key={it} to="/moderation" search={{ part: it }} activeOptions={{ exact: true }}>
                {say(`staff.tab.${it}`)}
              </Link>
            ))}
          </Tabs>
          {part === undefined || part === 'handled' ? (
            <Reports key={part} handled={part === 'handled'} admin={me.role === 'admin'} />
          ) : null}
          {part === 'review' ? <Review /> : null}
          {part === 'sign-ups' ? <SignUps /> : null}
          {part === 'words' ? <Words /> : null}
        </div>
      )}
    </StaffOnly>
  )
}

function Review() {
  const act = useStaffAct()
  const listing = useQuery(reviewQuery)
  return (
    <section className="stack" aria-labelledby="review">
      <h2 id="review">{say('staff.review')}</h2>
      <Trouble thrown={listing.error ?? act.error} />
      {listing.data?.items.length === 0 ? (
        <Empty title={say('staff.nobody_waits')} hint={say('staff.review_hint')} />
      ) : null}
      <ul className="rows lined">
        {(listing.data?.items ?? []).map((it) => (
          <li key={it.id} className="wide-row">
            <Link to="/watch/$videoId" params={{ videoId: it.id }} tabIndex={-1} aria-hidden="true">
              <Thumbnail video={it} />
            </Link>
            <div className="stack">
              <h3 dir="auto">
                <Link to="/watch/$videoId" params={{ videoId: it.id }} className="tile-title">
                  {it.title}
                </Link>
              </h3>
              <p className="soft small">
                <bdi>{it.channel.name}</bdi> · <ViewsAndAge video={it} />
              </p>
            </div>
            <Button
              size="small"
              kind="main"
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
  const act = useStaffAct()
  const listing = useQuery(signUpsQuery)
  return (
    <section className="stack" aria-labelledby="sign-ups">
      <h2 id="sign-ups">{say('staff.sign_ups')}</h2>
      <Trouble thrown={listing.error ?? act.error} />
      {listing.data?.items.length === 0 ? (
        <Empty title={say('staff.nobody_waits')} hint={say('staff.sign_ups_hint')} />
      ) : null}
      <ul className="rows lined">
        {(listing.data?.items ?? []).map((it) => (
          <li key={it.id} className="row spread">
            <span className="stack">
              <span dir="auto">
                <strong>{it.name}</strong> <span className="soft">{it.email}</span>
                {it.emailVerified ? null : <span className="badge">{say('staff.unproved')}</span>}
              </span>
              {it.about ? <span dir="auto">{it.about}</span> : null}
              <time className="soft small" dateTime={it.created}>
                {ago(it.created)}
              </time>
            </span>
            <span className="row">
              <Button
                size="small"
                kind="main"
                disabled={act.isPending}
                aria-label={`${say('staff.admit')}: ${it.name}`}
                onClick={() => act.mutate(() => call('admitAccount', { params: { accountId: it.id } }))}
              >
                {say('staff.admit')}
              </Button>
              <Button
                size="small"
                disabled={act.isPending}
                aria-label={`${say('staff.decline')}: ${it.name}`}
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
  const act = useStaffAct()
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
    <section className="panel stack" aria-labelledby="words">
      <h2 id="words">{say('staff.words')}</h2>
      <Trouble thrown={listing.error ?? act.error} />
      <AreaField
        label={say('staff.words')}
        quiet
        hint={say('staff.words_hint')}
        rows={12}
        value={given ?? kept}
        onChange={(event) => setGiven(event.target.value)}
      />
      <div className="ends">
        <Button kind="main" disabled={given === undefined || act.isPending} onClick={() => act.mutate(save)}>
          {say('app.save')}
        </Button>
      </div>
    </section>
  )
}
