/** Sign in. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useRouter } from '@tanstack/react-router'
import { type FormEvent, useRef, useState } from 'react'
import type { Me } from '../../contract/accounts.ts'
import { CallFailed } from '../../contract/client.ts'
import { call, meQuery, refused } from '../api.ts'
import { siteQuery } from '../parts/account-queries.ts'
import { canUsePasskeys, enterByPasskey } from '../parts/passkey.ts'
import { PasswordField } from '../parts/password-field.tsx'
import { checkSignIn, focusFirstWrong, type Wrongs } from '../parts/sign-form.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

const address = getRouteApi('/shell/sign-in')

export function SignInPage() {
  usePageTitle(say('account.sign_in_title'))
  const { to, refused: elsewhereRefused } = address.useSearch()
  const site = useQuery(siteQuery)
  const router = useRouter()
  const queries = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const [wrong, setWrong] = useState<Wrongs<'email' | 'password'>>({})
  const onSuccess = (me: Me) => {
    queries.clear()
    queries.setQueryData(meQuery.queryKey, me)
    router.history.push(to ?? '/')
  }
  const enter = useMutation({
    mutationFn: (body: { email: string; password: string; code?: string }) => call('signIn', { body }),
    onSuccess,
  })
  const byPasskey = useMutation({ mutationFn: enterByPasskey, onSuccess })
  const asksCode = refused(enter.error, 'second_factor_needed', 'second_factor_wrong')
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const body = { email: String(given.get('email')).trim(), password: String(given.get('password')) }
    const found = checkSignIn(body)
    setWrong(found)
    if (Object.keys(found).length > 0) return focusFirstWrong(form.current)
    const code = String(given.get('code') ?? '').trim()
    enter.mutate(code === '' ? body : { ...body, code })
  }
  return (
    <div className="page-narrow stack sign">
      <h1 tabIndex={-1}>{say('account.sign_in_title')}</h1>
      <form ref={form} className="panel stack" onSubmit={submit} noValidate>
        <Trouble thrown={enter.error ?? (byPasskey.error instanceof CallFailed ? byPasskey.error : null)} />
        {elsewhereRefused && enter.isIdle ? (
          <Trouble thrown={new CallFailed(401, elsewhereRefused, say('trouble.title'))} />
        ) : null}
        <TextField
          label={say('account.email')}
          name="email"
          type="email"
          autoComplete="username"
          dir="ltr"
          required
          wrong={wrong.email}
        />
        <PasswordField autoComplete="current-password" wrong={wrong.password} />
        {asksCode ? (
          <TextField
            label={say('sign.code')}
            name="code"
            autoComplete="one-time-code"
            maxLength={40}
            dir="ltr"
            autoFocus
            required
          />
        ) : null}
        <Button type="submit" kind="main" disabled={enter.isPending}>
          {say('app.sign_in')}
        </Button>
        <Link to="/forgotten" className="small">
          {say('sign.forgotten')}
        </Link>
      </form>
      {canUsePasskeys() ? (
        <Button icon="person" disabled={byPasskey.isPending} onClick={() => byPasskey.mutate()}>
          {say('sign.passkey')}
        </Button>
      ) : null}
      {site.data?.elsewhere ? (
        <a className="button" href={`/sign-in/elsewhere?to=${encodeURIComponent(to ?? '/')}`}>
          {say('sign.elsewhere', { name: site.data.elsewhere })}
        </a>
      ) : null}
      <p className="sign-other">
        {say('account.no_account')}{' '}
        <Link to="/sign-up" search={to ? { to } : {}}>
          {say('app.sign_up')}
        </Link>
      </p>
    </div>
  )
}
