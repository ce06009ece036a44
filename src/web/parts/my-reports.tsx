/** What one has reported oneself: how it stands, and what the staff says about it. */
import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Report } from '../../contract/moderation.ts'
import { call } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { ago } from '../ui/format.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { Talk } from './reports.tsx'
import { More } from './video-grid.tsx'

const myReportsQuery = infiniteQueryOptions({
  queryKey: ['my-reports'],
  queryFn: ({ pageParam }) => call('listMyReports', { query: pageParam === '' ? {} : { after: pageParam } }),
  initialPageParam: '',
  getNextPageParam: (page: { next?: string | undefined }) => page.next,
})

const STATE_KINDS = { open: 'warn', accepted: 'good', rejected: undefined } as const

export function MyReports() {
  const listing = useInfiniteQuery(myReportsQuery)
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <section className="panel stack" aria-labelledby="my-reports">
      <h2 id="my-reports">{say('report.mine')}</h2>
      <Trouble thrown={listing.error} />
      {listing.isSuccess && items.length === 0 ? <p className="soft">{say('report.mine_none')}</p> : null}
      <ul className="rows lined">
        {items.map((it) => (
          <li key={it.id}>
            <OneReport it={it} />
          </li>
        ))}
      </ul>
      <More listing={listing} />
    </section>
  )
}

function OneReport({ it }: { it: Report }) {
  const [open, setOpen] = useState(false)
  return (
    <div className="stack">
      <div className="row spread">
        <span className="stack">
          <strong dir="auto">{it.title}</strong>
          <span className="soft small">
            {say(`report.kind.${it.kind}`)} · {say(`report.reason.${it.reason}`)} · {ago(it.created)}
          </span>
        </span>
        <span className="badge" data-kind={STATE_KINDS[it.state]}>
          {say(`report.state.${it.state}`)}
        </span>
      </div>
      <div>
        <Button size="small" kind="quiet" icon="speech" aria-expanded={open} onClick={() => setOpen(!open)}>
          {say('report.talk')}
        </Button>
      </div>
      {open ? <Talk reportId={it.id} /> : null}
    </div>
  )
}
