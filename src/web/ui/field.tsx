/** Fields of a form: label, hint and what is wrong are tied to the control, so that they are heard with it. */
import { type ComponentProps, type ReactNode, useId } from 'react'
import { Icon } from './icon.tsx'

interface Framing {
  label: string
  hint?: string | undefined
  wrong?: string | undefined
  /** The label is for those who listen; what stands around says it to those who look. */
  quiet?: boolean | undefined
}

export function TextField({ label, hint, wrong, quiet, ...rest }: Framing & ComponentProps<'input'>) {
  return (
    <Frame label={label} hint={hint} wrong={wrong} quiet={quiet}>
      {(tied) => <input dir="auto" {...rest} {...tied} className="input" />}
    </Frame>
  )
}

export function AreaField({ label, hint, wrong, quiet, ...rest }: Framing & ComponentProps<'textarea'>) {
  return (
    <Frame label={label} hint={hint} wrong={wrong} quiet={quiet}>
      {(tied) => <textarea dir="auto" {...rest} {...tied} className="input" />}
    </Frame>
  )
}

interface SelectProps<Value extends string> extends Framing, Omit<ComponentProps<'select'>, 'onChange' | 'value'> {
  value: Value
  options: readonly (readonly [value: Value, text: string])[]
  onChoose: (value: Value) => void
}

export function SelectField<Value extends string>(props: SelectProps<Value>) {
  const { label, hint, wrong, quiet, options, onChoose, ...rest } = props
  return (
    <Frame label={label} hint={hint} wrong={wrong} quiet={quiet}>
      {(tied) => (
        <select {...rest} {...tied} className="input" onChange={(event) => onChoose(event.target.value as Value)}>
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Frame>
  )
}

interface Tied {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

function Frame({ label, hint, wrong, quiet, children }: Framing & { children: (tied: Tied) => ReactNode }) {
  const id = useId()
  const described = [wrong ? `${id}-wrong` : '', hint ? `${id}-hint` : ''].filter(Boolean).join(' ')
  return (
    <div className="field">
      <label htmlFor={id} className={quiet ? 'out-of-sight' : undefined}>
        {label}
      </label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': wrong ? true : undefined })}
      {wrong ? (
        <p className="wrong" id={`${id}-wrong`}>
          <Icon name="warn" size={18} />
          {wrong}
        </p>
      ) : null}
      {hint ? (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
    </div>
  )
}
