/** The queue for administrators: how much waits where, each job with its tries and errors; again, sooner, or not at all. */
import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Job } from '../../contract/administration.ts'
import { call } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { SelectField } from '../ui/field.tsx'
import { ago } from '../ui/format.ts'
import { LongList } from '../ui/long-list.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say, speaking } from '../words/say.ts'
import { useStaffAct } from './staff.tsx'
import { More } from './video-grid.tsx'

const JOB_STATES = ['parked', 'waiting', 'running'] as const
type JobState = (typeof JOB_STATES)[number]
const LANES = ['now', 'quick', 'bulk'] as const
/** The step by which a waiting job is put before others. */
const SOONER = 100

const jobsQuery = (state: JobState) =>
  infiniteQueryOptions({
    queryKey: ['staff', 'jobs', state],
    queryFn: ({ pageParam }) =>
      call('listJobs', { query: { state, ...(pageParam === '' ? {} : { after: pageParam }) } }),
    initialPageParam: '',
    getNextPageParam: (page: { next?: string | undefined }) => page.next,
    refetchInterval: 10_000,
  })

export function Jobs() {
  const [state, setState] = useState<JobState>('parked')
  const listing = useInfiniteQuery(jobsQuery(state))
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  const counts = listing.data?.pages[0]?.counts ?? []
  const countOf = (lane: string, wanted: string) =>
    counts.find((it) => it.lane === lane && it.state === wanted)?.count ?? 0
  return (
    <section className="panel stack" aria-labelledby="jobs">
      <h2 id="jobs">{say('staff.jobs')}</h2>
      <table className="job-counts">
        <thead>
          <tr>
            <th scope="col">{say('staff.lane')}</th>
            {JOB_STATES.map((it) => (
              <th key={it} scope="col">
                {say(`staff.jobs.${it}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {LANES.map((lane) => (
            <tr key={lane}>
              <th scope="row">{say(`staff.lane.${lane}`)}</th>
              {JOB_STATES.map((it) => (
                <td key={it}>{countOf(lane, it).toLocaleString(speaking())}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <SelectField
        label={say('staff.jobs_shown')}
        value={state}
        options={JOB_STATES.map((it) => [it, say(`staff.jobs.${it}`)] as const)}
        onChoose={setState}
      />
      <Trouble thrown={listing.error} />
      {listing.isSuccess && items.length === 0 ? <p className="soft">{say('staff.no_jobs')}</p> : null}
      <LongList items={items} idOf={(it) => it.id} className="rows lined" row={(it) => <OneJob it={it} />} />
      <More listing={listing} />
    </section>
  )
}

function OneJob({ it }: { it: Job }) {
  const act = useStaffAct()
  const params = { jobId: it.id }
  return (
    <div className="row spread">
      <div className="stack">
        <p>
          <strong>{it.name}</strong> <span className="soft">{it.key}</span>
        </p>
        <p className="soft small">
          {say(`staff.lane.${it.lane}`)} · {say('staff.attempts', { count: it.attempts })} ·{' '}
          {say('staff.priority', { number: it.priority })} · {ago(it.created)}
          {it.worker ? ` · ${it.worker}` : ''}
        </p>
        <details>
          <summary className="small" dir="ltr">
            {it.reason?.split('\n')[0] ?? say('staff.job_input')}
          </summary>
          {it.reason ? (
            <pre className="log" dir="ltr">
              {it.reason}
            </pre>
          ) : null}
          <pre className="log" dir="ltr">
            {JSON.stringify(it.input, null, 2)}
          </pre>
        </details>
        <Trouble thrown={act.error} />
      </div>
      <div className="row">
        {it.state === 'parked' ? (
          <Button
            size="small"
            disabled={act.isPending}
            onClick={() => act.mutate(() => call('changeJob', { params, body: { retry: true } }))}
          >
            {say('staff.retry_job')}
          </Button>
        ) : null}
        {it.state === 'waiting' ? (
          <Button
            size="small"
            icon="up"
            disabled={act.isPending}
            onClick={() =>
              act.mutate(() => call('changeJob', { params, body: { priority: Math.min(1000, it.priority + SOONER) } }))
            }
          >
            {say('staff.sooner')}
          </Button>
        ) : null}
        <Button
          size="small"
          kind="danger"
          disabled={act.isPending}
          onClick={() => act.mutate(() => call('cancelJob', { params }))}
        >
          {say('staff.cancel_job')}
        </Button>
      </div>
    </div>
  )
}
