/** Which other sites may show a video in a frame: all of them, none, or some that are named. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import type { Video } from '../../contract/videos.ts'
import { call, videoQuery } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { AreaField } from '../ui/field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

const CHOICES = ['everywhere', 'some', 'nowhere'] as const
type Choice = (typeof CHOICES)[number]

export function Frames({ video }: { video: Video }) {
  const id = useId()
  const queries = useQueryClient()
  const kept = choiceOf(video.embedHosts)
  const [choice, setChoice] = useState<Choice>(kept)
  const [hosts, setHosts] = useState((video.embedHosts ?? []).join('\n'))
  const save = useMutation({
    mutationFn: () =>
      call('editVideo', { params: { videoId: video.id }, body: { embedHosts: hostsFor(choice, hosts) } }),
    onSuccess: (saved) => {
      queries.setQueryData(videoQuery(video.id).queryKey, saved)
      setHosts((saved.embedHosts ?? []).join('\n'))
      announce(say('app.saved'))
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <section className="panel" aria-labelledby={id}>
      <form className="stack" onSubmit={submit}>
        <h2 id={id}>{say('frames.title')}</h2>
        <fieldset className="choice" aria-labelledby={id}>
          {CHOICES.map((it) => (
            <label key={it} data-on={it === choice || undefined}>
              <input type="radio" name="frames" checked={it === choice} onChange={() => setChoice(it)} />
              <strong>{say(`frames.${it}`)}</strong>
            </label>
          ))}
        </fieldset>
        {choice === 'some' ? (
          <AreaField
            label={say('frames.hosts')}
            hint={say('frames.hosts_hint')}
            rows={3}
            dir="ltr"
            spellCheck={false}
            required
            value={hosts}
            onChange={(event) => setHosts(event.target.value)}
          />
        ) : null}
        <Trouble thrown={save.error} />
        <div className="ends">
          <Button type="submit" kind="main" disabled={save.isPending || (choice === kept && choice !== 'some')}>
            {say('app.save')}
          </Button>
        </div>
      </form>
    </section>
  )
}

function choiceOf(hosts: readonly string[] | undefined): Choice {
  if (hosts === undefined) return 'everywhere'
  return hosts.length === 0 ? 'nowhere' : 'some'
}

/** As the contract takes them; whole addresses that somebody pasted are shortened to their hosts. */
function hostsFor(choice: Choice, lines: string): string[] | null {
  if (choice === 'everywhere') return null
  if (choice === 'nowhere') return []
  return lines
    .split(/[\s,]+/)
    .map((line) => line.replace(/^https?:\/\//i, '').replace(/\/.*$/, ''))
    .filter(Boolean)
}
