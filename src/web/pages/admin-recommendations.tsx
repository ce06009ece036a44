/** How suggestions fall on the catalogue, the models behind them, and experiments with their intervals; for administrators. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Me } from '../../contract/accounts.ts'
import type { RecommendFigures } from '../../contract/recommend.ts'
import { call } from '../api.ts'
import { AdminTabs } from '../parts/admin-tabs.tsx'
import { MembersOnly } from '../parts/members-only.tsx'
import { Button } from '../ui/button.tsx'
import { Chart } from '../ui/chart.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { ago, shortCount } from '../ui/format.ts'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble, TroubleInstead } from '../ui/trouble.tsx'
import { say, speaking } from '../words/say.ts'
import { NotFoundPage } from './not-found.tsx'
import '../parts/analytics.css'

const KEY = ['staff', 'recommendations']

export function AdminRecommendationsPage() {
  usePageTitle(say('suggest.title'))
  return <MembersOnly>{(me) => <ForAdmins me={me} />}</MembersOnly>
}

function ForAdmins({ me }: { me: Me }) {
  const asked = useQuery({
    queryKey: KEY,
    queryFn: () => call('getRecommendFigures'),
    enabled: me.role === 'admin',
    refetchInterval: 60_000,
  })
  if (me.role !== 'admin') return <NotFoundPage />
  return (
    <div className="page-middle stack">
      <h1 tabIndex={-1}>{say('suggest.title')}</h1>
      <AdminTabs />
      {asked.isError && !asked.data ? <TroubleInstead listing={asked} /> : <Trouble thrown={asked.error} />}
      {asked.isPending ? <span className="bone tall" /> : null}
      {asked.data ? (
        <>
          <Days days={asked.data.days} />
          <Experiments {...asked.data} />
          <Models models={asked.data.models} />
        </>
      ) : null}
    </div>
  )
}

function percent(share: number, digits = 0): string {
  return new Intl.NumberFormat(speaking(), { style: 'percent', maximumFractionDigits: digits }).format(share)
}

function decimal(value: number, digits: number): string {
  return value.toLocaleString(speaking(), { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

type Day = RecommendFigures['days'][number]

const CHARTED = ['clickRate', 'coverage', 'gini', 'coldShare', 'skipRate'] as const
type Charted = (typeof CHARTED)[number]

function shareIn(day: Day, name: Charted): number {
  if (name === 'clickRate') return day.shown === 0 ? 0 : day.watched / day.shown
  return day[name]
}

function Days({ days }: { days: Day[] }) {
  const [chosen, setChosen] = useState<Charted>('clickRate')
  const last = days.at(-1)
  if (!last) return <p className="soft">{say('suggest.nothing')}</p>
  const dayName = (day: string) =>
    new Date(`${day}T00:00:00Z`).toLocaleDateString(speaking(), { day: 'numeric', month: 'short', timeZone: 'UTC' })
  return (
    <section className="panel stack" aria-labelledby="days">
      <h2 id="days">{say('suggest.days')}</h2>
      <p className="soft small">{say('suggest.last_day', { day: dayName(last.day) })}</p>
      <dl className="figure-tiles">
        <div className="figure-tile">
          <dt>{say('suggest.shown')}</dt>
          <dd>{shortCount(last.shown)}</dd>
        </div>
        {CHARTED.map((name) => (
          <div key={name} className="figure-tile">
            <dt>{say(`suggest.${name}`)}</dt>
            <dd>{name === 'gini' ? decimal(last.gini, 2) : percent(shareIn(last, name), 1)}</dd>
          </div>
        ))}
      </dl>
      <SelectField
        label={say('figures.show')}
        value={chosen}
        options={CHARTED.map((name) => [name, say(`suggest.${name}`)] as const)}
        onChoose={(value) => setChosen(value as Charted)}
      />
      <Chart
        title={say(`suggest.${chosen}`)}
        points={days.map((day) => ({ label: dayName(day.day), value: shareIn(day, chosen) }))}
        write={(value) => (chosen === 'gini' ? decimal(value, 3) : percent(value, 1))}
        words={{
          label: say('figures.when'),
          value: say(`suggest.${chosen}`),
          table: say('figures.as_table'),
          move: say('figures.move'),
        }}
      />
      <p className="soft small">{say(`suggest.${chosen}_hint`)}</p>
    </section>
  )
}

function useAct() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (what: () => Promise<unknown>) => what(),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  })
}

const EXPLAINED = ['handmade', 'fresher', 'calmer', 'closer', 'wider'] as const

/** The name of a way to order pages, as the command line has it, and what is different in it. */
function variantText(name: string): string {
  const known = EXPLAINED.find((it) => it === name)
  return known ? `${name}: ${say(`suggest.variant.${known}`)}` : name
}

function Experiments({ experiments, variants }: RecommendFigures) {
  const act = useAct()
  const [name, setName] = useState('')
  const [arm, setArm] = useState('handmade')
  const isTaken = experiments.some((it) => it.name === name)
  const begin = (event: FormEvent) => {
    event.preventDefault()
    act.mutate(async () => {
      await call('beginExperiment', { body: { name, arms: ['usual', arm] } })
      setName('')
    })
  }
  const minutes = (ms: number) => (ms / 60_000).toLocaleString(speaking(), { maximumFractionDigits: 1 })
  return (
    <section className="panel stack" aria-labelledby="experiments">
      <h2 id="experiments">{say('suggest.experiments')}</h2>
      {experiments.length === 0 ? <p className="soft">{say('suggest.no_experiments')}</p> : null}
      {experiments.map((it) => (
        <div key={it.name} className="stack">
          <div className="row">
            <h3>{it.name}</h3>
            <span className="soft small">{ago(it.began)}</span>
            {it.ended ? (
              <span className="soft small">{say('suggest.ended')}</span>
            ) : (
              <Button
                size="small"
                disabled={act.isPending}
                onClick={() => act.mutate(() => call('endExperiment', { params: { name: it.name } }))}
              >
                {say('suggest.end')}
              </Button>
            )}
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <section className="table-frame" tabIndex={0} aria-label={it.name}>
            <table>
              <thead>
                <tr>
                  {(['arm', 'viewers', 'minutes', 'lift'] as const).map((head) => (
                    <th key={head} scope="col">
                      {say(`suggest.${head}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {it.arms.map((row) => (
                  <tr key={row.arm}>
                    <th scope="row">{row.arm}</th>
                    <td>{shortCount(row.viewers)}</td>
                    <td>
                      {minutes(row.mean)}
                      {row.margin === undefined ? '' : ` ± ${minutes(row.margin)}`}
                    </td>
                    <td>
                      {row.lift === undefined ? '–' : `${percent(row.lift, 1)} ± ${percent(row.liftMargin ?? 0, 1)}`}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          {it.arms.some((row) => row.margin === undefined) ? (
            <p className="soft small">{say('suggest.too_early')}</p>
          ) : null}
        </div>
      ))}
      <form className="stack" onSubmit={begin}>
        <TextField
          label={say('suggest.name')}
          hint={say('suggest.name_hint')}
          wrong={isTaken ? say('suggest.name_taken') : undefined}
          value={name}
          pattern="[a-z0-9][a-z0-9_\-]{0,39}"
          maxLength={40}
          required
          onChange={(event) => setName(event.target.value)}
        />
        <SelectField
          label={say('suggest.against')}
          value={arm}
          options={variants.filter((it) => it !== 'usual').map((it) => [it, variantText(it)] as const)}
          onChoose={setArm}
        />
        <div>
          <Button type="submit" kind="main" disabled={act.isPending || name === '' || isTaken}>
            {say('suggest.begin')}
          </Button>
        </div>
        <Trouble thrown={act.error} />
      </form>
    </section>
  )
}

/** What models were judged by, in the order it is told in. */
const FIGURES = [
  'watches',
  'videos',
  'pages',
  'examples',
  'taken',
  'ndcg',
  'ndcg_before',
  'ndcg_by_hand',
  'ndcg_folded',
  'ndcg_tower',
  'recall',
  'coverage',
  'gini',
  'mix_vectors',
  'mix_head',
  'tower',
  'trust',
  'loss',
  'loss_of_rate',
  'calibration_gap',
  'seconds',
] as const

function Models({ models }: Pick<RecommendFigures, 'models'>) {
  const act = useAct()
  return (
    <section className="panel stack" aria-labelledby="models">
      <h2 id="models">{say('suggest.models')}</h2>
      <p className="soft small">{say('suggest.models_hint')}</p>
      {models.length === 0 ? <p className="soft">{say('suggest.no_models')}</p> : null}
      <ul className="stack">
        {models.map((it) => (
          <li key={it.version} className="stack">
            <div className="row">
              <strong>{say(`suggest.kind.${it.kind}`)}</strong>
              <span className="soft small">{ago(it.made)}</span>
              {it.served ? (
                <span className="badge" data-kind="good">
                  {say(it.held ? 'suggest.held' : 'suggest.served')}
                </span>
              ) : (
                <Button
                  size="small"
                  disabled={act.isPending}
                  onClick={() => act.mutate(() => call('serveModel', { params: { version: it.version } }))}
                >
                  {say('suggest.serve')}
                </Button>
              )}
            </div>
            <div className="row small">
              <span>
                {say('suggest.version')} <code dir="ltr">{it.version}</code>
              </span>
              <CopyButton label={`${say('suggest.version')} ${it.version}`} words={it.version} />
            </div>
            <p className="soft small">
              {FIGURES.flatMap((name) => {
                const value = it.figures[name]
                return value === undefined
                  ? []
                  : [`${say(`suggest.figure.${name}`)}: ${Number(value.toPrecision(3)).toLocaleString(speaking())}`]
              }).join(' · ')}
            </p>
          </li>
        ))}
      </ul>
      <Trouble thrown={act.error} />
    </section>
  )
}
