/** What suggestions go by: chosen topics, what is not wanted, keeping a history or not, and beginning anew. */
import { queryOptions, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { CATEGORIES } from '../../contract/choices.ts'
import { call } from '../api.ts'
import { useAct } from '../ui/act.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { historyQuery } from './people-queries.ts'
import { forgetSentAway } from './sent-away.ts'

const MOST_TOPICS = 10
/** Of what is not wanted, the newest; older ones are taken back with everything. */
const SHOWN = 100
const tastesQuery = queryOptions({ queryKey: ['tastes'], queryFn: () => call('getTastes') })

export function Suggestions() {
  const tastes = useQuery(tastesQuery)
  const history = useInfiniteQuery(historyQuery(''))
  const paused = history.data?.pages[0]?.paused === true
  const act = useAct(tastesQuery.queryKey, ['history'], ['home'], ['next'])
  const [resetting, setResetting] = useState(false)
  const topics = tastes.data?.topics ?? []
  const unwanted = tastes.data?.unwanted ?? []
  const queries = useQueryClient()
  /** What was sent away on a page may be on it again. */
  const back = (ask: () => Promise<unknown>) => async () => {
    await ask()
    forgetSentAway(queries)
  }
  const choose = (topic: (typeof CATEGORIES)[number]) => {
    const next = topics.includes(topic) ? topics.filter((it) => it !== topic) : [...topics, topic]
    act.mutate(() => call('chooseTopics', { body: { topics: next } }))
  }
  return (
    <>
      <section className="panel stack" aria-labelledby="topics">
        <h2 id="topics">{say('taste.topics')}</h2>
        <p className="soft">{say('taste.topics_hint', { count: MOST_TOPICS })}</p>
        <Trouble thrown={tastes.error ?? act.error} />
        <fieldset className="chips wrapped" aria-labelledby="topics">
          {CATEGORIES.map((topic) => (
            <button
              key={topic}
              type="button"
              className="chip"
              aria-pressed={topics.includes(topic)}
              disabled={!tastes.data || act.isPending || (topics.length >= MOST_TOPICS && !topics.includes(topic))}
              onClick={() => choose(topic)}
            >
              {say(`video.category.${topic}`)}
            </button>
          ))}
        </fieldset>
      </section>
      <section className="panel stack" aria-labelledby="unwanted">
        <h2 id="unwanted">{say('taste.unwanted')}</h2>
        <p className="soft">
          {unwanted.length === 0 ? say('taste.unwanted_none') : say('taste.unwanted_some', { count: unwanted.length })}
        </p>
        <ul className="rows lined">
          {unwanted.slice(0, SHOWN).map(({ kind, id, title }) => (
            <li key={`${kind} ${id}`} className="row spread">
              <span className="stack">
                <span dir="auto">{title ?? say('taste.gone')}</span>
                <span className="soft small">{say(`home.${kind}`)}</span>
              </span>
              <Button
                size="small"
                aria-label={`${say('home.take_back')}: ${title ?? say('taste.gone')}`}
                disabled={act.isPending}
                onClick={() => act.mutate(back(() => call('removeWish', { params: { kind, id } })))}
              >
                {say('home.take_back')}
              </Button>
            </li>
          ))}
        </ul>
        {unwanted.length > 0 ? (
          <div>
            <Button disabled={act.isPending} onClick={() => act.mutate(back(() => call('removeWishes')))}>
              {say('taste.unwanted_back')}
            </Button>
          </div>
        ) : null}
      </section>
      <section className="panel stack" aria-labelledby="keeping">
        <h2 id="keeping">{say('taste.history')}</h2>
        <p className="soft">{paused ? say('history.paused') : say('taste.history_hint')}</p>
        <div className="row">
          <Button
            icon={paused ? 'play' : 'pause'}
            disabled={!history.data || act.isPending}
            onClick={() => act.mutate(() => call('pauseHistory', { body: { paused: !paused } }))}
          >
            {paused ? say('history.go_on') : say('history.pause')}
          </Button>
          <Button kind="danger" onClick={() => setResetting(true)}>
            {say('taste.reset')}
          </Button>
        </div>
      </section>
      {resetting ? (
        <Confirm
          title={say('taste.reset_title')}
          button={say('taste.reset')}
          onClose={() => setResetting(false)}
          onConfirm={() => act.mutateAsync(back(() => call('resetTastes')))}
        >
          <p>{say('taste.reset_hint')}</p>
        </Confirm>
      ) : null}
    </>
  )
}
