/** One upload: how far it is, what can be done with it, and the video's details to fill in meanwhile. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import type { LiveNews } from '../../contract/live.ts'
import { videoQuery } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { fileSize, percent, roughTime } from '../ui/format.ts'
import { Icon } from '../ui/icon.tsx'
import { ProgressBar } from '../ui/progress.tsx'
import { say, sayRefusal } from '../words/say.ts'
import type { UploadView } from './upload-client.ts'
import { uploadDesk } from './upload-desk.ts'
import { VideoForm } from './video-form.tsx'
import { Replace } from './video-replace.tsx'
import { reasonText, StateDetails, standingOf } from './video-state.tsx'

interface UploadCardProps {
  upload: UploadView
  news: LiveNews | undefined
  /** Whether its details are shown from the start: those of one are, those of many would bury the list. */
  open: boolean
}

export function UploadCard({ upload, news, open }: UploadCardProps) {
  useOutcomeSaid(upload, news)
  const processing = upload.state === 'done'
  return (
    <article className="panel upload-card" aria-label={upload.fileName}>
      <div className="upload-top">
        <h3 dir="auto">{upload.fileName}</h3>
        <Actions upload={upload} />
      </div>
      {processing ? <Processing upload={upload} news={news} /> : <Sending upload={upload} />}
      {upload.videoId && news?.state === 'failed' ? (
        <Replace videoId={upload.videoId} hint={say('media.replace_failed_hint')} />
      ) : null}
      {upload.videoId && news?.state !== 'failed' ? <Details videoId={upload.videoId} open={open} /> : null}
    </article>
  )
}

function Sending({ upload }: { upload: UploadView }) {
  const { sentBytes, sizeBytes, bytesPerSecond, leftMs, problem } = upload
  const part = sizeBytes > 0 ? sentBytes / sizeBytes : 0
  return (
    <div className="stack upload-sending">
      <ProgressBar part={part} label={say('upload.progress', { name: upload.fileName })} />
      <p className="upload-figures">
        <strong>{stateWords(upload)}</strong>
        <span>{percent(part)}</span>
        <span>{say('upload.amount', { done: fileSize(sentBytes), total: fileSize(sizeBytes) })}</span>
        {bytesPerSecond ? <span>{say('upload.speed', { speed: fileSize(bytesPerSecond) })}</span> : null}
        {leftMs === undefined ? null : <span>{say('upload.left', { time: roughTime(leftMs) })}</span>}
      </p>
      {upload.state === 'failed' && problem ? (
        <div className="notice" data-kind="bad">
          <Icon name="warn" />
          <p>{sayRefusal(problem.code, problem.sentence)}</p>
        </div>
      ) : null}
    </div>
  )
}

function stateWords(upload: UploadView): string {
  const words = {
    waiting: say('upload.waiting'),
    sending: say('upload.sending'),
    retrying: say('upload.retrying'),
    paused: say('upload.paused'),
    finishing: say('upload.preparing'),
    done: say('upload.done'),
    failed: say('upload.failed'),
  }
  return words[upload.state]
}

function Processing({ upload, news }: Omit<UploadCardProps, 'open'>) {
  const standing = standingOf({ state: 'processing' }, news)
  return (
    <div className="upload-ready">
      <StateDetails standing={standing} title={upload.fileName} />
      {standing.state === 'ready' && upload.videoId ? (
        <Link to="/watch/$videoId" params={{ videoId: upload.videoId }} className="button" data-kind="main">
          <Icon name="play" />
          {say('upload.watch')}
        </Link>
      ) : null}
    </div>
  )
}

function Actions({ upload }: { upload: UploadView }) {
  const desk = uploadDesk()
  const { key, state, fileName } = upload
  const named = (action: string) => `${action}: ${fileName}`
  if (state === 'done') {
    return (
      <Button
        kind="quiet"
        shape="round"
        icon="cross"
        onClick={() => desk.dismiss(key)}
        aria-label={named(say('upload.remove'))}
      />
    )
  }
  return (
    <div className="row">
      {state === 'paused' || state === 'failed' ? (
        <Button size="small" icon="play" onClick={() => desk.resume(key)} aria-label={named(say('upload.resume'))}>
          {state === 'failed' ? say('app.retry') : say('upload.resume')}
        </Button>
      ) : null}
      {state === 'sending' || state === 'retrying' || state === 'waiting' ? (
        <Button size="small" icon="pause" onClick={() => desk.pause(key)} aria-label={named(say('upload.pause'))}>
          {say('upload.pause')}
        </Button>
      ) : null}
      {state === 'finishing' ? null : (
        <Button
          size="small"
          icon="cross"
          onClick={() => void desk.cancel(key).catch(() => undefined)}
          aria-label={named(say('upload.cancel'))}
        >
          {say('upload.cancel')}
        </Button>
      )}
    </div>
  )
}

function Details({ videoId, open }: { videoId: string; open: boolean }) {
  const video = useQuery(videoQuery(videoId))
  if (!video.data) return null
  return (
    <details open={open}>
      <summary>{say('upload.details')}</summary>
      <VideoForm video={video.data} />
    </details>
  )
}

/** The end of an upload is said once, wherever the focus is. */
function useOutcomeSaid(upload: UploadView, news: LiveNews | undefined): void {
  const said = useRef('')
  const { fileName, problem } = upload
  const outcome = upload.state === 'failed' ? 'failed' : (news?.state ?? '')
  const reason = problem ?? news?.reason
  useEffect(() => {
    if (said.current === outcome) return
    said.current = outcome
    if (outcome === 'ready') announce(say('upload.said_ready', { name: fileName }))
    if (outcome === 'failed') {
      announce(say('upload.said_failed', { name: fileName, reason: reason ? reasonText(reason) : '' }))
    }
  }, [outcome, fileName, reason])
}
