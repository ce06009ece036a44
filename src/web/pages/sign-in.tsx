/** Sign in. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useRouter } from '@tanstack/react-router'
import { type FormEvent, useRef, useState } from 'react'
import { call, meQuery } from '../api.ts'
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
  const { to } = address.useSearch()
  const router = useRouter()
  const queries = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const [wrong, setWrong] = useState<Wrongs<'email' | 'password'>>({})
  const enter = useMutation({
    mutationFn: (body: { email: string; password: string }) => call('signIn', { body }),
    onSuccess: (me) => {
      queries.clear()
      queries.setQueryData(meQuery.queryKey, me)
      router.history.push(to ?? '/')
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const body = { email: String(given.get('email')).trim(), password: String(given.get('password')) }
    const found = checkSignIn(body)
    setWrong(found)
    if (Object.keys(found).length > 0) return focusFirstWrong(form.current)
    enter.mutate(body)
  }
  return (
    <div className="page-narrow stack sign">
      <h1 tabIndex={-1}>{say('account.sign_in_title')}</h1>
      <form ref={form} className="panel stack" onSubmit={submit} noValidate>
        <Trouble thrown={enter.error} />
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
        <Button type="submit" kind="main" disabled={enter.isPending}>
          {say('app.sign_in')}
        </Button>
      </form>
      <p className="sign-other">
        {say('account.no_account')}{' '}
        <Link to="/sign-up" search={to ? { to } : {}}>
          {say('app.sign_up')}
        </Link>
      </p>
    </div>
  )
}
