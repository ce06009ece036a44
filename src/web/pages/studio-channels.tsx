/** The channels one owns or works for; invitations; opening another one. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { call } from '../api.ts'
import { AskForm } from '../parts/ask-form.tsx'
import { Face } from '../parts/face.tsx'
import { MembersOnly } from '../parts/members-only.tsx'
import { myChannelsQuery } from '../parts/studio-queries.ts'
import { StudioTabs } from '../parts/studio-tabs.tsx'
import { useAct } from '../ui/act.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

export function StudioChannelsPage() {
  usePageTitle(say('studio.channels'))
  return <MembersOnly>{(me) => <Channels own={me.channel.handle} />}</MembersOnly>
}

function Channels({ own }: { own: string }) {
  const listing = useQuery(myChannelsQuery)
  const navigate = useNavigate()
  const act = useAct(myChannelsQuery.queryKey, ['notifications'])
  return (
    <div className="page-middle">
      <div className="page-head">
        <h1 tabIndex={-1}>{say('studio.channels')}</h1>
      </div>
      <StudioTabs />
      <div className="stack">
        <Trouble thrown={listing.error ?? act.error} />
        <ul className="rows lined">
          {(listing.data?.items ?? []).map((it) => (
            <li key={it.id} className="row spread">
              <Link to="/@{$handle}" params={{ handle: it.handle }} className="details-channel">
                <Face {...it} size={48} />
                <span className="details-names">
                  <strong dir="auto">{it.name}</strong>
                  <span className="soft small">
                    <bdi>@{it.handle}</bdi> · {it.handle === own ? say('team.main') : say(`team.role.${it.role}`)}
                  </span>
                </span>
              </Link>
              {it.accepted ? (
                <div className="row">
                  <Link to="/studio" search={{ channel: it.handle }} className="button" data-size="small">
                    <Icon name="film" />
                    {say('channel.videos')}
                  </Link>
                  {it.role === 'viewer' ? null : (
                    <Link
                      to="/studio/channel/$handle"
                      params={{ handle: it.handle }}
                      className="button"
                      data-size="small"
                      aria-label={`${say('channel.edit')}: ${it.name}`}
                    >
                      <Icon name="pencil" />
                      {say('channel.edit')}
                    </Link>
                  )}
                </div>
              ) : (
                <div className="row">
                  <span className="badge" data-kind="warn">
                    {say('team.invited')}
                  </span>
                  <Button
                    size="small"
                    kind="main"
                    disabled={act.isPending}
                    onClick={() => act.mutate(() => call('acceptInvitation', { params: { handle: it.handle } }))}
                  >
                    {say('notification.accept')}
                  </Button>
                  <Button
                    size="small"
                    disabled={act.isPending}
                    onClick={() =>
                      act.mutate(() => call('removeTeamMember', { params: { handle: it.handle, member: own } }))
                    }
                  >
                    {say('team.decline')}
                  </Button>
                </div>
              )}
            </li>
          ))}
        </ul>
        <section className="panel stack" aria-labelledby="new-channel">
          <h2 id="new-channel">{say('studio.new_channel')}</h2>
          <AskForm
            fields={[
              { name: 'name', label: say('account.name'), maxLength: 60 },
              {
                name: 'handle',
                label: say('account.handle'),
                hint: say('account.handle_hint'),
                maxLength: 30,
                dir: 'ltr',
                required: false,
              },
            ]}
            button={say('studio.make_channel')}
            renews={[myChannelsQuery.queryKey]}
            onSend={async ({ name = '', handle }) => {
              const made = await call('createChannel', { body: { name, ...(handle ? { handle } : {}) } })
              await navigate({ to: '/studio/channel/$handle', params: { handle: made.handle } })
            }}
          />
        </section>
      </div>
    </div>
  )
}
