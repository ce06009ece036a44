/** Settings of what opens the account: second factor, passkeys, devices, API tokens. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Me } from '../../contract/accounts.ts'
import { SCOPES } from '../../contract/endpoint.ts'
import { call } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { ago } from '../ui/format.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { devicesQuery, passkeysQuery, tokensQuery } from './account-queries.ts'
import { AskForm, passwordAgain } from './ask-form.tsx'
import { canUsePasskeys, makePasskey } from './passkey.ts'

const ME = [['me']]

export function SecondFactor({ me }: { me: Me }) {
  const [setUp, setSetUp] = useState<{ key: string; address: string }>()
  const [codes, setCodes] = useState<string[]>()
  const code = {
    name: 'code',
    label: say('settings.code'),
    autoComplete: 'one-time-code',
    inputMode: 'numeric',
    dir: 'ltr',
  } as const
  const password = passwordAgain(say('settings.password_now'))
  return (
    <section className="panel stack" aria-labelledby="factor">
      <h2 id="factor">{say('settings.factor')}</h2>
      <p>{me.secondFactor ? say('settings.factor_on') : say('settings.factor_off')}</p>
      {codes ? (
        <div className="notice stack">
          <h3>{say('settings.recovery')}</h3>
          <p>{say('settings.recovery_hint')}</p>
          <pre dir="ltr">{codes.join('\n')}</pre>
        </div>
      ) : null}
      {me.secondFactor ? (
        <AskForm
          fields={[password, code]}
          button={say('settings.factor_remove')}
          kind="danger"
          renews={ME}
          onSend={async (given) => {
            await call('removeSecondFactor', { body: { password: given.password, code: given.code ?? '' } })
            setCodes(undefined)
          }}
        />
      ) : null}
      {!me.secondFactor && !setUp ? (
        <AskForm
          fields={[password]}
          button={say('settings.factor_begin')}
          onSend={async (given) => setSetUp(await call('beginSecondFactor', { body: { password: given.password } }))}
        />
      ) : null}
      {!me.secondFactor && setUp ? (
        <>
          <p>{say('settings.factor_key')}</p>
          <pre dir="ltr">{setUp.key.match(/.{1,4}/g)?.join(' ')}</pre>
          <a href={setUp.address}>{say('settings.factor_open')}</a>
          <AskForm
            fields={[code]}
            button={say('settings.factor_confirm')}
            kind="main"
            renews={ME}
            onSend={async (given) => {
              const { recoveryCodes } = await call('confirmSecondFactor', { body: { code: given.code ?? '' } })
              setCodes(recoveryCodes)
              setSetUp(undefined)
            }}
          />
        </>
      ) : null}
    </section>
  )
}

interface KeptThing {
  id: string
  name: string
  facts: ReactNode
}

/** A list of things with a button that takes each away. */
function Kept({
  items,
  remove,
  renews,
}: {
  items: KeptThing[]
  remove: (id: string) => Promise<unknown>
  renews: readonly unknown[]
}) {
  const queries = useQueryClient()
  const drop = useMutation({ mutationFn: remove, onSuccess: () => queries.invalidateQueries({ queryKey: renews }) })
  return (
    <>
      <Trouble thrown={drop.error} />
      <ul className="rows">
        {items.map((it) => (
          <li key={it.id} className="row spread">
            <span>
              <strong dir="auto">{it.name}</strong> <span className="soft small">{it.facts}</span>
            </span>
            <Button
              size="small"
              aria-label={`${say('settings.remove')}: ${it.name}`}
              disabled={drop.isPending}
              onClick={() => drop.mutate(it.id)}
            >
              {say('settings.remove')}
            </Button>
          </li>
        ))}
      </ul>
    </>
  )
}

export function Passkeys() {
  const listing = useQuery(passkeysQuery)
  return (
    <section className="panel stack" aria-labelledby="passkeys">
      <h2 id="passkeys">{say('settings.passkeys')}</h2>
      <p>{say('settings.passkeys_hint')}</p>
      <Trouble thrown={listing.error} />
      <Kept
        items={(listing.data?.items ?? []).map((it) => ({ ...it, facts: ago(it.lastUsed ?? it.created) }))}
        remove={(passkeyId) => call('removePasskey', { params: { passkeyId } })}
        renews={passkeysQuery.queryKey}
      />
      {canUsePasskeys() ? (
        <AskForm
          fields={[
            { name: 'name', label: say('settings.passkey_name'), maxLength: 60 },
            passwordAgain(say('settings.password_now')),
          ]}
          button={say('settings.passkey_add')}
          renews={[passkeysQuery.queryKey]}
          onSend={(given) =>
            makePasskey(given.name ?? '', given.password ?? '').catch((thrown) => {
              throw thrown instanceof DOMException ? new Error(say('settings.passkey_failed')) : thrown
            })
          }
        />
      ) : null}
    </section>
  )
}

export function Devices() {
  const queries = useQueryClient()
  const listing = useQuery(devicesQuery)
  const act = useMutation({
    mutationFn: (what: () => Promise<unknown>) => what(),
    onSuccess: () => queries.invalidateQueries({ queryKey: devicesQuery.queryKey }),
  })
  return (
    <section className="panel stack" aria-labelledby="devices">
      <h2 id="devices">{say('settings.devices')}</h2>
      <Trouble thrown={listing.error ?? act.error} />
      <ul className="rows">
        {(listing.data?.items ?? []).map((it) => (
          <li key={it.id} className="row spread">
            <span className="stack">
              <span dir="auto">{it.browser}</span>
              <span className="soft small">
                {it.current ? say('settings.device_current') : say('settings.device_seen', { time: ago(it.lastSeen) })}
              </span>
            </span>
            {it.current ? null : (
              <Button
                size="small"
                onClick={() => act.mutate(() => call('signOutDevice', { params: { deviceId: it.id } }))}
              >
                {say('settings.sign_out_one')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <div>
        <Button disabled={act.isPending} onClick={() => act.mutate(() => call('signOutOthers'))}>
          {say('settings.sign_out_others')}
        </Button>
      </div>
    </section>
  )
}

export function Tokens({ me }: { me: Me }) {
  const listing = useQuery(tokensQuery)
  const [secret, setSecret] = useState<string>()
  const offered = SCOPES.filter((scope) => scope !== 'staff' || me.role !== 'member')
  return (
    <section className="panel stack" aria-labelledby="tokens">
      <h2 id="tokens">{say('settings.tokens')}</h2>
      <Trouble thrown={listing.error} />
      <Kept
        items={(listing.data?.items ?? []).map((it) => ({
          id: it.id,
          name: it.name,
          facts: it.scopes.map((scope) => say(`settings.scope.${scope}`)).join(', '),
        }))}
        remove={(tokenId) => call('removeToken', { params: { tokenId } })}
        renews={tokensQuery.queryKey}
      />
      {secret ? <Once secret={secret} /> : null}
      <AskForm
        fields={[{ name: 'name', label: say('settings.token_name'), maxLength: 60 }]}
        button={say('settings.token_make')}
        renews={[tokensQuery.queryKey]}
        onSend={async (given) => {
          const scopes = offered.filter((scope) => given[scope] === 'on')
          setSecret((await call('createToken', { body: { name: given.name ?? '', scopes } })).secret)
        }}
      >
        <fieldset className="row">
          <legend className="out-of-sight">{say('settings.tokens')}</legend>
          {offered.map((scope) => (
            <label key={scope} className="tick">
              <input type="checkbox" name={scope} defaultChecked={scope === 'read'} />
              {say(`settings.scope.${scope}`)}
            </label>
          ))}
        </fieldset>
      </AskForm>
    </section>
  )
}

export function Once({ secret }: { secret: string }) {
  return (
    <div className="notice stack">
      <p>{say('settings.token_once')}</p>
      <pre dir="ltr" className="secret">
        {secret}
      </pre>
    </div>
  )
}
