/** What stands where a list or page would be: what is missing, and a way forward. */
import type { ReactNode } from 'react'
import { Mark } from './icon.tsx'

interface EmptyProps {
  title: string
  hint: string
  heading?: 'h1' | 'h2'
  children?: ReactNode
}

export function Empty({ title, hint, heading: Heading = 'h2', children }: EmptyProps) {
  return (
    <section className="empty">
      <Mark size={56} />
      <Heading tabIndex={Heading === 'h1' ? -1 : undefined}>{title}</Heading>
      <p className="soft">{hint}</p>
      {children}
    </section>
  )
}
