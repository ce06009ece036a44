/** The form of what a person may say about a video; used while it uploads and later in the studio. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { CATEGORIES, COMMENTS_POLICIES, LICENCES, PRIVACIES } from '../../contract/choices.ts'
import type { Privacy } from '../../contract/shapes.ts'
import type { Video } from '../../contract/videos.ts'
import { call, videoQuery } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { AreaField, SelectField, TextField } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { languageChoices } from './languages.ts'

interface VideoFormProps {
  video: Video
  /** Stands before the save button, such as one to close the dialog. */
  children?: ReactNode
  onSaved?: (video: Video) => void
}

/** Sends only what was changed, so that two open forms do not undo each other. */
export function VideoForm({ video, children, onSaved }: VideoFormProps) {
  const queries = useQueryClient()
  const [edits, setEdits] = useState<Partial<Editable>>({})
  const shown = { ...editableOf(video), ...edits }
  const titleWrong = shown.title.trim() === '' ? say('video.title_hint') : undefined
  const scheduleWrong =
    shown.schedule !== undefined && Number.isNaN(Date.parse(shown.schedule)) ? say('video.publish_at_hint') : undefined
  const wrong = titleWrong ?? scheduleWrong
  const save = useMutation({
    mutationFn: () => call('editVideo', { params: { videoId: video.id }, body: bodyOf(edits) }),
    onSuccess: async (saved) => {
      queries.setQueryData(videoQuery(video.id).queryKey, saved)
      setEdits({})
      announce(say('app.saved'))
      void queries.invalidateQueries({ queryKey: ['mine'] })
      void queries.invalidateQueries({ queryKey: ['home'] })
      onSaved?.(saved)
    },
  })
  const set = (change: Partial<Editable>) => {
    save.reset()
    setEdits((before) => ({ ...before, ...change }))
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (wrong) return
    save.mutate()
  }
  const changed = Object.keys(edits).length > 0
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <TextField
        label={say('video.title')}
        value={shown.title}
        maxLength={200}
        required
        wrong={titleWrong}
        onChange={(event) => set({ title: event.target.value })}
      />
      <AreaField
        label={say('video.description')}
        value={shown.description}
        maxLength={10_000}
        rows={4}
        onChange={(event) => set({ description: event.target.value })}
      />
      <TextField
        label={say('video.tags')}
        hint={say('video.tags_hint')}
        value={shown.tags}
        onChange={(event) => set({ tags: event.target.value })}
      />
      <PrivacyChoice
        value={shown.schedule === undefined ? shown.privacy : 'scheduled'}
        onChoose={(chosen) =>
          set(chosen === 'scheduled' ? { schedule: tomorrow() } : { privacy: chosen, schedule: undefined })
        }
      />
      {shown.schedule === undefined ? null : (
        <TextField
          label={say('video.publish_at')}
          hint={say('video.publish_at_hint')}
          type="datetime-local"
          required
          value={shown.schedule}
          wrong={scheduleWrong}
          onChange={(event) => set({ schedule: event.target.value })}
        />
      )}
      <div className="pair">
        <SelectField
          label={say('video.category')}
          value={shown.category}
          options={CATEGORIES.map((name) => [name, say(`video.category.${name}`)] as const)}
          onChoose={(category) => set({ category })}
        />
        <SelectField
          label={say('video.language')}
          value={shown.language}
          options={[['', say('video.language_none')], ...languageChoices(video.language)]}
          onChoose={(language) => set({ language })}
        />
        <SelectField
          label={say('video.licence')}
          value={shown.licence}
          options={LICENCES.map((name) => [name, say(`video.licence.${name}`)] as const)}
          onChoose={(licence) => set({ licence })}
        />
        <SelectField
          label={say('video.comments_policy')}
          value={shown.commentsPolicy}
          options={COMMENTS_POLICIES.map((name) => [name, say(`video.comments_policy.${name}`)] as const)}
          onChoose={(commentsPolicy) => set({ commentsPolicy })}
        />
      </div>
      <Trouble thrown={save.error} />
      <div className="ends">
        {save.isSuccess && !changed ? (
          <span className="saved">
            <Icon name="check" />
            {say('app.saved')}
          </span>
        ) : null}
        {children}
        <Button type="submit" kind="main" disabled={!changed || save.isPending || wrong !== undefined}>
          {save.isPending ? say('app.saving') : say('app.save')}
        </Button>
      </div>
    </form>
  )
}

type Visibility = Privacy | 'scheduled'

const VISIBILITIES: readonly Visibility[] = [...PRIVACIES, 'scheduled']

/** The choices with what each means, as radio buttons. */
function PrivacyChoice({ value, onChoose }: { value: Visibility; onChoose: (chosen: Visibility) => void }) {
  const name = useId()
  return (
    <fieldset className="choice">
      <legend>{say('video.privacy')}</legend>
      {VISIBILITIES.map((privacy) => (
        <label key={privacy} data-on={privacy === value || undefined}>
          <input type="radio" name={name} checked={privacy === value} onChange={() => onChoose(privacy)} />
          <span>
            <strong>{say(`video.privacy.${privacy}`)}</strong>
            <span className="soft small">{say(`video.privacy_hint.${privacy}`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

interface Editable
  extends Pick<Video, 'title' | 'description' | 'privacy' | 'category' | 'licence' | 'commentsPolicy'> {
  tags: string
  /** Empty for none. */
  language: string
  /** When it becomes public, as a field of the browser writes it, in the reader's own time. */
  schedule: string | undefined
}

function editableOf(video: Video): Editable {
  const { title, description, privacy, category, licence, commentsPolicy } = video
  const words = { title, description, privacy, category, licence, commentsPolicy }
  const schedule = video.publishAt === undefined ? undefined : localTime(new Date(video.publishAt))
  return { ...words, tags: video.tags.join(', '), language: video.language ?? '', schedule }
}

/** Only what was changed. A time that is set makes the video private until then, and none takes the time away. */
function bodyOf(edits: Partial<Editable>) {
  const { tags, language, schedule, privacy, ...rest } = edits
  return {
    ...rest,
    ...(tags === undefined ? {} : { tags: tagsOf(tags) }),
    ...(language === undefined ? {} : { language: language === '' ? null : language }),
    ...(privacy === undefined || schedule !== undefined ? {} : { privacy }),
    ...('schedule' in edits
      ? { publishAt: schedule === undefined ? null : new Date(Date.parse(schedule)).toISOString() }
      : {}),
  }
}

const DAY_MS = 86_400_000

/** The same hour of tomorrow: a time to begin with that is not over before the form is sent. */
function tomorrow(): string {
  return localTime(new Date(Math.ceil((Date.now() + DAY_MS) / 3_600_000) * 3_600_000))
}

/** `2026-11-22T20:15` in the reader's own time, as fields of the browser have it (HTML, local date and time strings). */
function localTime(time: Date): string {
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** The tags of a line of text: between commas, each once. */
export function tagsOf(line: string): string[] {
  return [...new Set(line.split(/[,،、，]/).map((tag) => tag.trim()))].filter(Boolean)
}
