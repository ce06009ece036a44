/** Pages that need an account: shows them to members, and leads everybody else to the sign-in and back. */
import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Me } from '../../contract/accounts.ts'
import { meQuery } from '../api.ts'
import { Trouble } from '../ui/trouble.tsx'

export function MembersOnly({ children }: { children: (me: Me) => ReactNode }) {
  const me = useQuery(meQuery)
  if (me.isError) return <Trouble thrown={me.error} />
  if (me.data === undefined) return null
  if (me.data === null) return <Navigate to="/sign-in" search={{ to: location.pathname + location.search }} replace />
  return children(me.data)
}
