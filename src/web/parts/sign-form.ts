/** What the sign-in and sign-up forms share: checking before asking, and putting a refusal at the field it is about. */
import { CallFailed } from '../../contract/client.ts'
import { troubleText } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

export type Wrongs<Field extends string> = Partial<Record<Field, string>>
export type SignUpField = 'email' | 'password' | 'name' | 'handle'

/** Which field a refusal is about; undefined for those that concern the whole form. */
const fieldOfCode: Record<string, SignUpField> = { email_taken: 'email', handle_taken: 'handle' }

export function checkSignIn(given: { email: string; password: string }): Wrongs<'email' | 'password'> {
  return {
    ...emailWrong(given.email),
    ...(given.password === '' ? { password: say('account.password_needed') } : {}),
  }
}

export function checkSignUp(given: Record<SignUpField, string>): Wrongs<SignUpField> {
  return {
    ...(given.name.trim() === '' ? { name: say('account.name_needed') } : {}),
    ...emailWrong(given.email),
    ...([...given.password].length < 8 ? { password: say('account.password_short') } : {}),
    ...(given.handle !== '' && !/^[a-z0-9][a-z0-9_-]{1,28}[a-z0-9]$/.test(given.handle)
      ? { handle: say('account.handle_wrong') }
      : {}),
  }
}

function emailWrong(email: string): Wrongs<'email'> {
  if (email.trim() === '') return { email: say('account.email_needed') }
  return /^\S+@\S+\.\S+$/.test(email.trim()) ? {} : { email: say('account.email_wrong') }
}

/** Puts what the server refused at its field, by the code or by the field that its detail names. */
export function wrongsOf(thrown: unknown): Wrongs<SignUpField> {
  if (!(thrown instanceof CallFailed)) return {}
  const byCode = fieldOfCode[thrown.code]
  if (byCode) return { [byCode]: troubleText(thrown) }
  const detail = /^(?:body\.)?(email|password|name|handle)\b:?\s*(.+)$/.exec(thrown.problem?.detail ?? '')
  if (thrown.code !== 'bad_request' || !detail?.[1]) return {}
  return { [detail[1]]: detail[2] }
}

/** The focus goes to the first field that is wrong, so that its sentence is heard. */
export function focusFirstWrong(form: HTMLFormElement | null): void {
  requestAnimationFrame(() => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
}
