/** Every video of the site for administrators: in whatever state, taken away, given back, or deleted. */
import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { VideoCard } from '../../contract/videos.ts'
import { call } from '../api.ts'
import { SelectField } from '../ui/field.tsx'
import { fileSize } from '../ui/format.ts'
import { LongList } from '../ui/long-list.tsx'
import { Popup } from '../ui/popup.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { DeleteDialog } from './delete-dialog.tsx'
import { ReasonDialog, useStaffAct } from './staff.tsx'
import { Thumbnail, ViewsAndAge } from './video-card.tsx'
import { More } from './video-grid.tsx'
import { StateBadge } from './video-state.tsx'

const STATES = ['uploading', 'processing', 'ready', 'failed'] as const
const PRIVACIES = ['public', 'unlisted', 'private'] as const

interface Wanted {
  state?: (typeof STATES)[number]
  privacy?: (typeof PRIVACIES)[number]
}

const videosQuery = (wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: ['staff', 'videos', wanted],
    queryFn: ({ pageParam }) =>
      call('listEveryVideo', { query: { ...wanted, ...(pageParam === '' ? {} : { after: pageParam }) } }),
    initialPageParam: '',
    getNextPageParam: (page: { next?: string | undefined }) => page.next,
  })

export function EveryVideo() {
  const [state, setState] = useState<(typeof STATES)[number] | ''>('')
  const [privacy, setPrivacy] = useState<(typeof PRIVACIES)[number] | ''>('')
  const listing = useInfiniteQuery({
    ...videosQuery({ ...(state ? { state } : {}), ...(privacy ? { privacy } : {}) }),
    placeholderData: (before) => before,
  })
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <section className="stack" aria-labelledby="every-video">
      <h2 id="every-video" className="out-of-sight">
        {say('channel.videos')}
      </h2>
      <div className="pair">
        <SelectField
          label={say('staff.state')}
          value={state}
          options={[['', say('search.any')], ...STATES.map((it) => [it, say(`video.state.${it}`)] as const)]}
          onChoose={setState}
        />
        <SelectField
          label={say('video.privacy')}
          value={privacy}
          options={[['', say('search.any')], ...PRIVACIES.map((it) => [it, say(`video.privacy.${it}`)] as const)]}
          onChoose={setPrivacy}
        />
      </div>
      <Trouble thrown={listing.error} />
      {listing.isSuccess && items.length === 0 ? <p className="soft">{say('staff.no_videos')}</p> : null}
      <LongList items={items} idOf={(it) => it.id} className="rows lined" row={(it) => <OneVideo it={it} />} />
      <More listing={listing} />
    </section>
  )
}

type Row = VideoCard & { sourceBytes?: number | undefined; hidden?: string | undefined }

function OneVideo({ it }: { it: Row }) {
  const act = useStaffAct()
  const [deed, setDeed] = useState<'hide' | 'delete'>()
  const params = { videoId: it.id }
  const to = { to: '/watch/$videoId', params } as const
  return (
    <div className="wide-row">
      <Link {...to} tabIndex={-1} aria-hidden="true">
        <Thumbnail video={it} />
      </Link>
      <div className="stack">
        <h3 dir="auto">
          <Link {...to} className="tile-title">
            {it.title}
          </Link>
        </h3>
        <p className="soft small">
          <Link to="/@{$handle}" params={{ handle: it.channel.handle }} dir="auto">
            {it.channel.name}
          </Link>
          {' · '}
          <ViewsAndAge video={it} />
          {it.sourceBytes === undefined ? '' : ` · ${fileSize(it.sourceBytes)}`}
        </p>
        <p className="row">
          <StateBadge standing={{ state: it.state, reason: undefined, part: undefined }} />
          {it.hidden === undefined ? null : (
            <span className="badge" data-kind="bad">
              {say('staff.taken_away')}
            </span>
          )}
        </p>
        {it.hidden ? (
          <p className="small" dir="auto">
            {it.hidden}
          </p>
        ) : null}
        <Trouble thrown={act.error} />
      </div>
      <Popup
        label={say('home.options', { title: it.title })}
        actions={[
          it.hidden === undefined
            ? { icon: 'eye_off', words: say('staff.hide_video'), onChoose: () => setDeed('hide') }
            : {
                icon: 'check',
                words: say('staff.restore_video'),
                onChoose: () => act.mutate(() => call('restoreVideo', { params })),
              },
          { icon: 'bin', words: say('studio.delete'), onChoose: () => setDeed('delete') },
        ]}
      />
      {deed === 'hide' ? (
        <ReasonDialog
          title={say('staff.hide_title', { title: it.title })}
          button={say('staff.hide_video')}
          onClose={() => setDeed(undefined)}
          onSend={(reason) => call('hideVideo', { params, body: { reason } })}
        />
      ) : null}
      {deed === 'delete' ? (
        <DeleteDialog
          video={it}
          onClose={() => setDeed(undefined)}
          onDeleted={() => act.mutate(() => Promise.resolve())}
        />
      ) : null}
    </div>
  )
}
