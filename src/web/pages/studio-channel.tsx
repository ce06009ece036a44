/** One channel in the studio: pictures, words, links, featured video, its team, when its qualities are made, and giving it away or closing it. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Channel } from '../../contract/channels.ts'
import { call, channelQuery, refused } from '../api.ts'
import { ChannelForm } from '../parts/channel-form.tsx'
import { ChannelPictures } from '../parts/channel-pictures.tsx'
import { MediaPolicy } from '../parts/media-policy.tsx'
import { MembersOnly } from '../parts/members-only.tsx'
import { myChannelsQuery } from '../parts/studio-queries.ts'
import { StudioTabs } from '../parts/studio-tabs.tsx'
import { Team } from '../parts/team.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Icon } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { Missing } from './not-found.tsx'

const address = getRouteApi('/shell/studio/channel/$handle')

export function StudioChannelPage() {
  const { handle } = address.useParams()
  return <MembersOnly>{() => <OneChannel key={handle} handle={handle} />}</MembersOnly>
}

function OneChannel({ handle }: { handle: string }) {
  const asked = useQuery(channelQuery(handle))
  const role = asked.data?.myRole
  usePageTitle(say('channel.edit'))
  const foreign = asked.data && role !== 'owner' && role !== 'editor'
  if (refused(asked.error, 'channel_not_found', 'bad_request') || foreign)
    return <Missing title={say('channel.not_found')} hint={say('channel.not_found_hint')} />
  return (
    <div className="page-middle">
      <StudioTabs inside="channels" />
      <div className="page-head">
        <h1 dir="auto" tabIndex={-1}>
          {asked.data?.name ?? `@${handle}`}
        </h1>
        <Link to="/@{$handle}" params={{ handle }} className="button" data-size="small">
          <Icon name="play" />
          {say('channel.see')}
        </Link>
      </div>
      <Trouble thrown={asked.error} />
      {asked.isPending ? <span className="bone tall" role="status" aria-label={say('app.loading')} /> : null}
      {asked.data ? (
        <div className="stack">
          <ChannelPictures channel={asked.data} />
          <ChannelForm channel={asked.data} mayRename={role === 'owner'} />
          <Team channel={asked.data} />
          <MediaPolicy handle={asked.data.handle} />
          {role === 'owner' ? <Closing channel={asked.data} /> : null}
        </div>
      ) : null}
    </div>
  )
}

function Closing({ channel }: { channel: Channel }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [open, setOpen] = useState(false)
  return (
    <section className="panel stack" aria-labelledby="closing">
      <h2 id="closing">{say('channel.close')}</h2>
      <p className="soft">{say('channel.close_hint')}</p>
      <div>
        <Button kind="danger" icon="bin" onClick={() => setOpen(true)}>
          {say('channel.close')}
        </Button>
      </div>
      {open ? (
        <Confirm
          title={say('channel.close_sure', { name: channel.name })}
          button={say('channel.close')}
          onClose={() => setOpen(false)}
          onConfirm={async () => {
            await call('removeChannel', { params: { handle: channel.handle } })
            await queries.invalidateQueries({ queryKey: myChannelsQuery.queryKey })
            await navigate({ to: '/studio/channels' })
          }}
        >
          <p>{say('channel.close_hint')}</p>
        </Confirm>
      ) : null}
    </section>
  )
}
