/** A small form that asks for a few words and sends them: with what went wrong, and that it is done, said where one looks. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ComponentProps, type FormEvent, type ReactNode, useState } from 'react'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Trouble } from '../ui/trouble.tsx'

type Field = { name: string } & ComponentProps<typeof TextField>

interface AskFormProps {
  fields: Field[]
  button: string
  kind?: 'main' | 'danger'
  /** Said once it is done. */
  done?: string
  /** Queries that are old then. */
  renews?: readonly (readonly unknown[])[]
  onSend: (given: Record<string, string>) => Promise<unknown>
  children?: ReactNode
}

export function AskForm({ fields, button, kind, done, renews = [], onSend, children }: AskFormProps) {
  const queries = useQueryClient()
  const [finished, setFinished] = useState(false)
  const send = useMutation({
    mutationFn: async (form: HTMLFormElement) => {
      const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]))
      await onSend(given)
      return form
    },
    onSuccess: async (form) => {
      form.reset()
      setFinished(done !== undefined)
      if (done) announce(done)
      await Promise.all(renews.map((queryKey) => queries.invalidateQueries({ queryKey })))
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setFinished(false)
    send.mutate(event.currentTarget)
  }
  return (
    <form className="stack" onSubmit={submit}>
      <Trouble thrown={send.error} />
      {finished ? <p className="notice">{done}</p> : null}
      {fields.map((field) => (
        <TextField key={field.name} required {...field} />
      ))}
      {children}
      <div>
        <Button type="submit" {...(kind ? { kind } : {})} disabled={send.isPending}>
          {button}
        </Button>
      </div>
    </form>
  )
}

/** A field for the account's present password, which is asked for before great changes. */
export function passwordAgain(label: string): Field {
  return { name: 'password', label, type: 'password', autoComplete: 'current-password', maxLength: 256, dir: 'ltr' }
}
