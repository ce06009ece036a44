/** A new file for a video that can be watched already, or whose file was no good: how far it is, and ending it. */
import { useEffect, useSyncExternalStore } from 'react'
import { Upload } from 'tus-js-client'
import { UPLOADS_PATH } from '../../contract/tus.ts'
import { Button } from '../ui/button.tsx'
import { FileButton } from '../ui/file-button.tsx'
import { percent } from '../ui/format.ts'
import { ProgressBar } from '../ui/progress.tsx'
import { say, sayRefusal } from '../words/say.ts'
import { problemOf } from './upload-sending.ts'

interface Replacing {
  state: 'sending' | 'arrived' | 'failed'
  /** Part of one that was sent. */
  part: number
  reason: string
  upload: Upload
}

/** By video; kept while the person looks at other pages, for it goes on. */
const replacing = new Map<string, Replacing>()
const hearers = new Set<() => void>()

function hear(hearer: () => void): () => void {
  hearers.add(hearer)
  return () => hearers.delete(hearer)
}

function note(videoId: string, change: Partial<Replacing> | undefined): void {
  const before = replacing.get(videoId)
  if (change === undefined) replacing.delete(videoId)
  else if (before) replacing.set(videoId, { ...before, ...change })
  for (const hearer of hearers) hearer()
}

/** A broken line is tried again for a while, then when the person says so; what has arrived is not sent again. */
function send(videoId: string, file: File): void {
  const upload = new Upload(file, {
    endpoint: UPLOADS_PATH,
    retryDelays: [0, 1000, 3000, 10_000, 30_000],
    chunkSize: 64 * 1024 * 1024,
    metadata: { filename: file.name.slice(-255), filetype: file.type, video: videoId, replace: '1' },
    onProgress: (sent, total) => note(videoId, { part: sent / Math.max(1, total) }),
    onSuccess: () => note(videoId, { state: 'arrived' }),
    onError: (error) => {
      const { code, sentence } = problemOf(error)
      note(videoId, { state: 'failed', reason: sayRefusal(code, sentence) })
    },
  })
  replacing.set(videoId, { state: 'sending', part: 0, reason: '', upload })
  note(videoId, {})
  upload.start()
}

export function Replace({ videoId, hint }: { videoId: string; hint: string }) {
  const now = useSyncExternalStore(hear, () => replacing.get(videoId))
  const sending = now?.state === 'sending'
  useEffect(() => {
    if (!sending) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', warn)
    return () => removeEventListener('beforeunload', warn)
  }, [sending])
  const cancel = () => {
    // What has arrived is of no use to anybody; where the server cannot be told, it forgets it by itself.
    void now?.upload.abort(true).catch(() => {})
    note(videoId, undefined)
  }
  const again = () => {
    note(videoId, { state: 'sending' })
    now?.upload.start()
  }
  return (
    <fieldset className="media-part">
      <legend>{say('media.replace')}</legend>
      <p className="soft small">{hint}</p>
      {now && now.state !== 'arrived' ? (
        <>
          <ProgressBar part={now.part} label={say('media.replace')} />
          <div className="row">
            {now.state === 'failed' ? (
              <Button size="small" onClick={again}>
                {say('app.retry')}
              </Button>
            ) : null}
            <Button size="small" icon="cross" onClick={cancel}>
              {say('app.cancel')}
            </Button>
          </div>
        </>
      ) : (
        <FileButton label={say('media.replace')} accept="video/*,audio/*" onFile={(file) => send(videoId, file)} />
      )}
      <p role="status">{now ? wordsOf(now) : ''}</p>
    </fieldset>
  )
}

function wordsOf({ state, part, reason }: Replacing): string {
  if (state === 'failed') return say('media.failed', { reason })
  return state === 'arrived' ? say('media.replaced') : say('media.replacing', { percent: percent(part) })
}
