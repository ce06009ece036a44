/** A button: `main` for the one thing a page is about, `quiet` beside others, `danger` for what cannot be undone. */
import type { ComponentProps } from 'react'
import { Icon, type IconName } from './icon.tsx'

interface ButtonProps extends ComponentProps<'button'> {
  kind?: 'main' | 'quiet' | 'danger'
  icon?: IconName
  size?: 'small'
  /** For an icon alone; then it needs an aria-label. */
  shape?: 'round'
}

export function Button({ kind, icon, size, shape, type = 'button', children, ...rest }: ButtonProps) {
  return (
    <button {...rest} type={type} className="button" data-kind={kind} data-size={size} data-shape={shape}>
      {icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  )
}
