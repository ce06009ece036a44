/** What follows a video by the wish of its channel: one that is pinned, or whatever fits the viewer. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useId } from 'react'
import { call } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { SelectField } from '../ui/field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { nextQuery, studioVideosQuery } from './studio-queries.ts'

export function Following({ videoId }: { videoId: string }) {
  const id = useId()
  const queries = useQueryClient()
  const next = useQuery(nextQuery(videoId))
  const pinned = next.data?.items.find((it) => it.why.because === 'pinned')?.video
  const mine = useInfiniteQuery(studioVideosQuery(undefined)).data?.pages.flatMap((page) => page.items) ?? []
  const offered = mine.filter((it) => it.id !== videoId && it.privacy === 'public' && it.state === 'ready')
  const choices = new Map([...(pinned ? [pinned] : []), ...offered].map((it) => [it.id, it.title]))
  const pin = useMutation({
    mutationFn: (chosen: string) =>
      call('pinNext', { params: { videoId }, body: { next: chosen === '' ? null : chosen } }),
    onSuccess: async () => {
      announce(say('app.saved'))
      await queries.invalidateQueries({ queryKey: nextQuery(videoId).queryKey })
    },
  })
  const shown = pin.isPending ? pin.variables : (pinned?.id ?? '')
  return (
    <section className="panel stack" aria-labelledby={id}>
      <h2 id={id}>{say('following.title')}</h2>
      <Trouble thrown={next.error ?? pin.error} />
      <SelectField
        label={say('following.video')}
        hint={say('following.hint')}
        value={shown}
        options={[['', say('following.nothing')], ...choices]}
        onChoose={(chosen) => pin.mutate(chosen)}
      />
    </section>
  )
}
