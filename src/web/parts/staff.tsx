/** What the pages of staff share: who may open them, their tabs, and deeds against an account with the reason it reads. */
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import type { Me } from '../../contract/accounts.ts'
import { NotFoundPage } from '../pages/not-found.tsx'
import { useAct } from '../ui/act.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { AreaField } from '../ui/field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { MembersOnly } from './members-only.tsx'

/** For everybody else the page is not there. */
export function StaffOnly({ admin, children }: { admin?: true; children: (me: Me) => ReactNode }) {
  const may = (me: Me) => me.role === 'admin' || (!admin && me.role === 'moderator')
  return <MembersOnly>{(me) => (may(me) ? children(me) : <NotFoundPage />)}</MembersOnly>
}

/** Does something, then reads the lists of staff anew. */
export const useStaffAct = () => useAct(['staff'])

/** Shortest reason that says anything; the contract's own bound. */
const LEAST_REASON = 3

interface ReasonDialogProps {
  title: string
  button: string
  onSend: (reason: string) => Promise<unknown>
  onClose: () => void
  children?: ReactNode
}

/** Asks for the reason that whoever it concerns will read. */
export function ReasonDialog({ title, button, onSend, onClose, children }: ReasonDialogProps) {
  const act = useStaffAct()
  const [reason, setReason] = useState('')
  const send = () => act.mutate(() => onSend(reason.trim()), { onSuccess: onClose })
  return (
    <Dialog title={title} onClose={onClose}>
      <AreaField
        label={say('staff.reason')}
        value={reason}
        maxLength={1000}
        rows={3}
        onChange={(event) => setReason(event.target.value)}
      />
      {children}
      <Trouble thrown={act.error} />
      <div className="ends">
        <Button onClick={onClose}>{say('app.cancel')}</Button>
        <Button kind="danger" disabled={act.isPending || reason.trim().length < LEAST_REASON} onClick={send}>
          {button}
        </Button>
      </div>
    </Dialog>
  )
}

/** Whose something is, as a link into the administration for those who may open it. */
export function PersonLink({ person, admin }: { person: { id: string; name: string }; admin: boolean }) {
  if (!admin) return <bdi>{person.name}</bdi>
  return (
    <Link to="/admin/$part" params={{ part: 'accounts' }} search={{ find: person.name } as never}>
      <bdi>{person.name}</bdi>
    </Link>
  )
}
