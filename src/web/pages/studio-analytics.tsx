/** The studio's figures: of the whole channel, or of one of its videos. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Me } from '../../contract/accounts.ts'
import { videoQuery } from '../api.ts'
import { Figures } from '../parts/analytics.tsx'
import { MembersOnly } from '../parts/members-only.tsx'
import { StudioTabs } from '../parts/studio-tabs.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

const address = getRouteApi('/shell/studio/analytics')

export function StudioAnalyticsPage() {
  usePageTitle(say('figures.title'))
  const { video } = address.useSearch()
  return <MembersOnly>{(me) => (video ? <OfVideo videoId={video} /> : <OfChannel me={me} />)}</MembersOnly>
}

function OfChannel({ me }: { me: Me }) {
  return (
    <div className="page-middle">
      <div className="page-head">
        <div>
          <h1 tabIndex={-1}>{say('figures.title')}</h1>
          <p className="soft">{say('figures.of_channel', { name: me.channel.name })}</p>
        </div>
        {me.role === 'admin' ? (
          <Link to="/admin/analytics" className="button">
            {say('figures.of_site')}
          </Link>
        ) : null}
      </div>
      <StudioTabs />
      <Figures subject={{ kind: 'channel', handle: me.channel.handle }} />
    </div>
  )
}

function OfVideo({ videoId }: { videoId: string }) {
  const video = useQuery(videoQuery(videoId))
  return (
    <div className="page-middle">
      <div className="page-head">
        <div>
          <h1 tabIndex={-1}>{say('figures.title')}</h1>
          <p className="soft" dir="auto">
            {video.data?.title}
          </p>
        </div>
        <Link to="/studio/analytics" search={{}} className="button">
          {say('figures.whole_channel')}
        </Link>
      </div>
      <Trouble thrown={video.error} />
      <Figures subject={{ kind: 'video', videoId }} durationMs={video.data?.durationMs} />
    </div>
  )
}
