/** Upload: drop files, see them travel, fill in what they are, watch them as soon as they are ready. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { PRIVACIES } from '../../contract/choices.ts'
import type { Privacy } from '../../contract/shapes.ts'
import { uploadLimitsQuery } from '../api.ts'
import { DropZone, FilePicker } from '../parts/drop-zone.tsx'
import { useLive } from '../parts/live.ts'
import { MembersOnly } from '../parts/members-only.tsx'
import { UploadCard } from '../parts/upload-card.tsx'
import type { UnfinishedView } from '../parts/upload-client.ts'
import { uploadDesk, useUploads } from '../parts/upload-desk.ts'
import { Button } from '../ui/button.tsx'
import { SelectField } from '../ui/field.tsx'
import { fileSize, percent } from '../ui/format.ts'
import { usePageTitle } from '../ui/page-title.ts'
import { ProgressBar } from '../ui/progress.tsx'
import { say } from '../words/say.ts'

const DEFAULT_MAX_BYTES = 10 * 1024 ** 3
const PRIVACY_KEPT = 'vitascope.upload_privacy'

export function UploadPage() {
  usePageTitle(say('upload.title'))
  return <MembersOnly>{() => <UploadForMember />}</MembersOnly>
}

function UploadForMember() {
  const limits = useQuery(uploadLimitsQuery)
  const { uploads, unfinished, busy } = useUploads()
  const [privacy, setPrivacy] = useState(keptPrivacy)
  const news = useLive(uploads.flatMap((one) => (one.state === 'done' && one.videoId ? [one.videoId] : [])))
  useEffect(() => {
    void uploadDesk()
      .refreshUnfinished()
      .catch(() => undefined)
  }, [])
  const add = (files: File[]) => uploadDesk().add(files, { privacy })
  const limit = limits.data
  return (
    <div className="page-middle">
      <div className="page-head">
        <h1 tabIndex={-1}>{say('upload.title')}</h1>
        {limit ? (
          <p className="soft">{say('upload.space', { left: fileSize(limit.quotaBytes - limit.usedBytes) })}</p>
        ) : null}
      </div>
      <div className="upload-head">
        <DropZone maxSizeBytes={limit?.maxSizeBytes ?? DEFAULT_MAX_BYTES} small={uploads.length > 0} onFiles={add} />
        <div className="upload-defaults">
          <SelectField
            label={say('upload.default_privacy')}
            value={privacy}
            options={PRIVACIES.map((name) => [name, say(`video.privacy.${name}`)] as const)}
            hint={say(`video.privacy_hint.${privacy}`)}
            onChoose={(chosen) => {
              setPrivacy(chosen)
              localStorage.setItem(PRIVACY_KEPT, chosen)
            }}
          />
        </div>
      </div>
      {uploads.length > 0 ? (
        <section className="uploads" aria-labelledby="your-uploads">
          <h2 id="your-uploads">{say('upload.list')}</h2>
          {busy ? <p className="soft small">{say('upload.leave')}</p> : null}
          {uploads.map((upload, index) => (
            <UploadCard
              key={upload.key}
              upload={upload}
              open={index === 0}
              news={upload.videoId ? news.get(upload.videoId) : undefined}
            />
          ))}
        </section>
      ) : null}
      {unfinished.length > 0 ? <Unfinished unfinished={unfinished} onFiles={add} /> : null}
    </div>
  )
}

interface UnfinishedProps {
  unfinished: readonly UnfinishedView[]
  onFiles: (files: File[]) => void
}

function Unfinished({ unfinished, onFiles }: UnfinishedProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <section className="uploads" aria-labelledby="unfinished-uploads">
      <div>
        <h2 id="unfinished-uploads">{say('upload.unfinished')}</h2>
        <p className="soft">{say('upload.unfinished_hint')}</p>
      </div>
      {unfinished.map((one) => {
        const part = one.sizeBytes > 0 ? one.sentBytes / one.sizeBytes : 0
        return (
          <article key={one.videoId} className="panel upload-card" aria-label={one.fileName}>
            <div className="upload-top">
              <h3 dir="auto">{one.fileName}</h3>
              <div className="row">
                <Button size="small" icon="upload" onClick={() => input.current?.click()}>
                  {say('upload.resume_choose')}
                </Button>
                <Button
                  size="small"
                  icon="bin"
                  onClick={() =>
                    void uploadDesk()
                      .forget(one.videoId)
                      .catch(() => undefined)
                  }
                >
                  {say('upload.discard')}
                </Button>
              </div>
            </div>
            <ProgressBar part={part} label={say('upload.progress', { name: one.fileName })} />
            <p className="upload-figures">
              <span>{percent(part)}</span>
              <span>{say('upload.amount', { done: fileSize(one.sentBytes), total: fileSize(one.sizeBytes) })}</span>
            </p>
          </article>
        )
      })}
      <FilePicker ref={input} onFiles={onFiles} />
    </section>
  )
}

/** What was chosen the last time: who keeps videos private should not have to say so for every file. */
function keptPrivacy(): Privacy {
  const kept = localStorage.getItem(PRIVACY_KEPT)
  return PRIVACIES.find((one) => one === kept) ?? 'public'
}
