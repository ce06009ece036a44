/** Where a comment is written: a new one, a reply, or a change of one. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { call, useMe } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { Face } from './face.tsx'
import { UNSENT } from './going-on.ts'
import { useSignIn } from './reactions.tsx'

interface CommentBoxProps {
  videoId: string
  label: string
  replyTo?: string
  /** The text to begin with: of a comment that is changed, or the name of whom one answers. */
  start?: string
  /** The comment that is changed. */
  edits?: string
  onDone?: () => void
}

/** Writes a comment, a reply, or a change of one. */
export function CommentBox({ videoId, label, replyTo, start = '', edits, onDone }: CommentBoxProps) {
  const me = useMe()
  const signIn = useSignIn()
  const queries = useQueryClient()
  const id = useId()
  const [text, setText] = useState(start)
  const send = useMutation({
    mutationFn: () =>
      edits
        ? call('editComment', { params: { videoId, commentId: edits }, body: { text } })
        : call('postComment', { params: { videoId }, body: { text, ...(replyTo ? { replyTo } : {}) } }),
    onSuccess: async (written) => {
      setText('')
      announce(written.state === 'held' ? say('comment.held') : say('comment.sent'))
      onDone?.()
      await refreshComments(queries, videoId)
    },
  })
  if (!me) {
    return (
      <div>
        <Button onClick={signIn}>{say('comment.sign_in')}</Button>
      </div>
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim()) send.mutate()
  }
  const unsent = text.trim() !== '' && text !== start ? { [UNSENT]: '' } : {}
  return (
    <form className="comment-box" onSubmit={submit} {...unsent}>
      <Face {...me.channel} size={replyTo || edits ? 28 : 40} />
      <div className="stack">
        <label htmlFor={id} className="out-of-sight">
          {label}
        </label>
        <textarea
          id={id}
          className="input"
          dir="auto"
          rows={text.includes('\n') || text.length > 80 ? 4 : 2}
          maxLength={5000}
          placeholder={label}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event)
            if (event.key === 'Escape') onDone?.()
          }}
        />
        <Trouble thrown={send.error} />
        {text.trim() !== '' || onDone ? (
          <div className="row">
            <Button type="submit" kind="main" size="small" disabled={send.isPending || text.trim() === ''}>
              {edits ? say('app.save') : say('comment.send')}
            </Button>
            {onDone ? (
              <Button size="small" kind="quiet" onClick={onDone}>
                {say('app.cancel')}
              </Button>
            ) : null}
          </div>
        ) : null}
      </div>
    </form>
  )
}

export async function refreshComments(queries: ReturnType<typeof useQueryClient>, videoId: string): Promise<void> {
  await Promise.all(
    ['comments', 'replies', 'comment'].map((key) => queries.invalidateQueries({ queryKey: [key, videoId] })),
  )
}
