/** The studio: all videos of the account or of a channel it works for, each with how it stands at this moment. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { Me } from '../../contract/accounts.ts'
import type { LiveNews } from '../../contract/live.ts'
import { BulkBar } from '../parts/bulk-edit.tsx'
import { DeleteDialog } from '../parts/delete-dialog.tsx'
import { useLive } from '../parts/live.ts'
import { MembersOnly } from '../parts/members-only.tsx'
import { myChannelsQuery, studioVideosQuery } from '../parts/studio-queries.ts'
import { type MyVideo, StudioRow } from '../parts/studio-row.tsx'
import { StudioTabs } from '../parts/studio-tabs.tsx'
import { More } from '../parts/video-grid.tsx'
import { Empty } from '../ui/empty.tsx'
import { SelectField } from '../ui/field.tsx'
import { fileSize } from '../ui/format.ts'
import { Icon } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

const address = getRouteApi('/shell/studio')

export function StudioPage() {
  usePageTitle(say('studio.title'))
  return <MembersOnly>{(me) => <Studio me={me} />}</MembersOnly>
}

function Studio({ me }: { me: Me }) {
  const { channel } = address.useSearch()
  const listing = useInfiniteQuery(studioVideosQuery(channel))
  const [deleting, setDeleting] = useState<MyVideo>()
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const videos = listing.data?.pages.flatMap((page) => page.items) ?? []
  const news = useLive(videos.map((video) => video.id))
  useRereadOnChange(videos, news, listing.refetch)
  const pick = (id: string, wanted: boolean) => {
    const next = new Set(picked)
    if (wanted) next.add(id)
    else next.delete(id)
    setPicked(next)
  }
  return (
    <div className="page-middle">
      <div className="page-head">
        <div>
          <h1 tabIndex={-1}>{say('studio.title')}</h1>
          <p className="soft">{say('studio.used', { used: fileSize(me.usedBytes), quota: fileSize(me.quotaBytes) })}</p>
        </div>
        <Link to="/upload" className="button" data-kind="main">
          <Icon name="upload" />
          {say('app.upload')}
        </Link>
      </div>
      <StudioTabs />
      <ChannelChoice chosen={channel} />
      <BulkBar
        picked={videos.filter((video) => picked.has(video.id))}
        count={videos.length}
        onAll={() => setPicked(new Set(videos.map((video) => video.id)))}
        onNone={() => setPicked(new Set())}
      />
      <Trouble thrown={listing.error} />
      {listing.isPending ? <StudioBones /> : null}
      {listing.data && videos.length === 0 ? (
        <Empty title={say('studio.empty')} hint={say('studio.empty_hint')}>
          <Link to="/upload" className="button" data-kind="main">
            {say('home.empty_action')}
          </Link>
        </Empty>
      ) : null}
      <ul className="studio-list">
        {videos.map((video) => (
          <li key={video.id}>
            <StudioRow
              video={video}
              news={news.get(video.id)}
              picked={picked.has(video.id)}
              onPick={(wanted) => pick(video.id, wanted)}
              onDelete={() => setDeleting(video)}
            />
          </li>
        ))}
      </ul>
      <More listing={listing} />
      {deleting ? <DeleteDialog video={deleting} onClose={() => setDeleting(undefined)} /> : null}
    </div>
  )
}

/** Which channel's videos are listed; not asked of those who have one only. */
function ChannelChoice({ chosen }: { chosen: string | undefined }) {
  const navigate = useNavigate()
  const channels = useQuery(myChannelsQuery).data?.items.filter((it) => it.accepted) ?? []
  if (channels.length < 2) return null
  return (
    <div className="studio-choice">
      <SelectField
        label={say('studio.channel')}
        value={chosen ?? ''}
        options={[['', say('studio.all_own')], ...channels.map((it): [string, string] => [it.handle, it.name])]}
        onChoose={(handle) => void navigate({ to: '/studio', search: handle === '' ? {} : { channel: handle } })}
      />
    </div>
  )
}

/** When a video has changed its state, its row has more to show than the socket says: length, picture, figures. */
function useRereadOnChange(videos: MyVideo[], news: ReadonlyMap<string, LiveNews>, reread: () => unknown): void {
  const stale = videos.some((video) => {
    const said = news.get(video.id)
    return said !== undefined && said.state !== video.state
  })
  useEffect(() => {
    if (stale) void reread()
  }, [stale, reread])
}

function StudioBones() {
  return (
    <div className="studio-list" role="status" aria-label={say('app.loading')}>
      {[...'1234'].map((bone) => (
        <div key={bone} className="studio-row" aria-hidden="true">
          <span className="studio-pick" />
          <span className="thumbnail bone" />
          <div className="studio-words">
            <span className="bone" style={{ width: '70%', height: '1.2rem' }} />
            <span className="bone" style={{ width: '45%', height: '0.9rem' }} />
          </div>
        </div>
      ))}
    </div>
  )
}
