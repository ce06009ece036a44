/** A new file for a video that can be watched already, or whose file was no good: how far it is, going on, and ending it. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { Upload } from '../../contract/uploads.ts'
import { call } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { FileButton } from '../ui/file-button.tsx'
import { fileSize, percent } from '../ui/format.ts'
import { ProgressBar } from '../ui/progress.tsx'
import { say, sayRefusal } from '../words/say.ts'
import {
  giveUpReplacing,
  hearReplacements,
  type Replacement,
  replaceBy,
  replacementOf,
  wasReplacing,
} from './replacements.ts'

export function Replace({ videoId, hint }: { videoId: string; hint: string }) {
  const queries = useQueryClient()
  const group = useRef<HTMLFieldSetElement>(null)
  const now = useSyncExternalStore(hearReplacements, () => replacementOf(videoId))
  const queryKey = ['uploads', 'replacing', videoId]
  const unfinished = useQuery({
    queryKey,
    queryFn: async () => {
      if (!wasReplacing(videoId)) return null
      const { items } = await call('listUploads')
      return items.find((it) => it.videoId === videoId) ?? null
    },
    enabled: now === undefined,
  })
  const isRunning = now !== undefined && now.state !== 'arrived' && now.state !== 'failed'
  useEffect(() => {
    if (!isRunning) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', warn)
    return () => removeEventListener('beforeunload', warn)
  }, [isRunning])
  const giveUp = () => {
    group.current?.focus({ preventScroll: true })
    queries.setQueryData(queryKey, null)
    void giveUpReplacing(videoId)
  }
  const choose = (file: File) => {
    queries.setQueryData(queryKey, null)
    replaceBy(videoId, file)
  }
  return (
    <fieldset ref={group} tabIndex={-1} className="media-part">
      <legend>{say('media.replace')}</legend>
      <p className="soft small">{hint}</p>
      <Controls now={now} unfinished={unfinished.data ?? undefined} onChoose={choose} onGiveUp={giveUp} />
      <p role="status">{now ? wordsOf(now) : ''}</p>
    </fieldset>
  )
}

interface ControlsProps {
  now: Replacement | undefined
  /** Of an earlier visit. */
  unfinished: Upload | undefined
  onChoose: (file: File) => void
  onGiveUp: () => void
}

function Controls({ now, unfinished, onChoose, onGiveUp }: ControlsProps) {
  if (now && now.state !== 'arrived') {
    return (
      <>
        <ProgressBar part={now.part} label={say('media.replace')} />
        <div className="row">
          {now.state === 'failed' ? (
            <Button size="small" onClick={() => onChoose(now.file)}>
              {say('app.retry')}
            </Button>
          ) : null}
          <Button size="small" icon="cross" onClick={onGiveUp}>
            {say('app.cancel')}
          </Button>
        </div>
      </>
    )
  }
  if (!unfinished) return <FileButton label={say('media.replace')} accept="video/*,audio/*" onFile={onChoose} />
  const { fileName, offsetBytes, lengthBytes } = unfinished
  const part = offsetBytes / Math.max(1, lengthBytes)
  return (
    <>
      <p dir="auto">{say('media.replace_unfinished', { name: fileName })}</p>
      <ProgressBar part={part} label={say('upload.progress', { name: fileName })} />
      <p className="upload-figures">
        <span>{percent(part)}</span>
        <span>{say('upload.amount', { done: fileSize(offsetBytes), total: fileSize(lengthBytes) })}</span>
      </p>
      <div className="row">
        <FileButton label={say('upload.resume_choose')} accept="video/*,audio/*" onFile={onChoose} />
        <Button icon="bin" onClick={onGiveUp}>
          {say('upload.discard')}
        </Button>
      </div>
    </>
  )
}

function wordsOf({ state, part, problem }: Replacement): string {
  if (state === 'failed')
    return say('media.failed', { reason: problem ? sayRefusal(problem.code, problem.sentence) : '' })
  if (state === 'arrived') return say('media.replaced')
  return state === 'retrying' ? say('upload.retrying') : say('media.replacing', { percent: percent(part) })
}
