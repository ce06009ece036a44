/** The pages that letters lead to, and the one that asks for a letter. Keys stand after `#`, which is sent to nobody; the one that only ends letters does not, for mail programs post to the same address. */
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { NotificationKind } from '../../contract/notifications.ts'
import { call } from '../api.ts'
import { AskForm } from '../parts/ask-form.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { say } from '../words/say.ts'

/** Read once, and taken out of the address: it must not stay in the history of a shared browser. */
function useKey(): string | undefined {
  const [key] = useState(() => {
    const found = /^#([\w-]{43})$/.exec(location.hash)?.[1]
    if (found) history.replaceState(history.state, '', location.pathname)
    return found
  })
  return key
}

export function ForgottenPage() {
  usePageTitle(say('sign.forgotten_title'))
  return (
    <div className="page-narrow stack sign">
      <h1 tabIndex={-1}>{say('sign.forgotten_title')}</h1>
      <div className="panel stack">
        <p>{say('sign.forgotten_hint')}</p>
        <AskForm
          fields={[{ name: 'email', label: say('account.email'), type: 'email', autoComplete: 'username', dir: 'ltr' }]}
          button={say('sign.send')}
          kind="main"
          done={say('settings.sent')}
          onSend={(given) => call('askReset', { body: { email: given.email ?? '' } })}
        />
      </div>
    </div>
  )
}

export function NewPasswordPage() {
  usePageTitle(say('sign.new_password_title'))
  const key = useKey()
  const [done, setDone] = useState(false)
  return (
    <div className="page-narrow stack sign">
      <h1 tabIndex={-1}>{say('sign.new_password_title')}</h1>
      <div className="panel stack">
        {done ? (
          <>
            <p>{say('sign.new_password_done')}</p>
            <Link to="/sign-in" className="button" data-kind="main">
              {say('app.sign_in')}
            </Link>
          </>
        ) : null}
        {!done && key === undefined ? <p>{say('sign.no_key')}</p> : null}
        {!done && key !== undefined ? (
          <AskForm
            fields={[
              {
                name: 'password',
                label: say('settings.new_password'),
                hint: say('account.password_hint'),
                type: 'password',
                autoComplete: 'new-password',
                minLength: 8,
                maxLength: 256,
                dir: 'ltr',
              },
            ]}
            button={say('app.save')}
            kind="main"
            onSend={async (given) => {
              await call('useReset', { body: { key, password: given.password ?? '' } })
              setDone(true)
            }}
          />
        ) : null}
      </div>
    </div>
  )
}

/** A button rather than at once: programs that look into letters open their links, and would use the key up. */
export function ConfirmPage() {
  usePageTitle(say('sign.confirm_title'))
  const key = useKey()
  const [email, setEmail] = useState<string>()
  return (
    <div className="page-narrow stack sign">
      <h1 tabIndex={-1}>{say('sign.confirm_title')}</h1>
      <div className="panel stack">
        {email ? <p role="status">{say('sign.confirmed', { email })}</p> : null}
        {email === undefined && key === undefined ? <p>{say('sign.no_key')}</p> : null}
        {email === undefined && key !== undefined ? (
          <AskForm
            fields={[]}
            button={say('sign.confirm')}
            kind="main"
            renews={[['me']]}
            onSend={async () => setEmail((await call('useLetter', { body: { key } })).email)}
          />
        ) : null}
      </div>
    </div>
  )
}

/** A button here too: what opens links in letters must not end them. */
export function UnsubscribePage() {
  usePageTitle(say('sign.stop_title'))
  const key = new URLSearchParams(location.search).get('key')
  const [kind, setKind] = useState<NotificationKind>()
  return (
    <div className="page-narrow stack sign">
      <h1 tabIndex={-1}>{say('sign.stop_title')}</h1>
      <div className="panel stack">
        {kind ? <p role="status">{say('sign.stopped', { kind: say(`notification.kind.${kind}`) })}</p> : null}
        {!kind && key === null ? <p>{say('sign.no_key')}</p> : null}
        {!kind && key !== null ? (
          <>
            <p>{say('sign.stop_hint')}</p>
            <AskForm
              fields={[]}
              button={say('sign.stop')}
              kind="main"
              onSend={async () => setKind((await call('stopLetters', { body: { key } })).kind)}
            />
          </>
        ) : null}
        <Link to="/notifications">{say('sign.stop_choose')}</Link>
      </div>
    </div>
  )
}
