/** A password that can be looked at: seeing it beats typing it twice. */
import { useState } from 'react'
import { TextField } from '../ui/field.tsx'
import { say } from '../words/say.ts'

interface PasswordFieldProps {
  autoComplete: 'current-password' | 'new-password'
  hint?: string
  wrong?: string | undefined
}

export function PasswordField({ autoComplete, hint, wrong }: PasswordFieldProps) {
  const [shown, setShown] = useState(false)
  return (
    <div className="stack password">
      <TextField
        label={say('account.password')}
        name="password"
        type={shown ? 'text' : 'password'}
        autoComplete={autoComplete}
        maxLength={256}
        required
        dir="ltr"
        spellCheck={false}
        autoCapitalize="none"
        hint={hint}
        wrong={wrong}
      />
      <label className="tick">
        <input type="checkbox" checked={shown} onChange={(event) => setShown(event.target.checked)} />
        {say('account.show_password')}
      </label>
    </div>
  )
}
