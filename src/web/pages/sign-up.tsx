/** Sign up: makes an account and its channel, and signs in. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useRouter } from '@tanstack/react-router'
import { type FormEvent, useRef, useState } from 'react'
import { call, meQuery } from '../api.ts'
import { readBoot } from '../boot.ts'
import { PasswordField } from '../parts/password-field.tsx'
import { checkSignUp, focusFirstWrong, type SignUpField, type Wrongs, wrongsOf } from '../parts/sign-form.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

const address = getRouteApi('/shell/sign-up')

export function SignUpPage() {
  usePageTitle(say('account.sign_up_title'))
  const { to } = address.useSearch()
  const router = useRouter()
  const queries = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const [wrong, setWrong] = useState<Wrongs<SignUpField>>({})
  const enter = useMutation({
    mutationFn: ({ handle, ...rest }: Record<SignUpField, string>) =>
      call('signUp', { body: handle === '' ? rest : { ...rest, handle } }),
    onSuccess: (me) => {
      queries.clear()
      queries.setQueryData(meQuery.queryKey, me)
      router.history.push(to ?? '/upload')
    },
    onError: (thrown) => {
      setWrong(wrongsOf(thrown))
      focusFirstWrong(form.current)
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const text = (name: SignUpField) => String(given.get(name) ?? '')
    const body = {
      name: text('name').trim(),
      email: text('email').trim(),
      password: text('password'),
      handle: text('handle').trim().replace(/^@/, ''),
    }
    const found = checkSignUp(body)
    setWrong(found)
    if (Object.keys(found).length > 0) return focusFirstWrong(form.current)
    enter.mutate(body)
  }
  return (
    <div className="page-narrow stack sign">
      <h1 tabIndex={-1}>{say('account.sign_up_title')}</h1>
      {readBoot()?.firstRun ? (
        <div className="notice">
          <Icon name="person" />
          <p>{say('home.first_run')}</p>
        </div>
      ) : null}
      <form ref={form} className="panel stack" onSubmit={submit} noValidate>
        <Trouble thrown={enter.error && Object.keys(wrongsOf(enter.error)).length === 0 ? enter.error : null} />
        <TextField
          label={say('account.name')}
          name="name"
          autoComplete="name"
          maxLength={60}
          required
          hint={say('account.name_hint')}
          wrong={wrong.name}
        />
        <TextField
          label={say('account.email')}
          name="email"
          type="email"
          autoComplete="username"
          dir="ltr"
          required
          wrong={wrong.email}
        />
        <PasswordField autoComplete="new-password" hint={say('account.password_hint')} wrong={wrong.password} />
        <TextField
          label={say('account.handle')}
          name="handle"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={31}
          dir="ltr"
          hint={say('account.handle_hint')}
          wrong={wrong.handle}
        />
        <Button type="submit" kind="main" disabled={enter.isPending}>
          {say('app.sign_up')}
        </Button>
      </form>
      <p className="sign-other">
        {say('account.have_account')}{' '}
        <Link to="/sign-in" search={to ? { to } : {}}>
          {say('app.sign_in')}
        </Link>
      </p>
    </div>
  )
}
