/** Who works for a channel and what they may do; inviting somebody, and giving the channel to one of them. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Channel, TeamMember, TeamRole } from '../../contract/channels.ts'
import { call, useMe } from '../api.ts'
import { useAct } from '../ui/act.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { SelectField } from '../ui/field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { AskForm } from './ask-form.tsx'
import { Face } from './face.tsx'
import { teamQuery } from './studio-queries.ts'

const ROLES = ['viewer', 'editor', 'owner'] as const

export function Team({ channel }: { channel: Channel }) {
  const { handle } = channel
  const manages = channel.myRole === 'owner'
  const team = useQuery(teamQuery(handle))
  const act = useAct(teamQuery(handle).queryKey)
  const [role, setRole] = useState<TeamRole>('editor')
  const items = team.data?.items ?? []
  return (
    <section className="panel stack" aria-labelledby="team">
      <h2 id="team">{say('team.title')}</h2>
      <p className="soft">{say('team.hint')}</p>
      <Trouble thrown={team.error ?? act.error} />
      {team.isSuccess && items.length === 0 ? <p>{say('team.nobody')}</p> : null}
      <ul className="rows lined">
        {items.map((it) => (
          <li key={it.channel.id} className="row spread">
            <Member it={it} channel={channel} manages={manages} act={act} />
          </li>
        ))}
      </ul>
      {manages ? (
        <AskForm
          fields={[
            { name: 'member', label: say('team.invite'), hint: say('team.invite_hint'), maxLength: 31, dir: 'ltr' },
          ]}
          button={say('team.invite_button')}
          done={say('team.invite_done')}
          renews={[teamQuery(handle).queryKey]}
          onSend={({ member = '' }) =>
            call('setTeamMember', {
              params: { handle, member: member.replace(/^@/, '').toLowerCase() },
              body: { role },
            })
          }
        >
          <SelectField
            label={say('team.role')}
            hint={say(`team.role_hint.${role}`)}
            value={role}
            options={ROLES.map((it) => [it, say(`team.role.${it}`)] as const)}
            onChoose={setRole}
          />
        </AskForm>
      ) : null}
    </section>
  )
}

interface MemberProps {
  it: TeamMember
  channel: Channel
  manages: boolean
  act: ReturnType<typeof useAct>
}

function Member({ it, channel, manages, act }: MemberProps) {
  const me = useMe()
  const navigate = useNavigate()
  const [giving, setGiving] = useState(false)
  const { handle } = channel
  const { channel: member } = it
  const own = me?.channel.handle === member.handle
  return (
    <>
      <Link to="/@{$handle}" params={{ handle: member.handle }} className="details-channel">
        <Face {...member} size={40} />
        <span className="details-names">
          <strong dir="auto">{member.name}</strong>
          <span className="soft small">
            <bdi>@{member.handle}</bdi>
            {it.accepted ? '' : ` · ${say('team.invited')}`}
          </span>
        </span>
      </Link>
      <div className="row">
        {manages ? (
          <SelectField
            label={say('team.role')}
            quiet
            value={it.role}
            options={ROLES.map((role) => [role, say(`team.role.${role}`)] as const)}
            onChoose={(role) =>
              act.mutate(() => call('setTeamMember', { params: { handle, member: member.handle }, body: { role } }))
            }
          />
        ) : (
          <span>{say(`team.role.${it.role}`)}</span>
        )}
        {manages && it.accepted && it.role === 'owner' && !own ? (
          <Button size="small" onClick={() => setGiving(true)}>
            {say('team.give')}
          </Button>
        ) : null}
        {manages || own ? (
          <Button
            size="small"
            kind="danger"
            disabled={act.isPending}
            aria-label={`${own ? say('team.leave') : say('settings.remove')}: ${member.name}`}
            onClick={() => act.mutate(() => call('removeTeamMember', { params: { handle, member: member.handle } }))}
          >
            {own ? say('team.leave') : say('settings.remove')}
          </Button>
        ) : null}
      </div>
      {giving ? (
        <Confirm
          title={say('team.give_title', { channel: channel.name, name: member.name })}
          button={say('team.give')}
          onClose={() => setGiving(false)}
          onConfirm={async () => {
            await call('transferChannel', { params: { handle }, body: { to: member.handle } })
            await navigate({ to: '/studio/channels' })
          }}
        >
          <p>{say('team.give_hint')}</p>
        </Confirm>
      ) : null}
    </>
  )
}
