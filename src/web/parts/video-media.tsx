/** What an owner arranges beside the words of a video: thumbnail, captions, downloads, and its file. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Upload } from 'tus-js-client'
import type { Caption } from '../../contract/captions.ts'
import { UPLOADS_PATH } from '../../contract/tus.ts'
import { call, videoQuery } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { AreaField, SelectField } from '../ui/field.tsx'
import { FileButton } from '../ui/file-button.tsx'
import { percent } from '../ui/format.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say, sayRefusal } from '../words/say.ts'
import { languageChoices } from './languages.ts'
import { sendFile } from './send-file.ts'
import { problemOf } from './upload-sending.ts'
import { Renditions } from './video-renditions.tsx'
import './video-media.css'

export function VideoMedia({ videoId, language }: { videoId: string; language: string | undefined }) {
  return (
    <div className="video-media">
      <Thumbnails videoId={videoId} />
      <Captions videoId={videoId} language={language ?? 'en'} />
      <Downloads videoId={videoId} />
      <Renditions videoId={videoId} />
      <Replace videoId={videoId} />
    </div>
  )
}

function Thumbnails({ videoId }: { videoId: string }) {
  const queries = useQueryClient()
  const stills = useQuery({ queryKey: ['stills', videoId], queryFn: () => call('listStills', { params: { videoId } }) })
  const change = useMutation({
    mutationFn: async (chosen: string | Blob) => {
      if (typeof chosen === 'string') await call('chooseStill', { params: { videoId }, body: { name: chosen } })
      else await sendFile(`/api/videos/${videoId}/thumbnail`, chosen)
    },
    onSuccess: () =>
      Promise.all(
        [['stills', videoId], ['mine'], videoQuery(videoId).queryKey].map((queryKey) =>
          queries.invalidateQueries({ queryKey }),
        ),
      ),
  })
  return (
    <fieldset className="media-part">
      <legend>{say('media.thumbnail')}</legend>
      <div className="still-row">
        {stills.data?.items.map(({ name, address, chosen }, at) => (
          <button
            key={name}
            type="button"
            className="still"
            aria-pressed={chosen}
            aria-label={say('media.thumbnail_number', { number: String(at + 1) })}
            onClick={() => change.mutate(name)}
          >
            <img src={address} alt="" loading="lazy" />
          </button>
        ))}
      </div>
      <FileButton label={say('media.thumbnail_own')} accept="image/*" onFile={(file) => change.mutate(file)} />
      <Trouble thrown={change.error} />
    </fieldset>
  )
}

function Captions({ videoId, language }: { videoId: string; language: string }) {
  const queries = useQueryClient()
  const [chosen, choose] = useState(language)
  const [editing, edit] = useState<{ caption: Caption; text: string }>()
  const listed = useQuery({
    queryKey: ['captions', videoId],
    queryFn: () => call('listCaptions', { params: { videoId } }),
  })
  const again = () => queries.invalidateQueries({ queryKey: ['captions', videoId] })
  const change = useMutation({ mutationFn: (act: () => Promise<unknown>) => act(), onSuccess: again })
  const languages = languageChoices(language)
  const items = listed.data?.items ?? []
  return (
    <fieldset className="media-part">
      <legend>{say('media.captions')}</legend>
      {listed.data && items.length === 0 ? <p className="soft small">{say('media.captions_none')}</p> : null}
      <ul className="caption-list">
        {items.map((caption) => (
          <li key={`${caption.language} ${caption.kind}`}>
            <span dir="auto">{caption.name}</span>
            <Button
              icon="pencil"
              aria-label={say('media.captions_edit', { name: caption.name })}
              onClick={() =>
                change.mutate(async () => edit({ caption, text: await (await fetch(caption.address)).text() }))
              }
            />
            <Button
              icon="bin"
              aria-label={say('media.captions_remove', { name: caption.name })}
              onClick={() =>
                change.mutate(() =>
                  call('removeCaption', { params: { videoId, language: caption.language, kind: caption.kind } }),
                )
              }
            />
          </li>
        ))}
      </ul>
      {editing ? (
        <>
          <AreaField
            label={say('media.captions_text', { name: editing.caption.name })}
            rows={10}
            value={editing.text}
            onChange={(event) => edit({ ...editing, text: event.target.value })}
          />
          <div className="ends">
            <Button onClick={() => edit(undefined)}>{say('app.cancel')}</Button>
            <Button
              kind="main"
              onClick={() =>
                change.mutate(async () => {
                  const { caption, text } = editing
                  await sendFile(
                    `/api/videos/${videoId}/captions/${caption.language}?kind=${caption.kind}&edited=1`,
                    text,
                  )
                  edit(undefined)
                })
              }
            >
              {say('app.save')}
            </Button>
          </div>
        </>
      ) : null}
      <SelectField label={say('media.captions_language')} value={chosen} options={languages} onChoose={choose} />
      <div className="row">
        <FileButton
          label={say('media.captions_add')}
          accept=".vtt,.srt,text/vtt"
          onFile={(file) => change.mutate(() => sendFile(`/api/videos/${videoId}/captions/${chosen}`, file))}
        />
        {listed.data?.transcription ? (
          <Button
            onClick={() =>
              change.mutate(async () => {
                await call('transcribeVideo', { params: { videoId }, body: { language: chosen } })
                announce(say('media.captions_listening'))
              })
            }
          >
            {say('media.captions_listen')}
          </Button>
        ) : null}
      </div>
      <Trouble thrown={change.error} />
    </fieldset>
  )
}

const WHO = ['nobody', 'members', 'anyone'] as const

function Downloads({ videoId }: { videoId: string }) {
  const queries = useQueryClient()
  const queryKey = ['downloads', videoId]
  const listed = useQuery({ queryKey, queryFn: () => call('listDownloads', { params: { videoId } }) })
  const change = useMutation({
    mutationFn: (who: (typeof WHO)[number]) => call('setDownloads', { params: { videoId }, body: { who } }),
    onSuccess: (fresh) => queries.setQueryData(queryKey, fresh),
  })
  return (
    <>
      <SelectField
        label={say('media.downloads')}
        value={listed.data?.who ?? 'nobody'}
        options={WHO.map((who) => [who, say(`media.downloads.${who}`)] as const)}
        onChoose={(who) => change.mutate(who)}
      />
      <Trouble thrown={change.error} />
    </>
  )
}

/** Sends a new file for a video that can be watched already, or whose file was no good; a broken line is tried again. */
export function Replace({ videoId }: { videoId: string }) {
  const [stands, setStands] = useState<string>()
  const send = (file: File) => {
    const upload = new Upload(file, {
      endpoint: UPLOADS_PATH,
      retryDelays: [0, 1000, 3000, 10_000, 30_000],
      chunkSize: 64 * 1024 * 1024,
      metadata: { filename: file.name.slice(-255), filetype: file.type, video: videoId, replace: '1' },
      onProgress: (sent, total) => setStands(say('media.replacing', { percent: percent(sent / Math.max(1, total)) })),
      onSuccess: () => setStands(say('media.replaced')),
      onError: (error) => {
        const { code, sentence } = problemOf(error)
        setStands(say('media.failed', { reason: sayRefusal(code, sentence) }))
      },
    })
    upload.start()
  }
  return (
    <fieldset className="media-part">
      <legend>{say('media.replace')}</legend>
      <p className="soft small">{say('media.replace_hint')}</p>
      <FileButton label={say('media.replace')} accept="video/*,audio/*" onFile={send} />
      <p role="status">{stands}</p>
    </fieldset>
  )
}
