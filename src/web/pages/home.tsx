/** Home: the newest videos, or on an empty platform the way to the first one. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { newestQuery, useMe } from '../api.ts'
import { readBoot } from '../boot.ts'
import { VideoGrid } from '../parts/video-grid.tsx'
import { Empty } from '../ui/empty.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { say } from '../words/say.ts'

export function HomePage() {
  usePageTitle(say('home.page'))
  const listing = useInfiniteQuery(newestQuery)
  const isEmpty = listing.data?.pages[0]?.items.length === 0
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
      <VideoGrid listing={listing} empty={<NothingYet />} />
    </>
  )
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
