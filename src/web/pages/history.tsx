/** History: what was watched, how far, found again by its words, and forgotten. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useDeferredValue, useState } from 'react'
import { call } from '../api.ts'
import { MembersOnly } from '../parts/members-only.tsx'
import { historyQuery } from '../parts/people-queries.ts'
import { Thumbnail, ViewsAndAge } from '../parts/video-card.tsx'
import { More } from '../parts/video-grid.tsx'
import { useAct } from '../ui/act.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Empty } from '../ui/empty.tsx'
import { TextField } from '../ui/field.tsx'
import { ago } from '../ui/format.ts'
import { LongList } from '../ui/long-list.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { ProgressBar } from '../ui/progress.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

export function HistoryPage() {
  usePageTitle(say('history.title'))
  return <MembersOnly>{() => <Watched />}</MembersOnly>
}

function Watched() {
  const [words, setWords] = useState('')
  const search = useDeferredValue(words.trim())
  const listing = useInfiniteQuery({ ...historyQuery(search), placeholderData: (before) => before })
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  const paused = listing.data?.pages[0]?.paused === true
  const [clearing, setClearing] = useState(false)
  const act = useAct(['history'], ['home'])
  return (
    <div className="stack narrow">
      <div className="page-head row spread">
        <h1 tabIndex={-1}>{say('history.title')}</h1>
        <div className="row">
          <Button
            size="small"
            icon={paused ? 'play' : 'pause'}
            onClick={() => act.mutate(() => call('pauseHistory', { body: { paused: !paused } }))}
          >
            {paused ? say('history.go_on') : say('history.pause')}
          </Button>
          <Button size="small" kind="danger" icon="bin" disabled={items.length === 0} onClick={() => setClearing(true)}>
            {say('history.clear')}
          </Button>
        </div>
      </div>
      {paused ? (
        <p className="notice" data-kind="warn">
          {say('history.paused')}
        </p>
      ) : null}
      <TextField
        type="search"
        label={say('history.search')}
        value={words}
        maxLength={100}
        onChange={(event) => setWords(event.target.value)}
      />
      <Trouble thrown={act.error ?? listing.error} />
      {listing.isSuccess && items.length === 0 ? (
        <Empty title={say('history.empty')} hint={say('history.empty_hint')} />
      ) : null}
      <LongList
        items={items}
        idOf={({ video }) => video.id}
        rowProps={() => ({ className: 'wide-row' })}
        row={({ video, positionMs, completed, watched }) => (
          <>
            <Link
              to="/watch/$videoId"
              params={{ videoId: video.id }}
              className="wide-row-picture"
              tabIndex={-1}
              aria-hidden="true"
            >
              <Thumbnail video={video} />
            </Link>
            <div className="stack">
              <h2 dir="auto">
                <Link to="/watch/$videoId" params={{ videoId: video.id }} className="tile-title">
                  {video.title}
                </Link>
              </h2>
              <p className="soft small">
                <bdi>{video.channel.name}</bdi> · <ViewsAndAge video={video} />
              </p>
              <ProgressBar
                part={completed ? 1 : positionMs / Math.max(1, video.durationMs ?? 1)}
                label={say('history.progress', { title: video.title })}
              />
              <p className="soft small">{ago(watched)}</p>
            </div>
            <Button
              size="small"
              kind="quiet"
              shape="round"
              icon="cross"
              aria-label={say('history.forget', { title: video.title })}
              onClick={() => act.mutate(() => call('forgetWatched', { params: { videoId: video.id } }))}
            />
          </>
        )}
      />
      <More listing={listing} />
      {clearing ? (
        <Confirm
          title={say('history.clear')}
          button={say('history.clear')}
          onConfirm={() => act.mutateAsync(() => call('clearHistory'))}
          onClose={() => setClearing(false)}
        >
          <p>{say('history.clear_sure')}</p>
        </Confirm>
      ) : null}
    </div>
  )
}
