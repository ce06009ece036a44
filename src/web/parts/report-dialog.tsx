/** Reporting a video, comment or channel to the staff. */
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useState } from 'react'
import { call, useMe } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { AreaField, SelectField } from '../ui/field.tsx'
import type { Action } from '../ui/popup.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

/** As the contract has them; named here, since the contract itself does not travel to browsers. */
const REASONS = [
  'spam',
  'harassment',
  'hate',
  'violence',
  'sexual',
  'minors',
  'self_harm',
  'misleading',
  'copyright',
  'privacy',
  'other',
] as const

type Subject =
  | { kind: 'video'; videoId: string }
  | { kind: 'comment'; videoId: string; commentId: string }
  | { kind: 'channel'; handle: string }

/** Reporting from a menu: what to put into it, and the dialog that it opens. Nothing for those who are not signed in. */
export function useReport(subject: Subject): { action: Action | undefined; dialog: ReactNode } {
  const me = useMe()
  const [open, setOpen] = useState(false)
  return {
    action: me ? { icon: 'flag', words: say('report.open'), onChoose: () => setOpen(true) } : undefined,
    dialog: open ? <ReportDialog subject={subject} onClose={() => setOpen(false)} /> : null,
  }
}

export function ReportButton({ subject }: { subject: Subject }) {
  const me = useMe()
  const [open, setOpen] = useState(false)
  if (me === null) return null
  return (
    <>
      <Button size="small" kind="quiet" icon="flag" onClick={() => setOpen(true)}>
        {say('report.open')}
      </Button>
      {open ? <ReportDialog subject={subject} onClose={() => setOpen(false)} /> : null}
    </>
  )
}

function ReportDialog({ subject, onClose }: { subject: Subject; onClose: () => void }) {
  const [reason, setReason] = useState<(typeof REASONS)[number]>('spam')
  const send = useMutation({
    mutationFn: (words: string) => call('reportContent', { body: { ...subject, reason, words } }),
    onSuccess: () => announce(say('report.sent')),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    send.mutate(String(new FormData(event.currentTarget).get('words') ?? ''))
  }
  return (
    <Dialog title={say('report.title')} onClose={onClose}>
      {send.isSuccess ? (
        <div className="stack">
          <p>{say('report.sent')}</p>
          <div>
            <Button onClick={onClose}>{say('app.close')}</Button>
          </div>
        </div>
      ) : (
        <form className="stack" onSubmit={submit}>
          <Trouble thrown={send.error} />
          <SelectField
            label={say('report.reason')}
            value={reason}
            options={REASONS.map((it) => [it, say(`report.reason.${it}`)] as const)}
            onChoose={setReason}
          />
          <AreaField name="words" label={say('report.words')} maxLength={2000} />
          <div className="row">
            <Button type="submit" kind="main" disabled={send.isPending}>
              {say('report.send')}
            </Button>
            <Button onClick={onClose}>{say('app.cancel')}</Button>
            <Link to="/about" className="small">
              {say('about.terms')}
            </Link>
          </div>
        </form>
      )}
    </Dialog>
  )
}
