/** Settings: everything an account decides about itself. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Me } from '../../contract/accounts.ts'
import { call } from '../api.ts'
import { siteQuery } from '../parts/account-queries.ts'
import { AskForm, passwordAgain } from '../parts/ask-form.tsx'
import { Blocks } from '../parts/blocks.tsx'
import { MembersOnly } from '../parts/members-only.tsx'
import { MyReports } from '../parts/my-reports.tsx'
import { NotificationSettings, PushSwitch } from '../parts/notification-settings.tsx'
import { Devices, Passkeys, SecondFactor, Tokens } from '../parts/own-keys.tsx'
import { Suggestions } from '../parts/suggestion-settings.tsx'
import { Webhooks } from '../parts/webhooks.tsx'
import { Button } from '../ui/button.tsx'
import { day } from '../ui/format.ts'
import { usePageTitle } from '../ui/page-title.ts'
import { Tabs } from '../ui/tabs.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

const ME = [['me']]

const address = getRouteApi('/shell/settings')

export function SettingsPage() {
  usePageTitle(say('settings.title'))
  return <MembersOnly>{(me) => <Everything me={me} />}</MembersOnly>
}

const PARTS = ['people', 'suggestions', 'notifications', 'programs', 'data'] as const

function Everything({ me }: { me: Me }) {
  const { part } = address.useSearch()
  return (
    <div className="page-settings">
      <h1 tabIndex={-1}>{say('settings.title')}</h1>
      <Tabs label={say('settings.parts')}>
        <Link to="/settings" search={{}} activeOptions={{ exact: true }}>
          {say('settings.part.account')}
        </Link>
        {PARTS.map((it) => (
          <Link key={it} to="/settings" search={{ part: it }} activeOptions={{ exact: true }}>
            {say(`settings.part.${it}`)}
          </Link>
        ))}
      </Tabs>
      <div className="stack">
        {part === undefined ? <Account me={me} /> : null}
        {part === 'people' ? (
          <>
            <Blocks />
            <MyReports />
          </>
        ) : null}
        {part === 'suggestions' ? <Suggestions /> : null}
        {part === 'notifications' ? (
          <>
            <PushSwitch />
            <NotificationSettings />
          </>
        ) : null}
        {part === 'programs' ? (
          <>
            <Tokens me={me} />
            <Webhooks />
          </>
        ) : null}
        {part === 'data' ? <Leaving me={me} /> : null}
      </div>
    </div>
  )
}

function Account({ me }: { me: Me }) {
  return (
    <>
      <section className="panel stack" aria-labelledby="profile">
        <h2 id="profile">{say('settings.profile')}</h2>
        <AskForm
          key={me.name}
          fields={[
            { name: 'name', label: say('account.name'), maxLength: 60, defaultValue: me.name, autoComplete: 'name' },
          ]}
          button={say('app.save')}
          done={say('app.saved')}
          renews={ME}
          onSend={(given) => call('editAccount', { body: { name: given.name ?? '' } })}
        />
        <p className="soft small">
          <Link to="/studio/channel/$handle" params={{ handle: me.channel.handle }}>
            {say('settings.to_channel')}
          </Link>
        </p>
      </section>
      <Address me={me} />
      <section className="panel stack" aria-labelledby="password">
        <h2 id="password">{say('settings.password')}</h2>
        <AskForm
          fields={[
            passwordAgain(say('settings.password_now')),
            {
              name: 'newPassword',
              label: say('settings.new_password'),
              hint: say('account.password_hint'),
              type: 'password',
              autoComplete: 'new-password',
              minLength: 8,
              maxLength: 256,
              dir: 'ltr',
            },
          ]}
          button={say('settings.change')}
          done={say('settings.password_changed')}
          renews={[['devices']]}
          onSend={(given) =>
            call('changePassword', { body: { password: given.password, newPassword: given.newPassword ?? '' } })
          }
        />
      </section>
      <SecondFactor me={me} />
      <Passkeys />
      <Devices />
    </>
  )
}

function Address({ me }: { me: Me }) {
  const again = useMutation({ mutationFn: () => call('sendVerification') })
  return (
    <section className="panel stack" aria-labelledby="address">
      <h2 id="address">{say('settings.address')}</h2>
      {me.emailVerified ? (
        <p>{say('settings.address_now', { email: me.email })}</p>
      ) : (
        <div className="notice stack" data-kind="warn">
          <p>{say('settings.address_unproved', { email: me.email })}</p>
          <div>
            <Button size="small" disabled={again.isPending || again.isSuccess} onClick={() => again.mutate()}>
              {say('settings.send_again')}
            </Button>
          </div>
          <Trouble thrown={again.error} />
        </div>
      )}
      <AskForm
        fields={[
          { name: 'email', label: say('settings.new_address'), type: 'email', autoComplete: 'email', dir: 'ltr' },
          passwordAgain(say('settings.password_now')),
        ]}
        button={say('settings.change')}
        done={say('settings.sent')}
        onSend={(given) => call('changeEmail', { body: { email: given.email ?? '', password: given.password } })}
      />
    </section>
  )
}

function Leaving({ me }: { me: Me }) {
  const site = useQuery(siteQuery)
  const queries = useQueryClient()
  const keep = useMutation({
    mutationFn: () => call('keepAccount'),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['me'] }),
  })
  return (
    <section className="panel stack" aria-labelledby="leaving">
      <h2 id="leaving">{say('settings.leave')}</h2>
      <a href="/api/me/export" download>
        {say('settings.export')}
      </a>
      {me.deleteAfter ? (
        <div className="notice stack" data-kind="bad">
          <p>{say('settings.delete_on', { date: day(me.deleteAfter) })}</p>
          <Trouble thrown={keep.error} />
          <div>
            <Button kind="main" disabled={keep.isPending} onClick={() => keep.mutate()}>
              {say('settings.keep')}
            </Button>
          </div>
        </div>
      ) : (
        <>
          {site.data ? <p>{say('settings.delete_hint', { days: site.data.graceDays })}</p> : null}
          <AskForm
            fields={[passwordAgain(say('settings.password_now'))]}
            button={say('settings.delete')}
            kind="danger"
            renews={ME}
            onSend={(given) => call('deleteAccount', { body: { password: given.password } })}
          />
        </>
      )}
    </section>
  )
}
