/** Home: what this viewer may like, or on an empty platform the way to the first video. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { HomePart, Shelf } from '../../contract/recommend.ts'
import { homeQuery, useMe } from '../api.ts'
import { readBoot } from '../boot.ts'
import { useIsShown } from '../parts/sent-away.ts'
import { ShelfRow, SuggestionTile, TopicChips } from '../parts/suggestions.tsx'
import { TileGrid } from '../parts/video-grid.tsx'
import { Empty } from '../ui/empty.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { say } from '../words/say.ts'

export function HomePage() {
  usePageTitle(say('home.page'))
  const [topic, setTopic] = useState<HomePart['topics'][number]>()
  const whole = useInfiniteQuery(homeQuery(undefined))
  const narrowed = useInfiniteQuery({ ...homeQuery(topic), enabled: topic !== undefined })
  const listing = topic === undefined ? whole : narrowed
  const isShown = useIsShown()
  const first = whole.data?.pages[0]
  const isEmpty = first?.items.length === 0 && first.shelves.length === 0
  return (
    <>
      {isEmpty ? (
        <h1 className="out-of-sight" tabIndex={-1}>
          {say('home.title')}
        </h1>
      ) : (
        <div className="page-head">
          <h1 tabIndex={-1}>{say('home.title')}</h1>
        </div>
      )}
      <TopicChips topics={first?.topics ?? []} chosen={topic} onChoose={setTopic} />
      <TileGrid
        listing={listing}
        empty={isEmpty ? <NothingYet /> : <p className="soft">{say('home.nothing_left')}</p>}
        idOf={(it) => it.video.id}
        isShown={isShown}
        tile={(it, index) => <SuggestionTile it={it} eager={index < 4} />}
        interlude={topic === undefined && first?.shelves.length ? <Shelves shelves={first.shelves} /> : null}
      />
    </>
  )
}

function Shelves({ shelves }: { shelves: Shelf[] }) {
  return shelves.map((shelf) => <ShelfRow key={`${shelf.kind} ${shelf.topic ?? ''}`} shelf={shelf} />)
}

function NothingYet() {
  const me = useMe()
  if (!me && readBoot()?.firstRun) {
    return (
      <Empty title={say('home.welcome')} hint={say('home.first_run')}>
        <Link to="/sign-up" className="button" data-kind="main">
          {say('app.sign_up')}
        </Link>
      </Empty>
    )
  }
  return (
    <Empty title={say('home.empty')} hint={say('home.empty_hint')}>
      <Link to="/upload" className="button" data-kind="main">
        {say('home.empty_action')}
      </Link>
    </Empty>
  )
}
