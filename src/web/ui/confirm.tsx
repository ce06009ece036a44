/** Asks before what cannot be undone, and says what went wrong where it did. */
import { type ReactNode, useState } from 'react'
import { say } from '../words/say.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Trouble } from './trouble.tsx'

interface ConfirmProps {
  title: string
  /** The word on the button that does it. */
  button: string
  onConfirm: () => Promise<unknown>
  onClose: () => void
  children?: ReactNode
}

/** Closes by itself once it is done. */
export function Confirm({ title, button, onConfirm, onClose, children }: ConfirmProps) {
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<unknown>()
  const doIt = async () => {
    setBusy(true)
    setWrong(undefined)
    try {
      await onConfirm()
      onClose()
    } catch (thrown) {
      setWrong(thrown)
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <Trouble thrown={wrong} />
      <div className="ends">
        <Button onClick={onClose}>{say('app.cancel')}</Button>
        <Button kind="danger" disabled={busy} onClick={doIt}>
          {button}
        </Button>
      </div>
    </Dialog>
  )
}
