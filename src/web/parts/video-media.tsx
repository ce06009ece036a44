/** What an owner arranges beside the words of a video: thumbnail, captions, and downloads. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { Caption } from '../../contract/captions.ts'
import { call, videoQuery } from '../api.ts'
import { useAct } from '../ui/act.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { AreaField, SelectField } from '../ui/field.tsx'
import { FileButton } from '../ui/file-button.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { languageChoices } from './languages.ts'
import { sendFile } from './send-file.ts'
import { Renditions } from './video-renditions.tsx'
import { Replace } from './video-replace.tsx'
import './video-media.css'

/** How often pictures that are still being made are looked for. */
const LOOK_MS = 4000

interface VideoMediaProps {
  videoId: string
  language: string | undefined
  /** Its address changes when a new file has taken the place of the old one. */
  thumbnail: string | undefined
}

export function VideoMedia({ videoId, language, thumbnail }: VideoMediaProps) {
  const queries = useQueryClient()
  const [shown, setShown] = useState(thumbnail)
  useEffect(() => {
    if (thumbnail === shown) return
    setShown(thumbnail)
    for (const of of ['stills', 'renditions', 'downloads']) void queries.invalidateQueries({ queryKey: [of, videoId] })
  }, [thumbnail, shown, videoId, queries])
  return (
    <div className="video-media">
      <Thumbnails videoId={videoId} />
      <Captions videoId={videoId} language={language ?? 'en'} />
      <Downloads videoId={videoId} />
      <Renditions videoId={videoId} />
      <Replace videoId={videoId} hint={say('media.replace_hint')} />
    </div>
  )
}

function Thumbnails({ videoId }: { videoId: string }) {
  const queries = useQueryClient()
  const group = useRef<HTMLFieldSetElement>(null)
  const stills = useQuery({
    queryKey: ['stills', videoId],
    queryFn: () => call('listStills', { params: { videoId } }),
    // They come after the video is ready, while its owner may be looking.
    refetchInterval: ({ state }) => (state.data?.state === 'waiting' ? LOOK_MS : false),
  })
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
    <fieldset ref={group} tabIndex={-1} className="media-part">
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
      {stills.data?.state === 'failed' ? (
        <FailedStills
          videoId={videoId}
          reason={stills.data.reason ?? ''}
          onLeave={() => group.current?.focus({ preventScroll: true })}
        />
      ) : null}
      <FileButton label={say('media.thumbnail_own')} accept="image/*" onFile={(file) => change.mutate(file)} />
      <Trouble thrown={change.error} />
    </fieldset>
  )
}

interface FailedStillsProps {
  videoId: string
  reason: string
  /** Takes the focus, where the button that has it is about to go. */
  onLeave: () => void
}

/** Proposals, pictures at the seek bar and fast winding are made together, and fail together. */
function FailedStills({ videoId, reason, onLeave }: FailedStillsProps) {
  const again = useAct(['stills', videoId])
  return (
    <div className="notice" data-kind="warn" role="status">
      <div className="stack">
        <p>{say('media.stills_failed')}</p>
        <details className="quality-reason">
          <summary>{say('media.stills_reason')}</summary>
          <pre dir="ltr">{reason}</pre>
        </details>
        <Trouble thrown={again.error} />
        <div>
          <Button
            size="small"
            // Disabled it would lose the focus, also where it is to be pressed once more.
            aria-disabled={again.isPending}
            onClick={({ currentTarget }) => {
              if (again.isPending) return
              again.mutate(async () => {
                await call('makeStills', { params: { videoId } })
                announce(say('media.stills_begun'))
                if (document.activeElement === currentTarget) onLeave()
              })
            }}
          >
            {say('media.quality_again')}
          </Button>
        </div>
      </div>
    </div>
  )
}

function Captions({ videoId, language }: { videoId: string; language: string }) {
  const queries = useQueryClient()
  const [chosen, choose] = useState(language)
  const [leaving, setLeaving] = useState<Caption>()
  const [replacing, setReplacing] = useState<{ language: string; file: File }>()
  const [editing, edit] = useState<{ caption: Caption; text: string }>()
  const listed = useQuery({
    queryKey: ['captions', videoId],
    queryFn: () => call('listCaptions', { params: { videoId } }),
  })
  const again = () => queries.invalidateQueries({ queryKey: ['captions', videoId] })
  const change = useMutation({ mutationFn: (act: () => Promise<unknown>) => act(), onSuccess: again })
  const languages = languageChoices(language)
  const nameOf = (language: string) => languages.find(([tag]) => tag === language)?.[1] ?? language
  const items = listed.data?.items ?? []
  const send = (language: string, file: File) => sendFile(`/api/videos/${videoId}/captions/${language}`, file)
  const take = async (file: File) => {
    // Of a machine some may have come since the list was read.
    const { data } = await listed.refetch({ throwOnError: true })
    // A file that says nothing of its kind is taken as captions.
    const isThere = data?.items.some((it) => it.language === chosen && it.kind === 'captions')
    if (isThere) setReplacing({ language: chosen, file })
    else await send(chosen, file)
  }
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
              onClick={() => change.mutate(async () => edit({ caption, text: await textOf(caption) }))}
            />
            <Button
              icon="bin"
              aria-label={say('media.captions_remove', { name: caption.name })}
              onClick={() => {
                change.reset()
                setLeaving(caption)
              }}
            />
          </li>
        ))}
      </ul>
      {leaving ? (
        <Confirm
          title={say('media.captions_remove', { name: leaving.name })}
          button={say('settings.remove')}
          onClose={() => setLeaving(undefined)}
          onConfirm={async () => {
            const { language, kind } = leaving
            await call('removeCaption', { params: { videoId, language, kind } })
            await again()
          }}
        />
      ) : null}
      {replacing ? (
        <Confirm
          title={say('media.captions_replace', { language: nameOf(replacing.language) })}
          button={say('media.captions_replace_do')}
          onClose={() => setReplacing(undefined)}
          onConfirm={async () => {
            await send(replacing.language, replacing.file)
            await again()
          }}
        >
          <p>{say('media.captions_replace_hint')}</p>
        </Confirm>
      ) : null}
      {editing ? (
        <>
          <AreaField
            label={say('media.captions_text', { name: editing.caption.name })}
            rows={10}
            value={editing.text}
            onChange={(event) => edit({ ...editing, text: event.target.value })}
          />
          <Trouble thrown={change.error} />
          <div className="ends">
            <Button
              onClick={() => {
                change.reset()
                edit(undefined)
              }}
            >
              {say('app.cancel')}
            </Button>
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
          onFile={(file) => change.mutate(() => take(file))}
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
      <Trouble thrown={editing ? undefined : change.error} />
    </fieldset>
  )
}

/** As people edit it: without the line that players need to lay it over the stream (RFC 8216, 3.5), which is written anew. */
async function textOf({ address }: Caption): Promise<string> {
  return (await (await fetch(address)).text()).replace(/^X-TIMESTAMP-MAP=.*\n/m, '')
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
