/** Suggestions: tiles that say why they are there and can be sent away, the shelves of home, and the topics above them. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import type { HomePart, Shelf, Suggestion } from '../../contract/recommend.ts'
import { call, useMe } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Popup } from '../ui/popup.tsx'
import { say } from '../words/say.ts'
import { type TileLook, VideoTile } from './video-card.tsx'

type Topic = HomePart['topics'][number]

export const upNextQuery = (videoId: string) =>
  queryOptions({
    queryKey: ['next', videoId],
    queryFn: () => call('recommendNext', { params: { videoId } }),
    staleTime: 60_000,
  })

interface SuggestionTileProps {
  it: Suggestion
  look?: TileLook
  eager?: boolean
  /** The channel of the video that it stands beside. */
  beside?: string | undefined
}

/** One suggestion. One that was sent away keeps its place, so that nothing jumps, and can be called back. */
export function SuggestionTile({ it, look, eager, beside }: SuggestionTileProps) {
  const me = useMe()
  const [sent, setSent] = useState<'not_video' | 'not_channel'>()
  const queries = useQueryClient()
  const idOf = (kind: 'not_video' | 'not_channel') => (kind === 'not_video' ? it.video.id : it.video.channel.id)
  const wish = useMutation({
    mutationFn: (kind: 'not_video' | 'not_channel') => call('addWish', { body: { kind, id: idOf(kind) } }),
    onSuccess: (_, kind) => {
      setSent(kind)
      announce(say('home.sent_away'))
      void queries.invalidateQueries({ queryKey: ['next'], refetchType: 'none' })
    },
  })
  const takeBack = useMutation({
    mutationFn: (kind: 'not_video' | 'not_channel') => call('removeWish', { params: { kind, id: idOf(kind) } }),
    onSuccess: () => setSent(undefined),
  })
  if (sent !== undefined) {
    return (
      <div className="suggestion-gone">
        <p>{say('home.sent_away')}</p>
        <Button size="small" onClick={() => takeBack.mutate(sent)} disabled={takeBack.isPending}>
          {say('home.take_back')}
        </Button>
      </div>
    )
  }
  return (
    <div className="suggestion">
      <VideoTile video={it.video} {...(look ? { look } : {})} eager={eager ?? false} />
      <div className="suggestion-why">
        <p className="soft small" dir="auto">
          {whyText(it, beside)}
        </p>
        {me ? <SendAway title={it.video.title} onChoose={(kind) => wish.mutate(kind)} /> : null}
      </div>
    </div>
  )
}

function SendAway({ title, onChoose }: { title: string; onChoose: (kind: 'not_video' | 'not_channel') => void }) {
  return (
    <Popup
      label={say('home.options', { title })}
      actions={[
        { icon: 'eye_off', words: say('home.not_video'), onChoose: () => onChoose('not_video') },
        { icon: 'cross', words: say('home.not_channel'), onChoose: () => onChoose('not_channel') },
      ]}
    />
  )
}

/** Why a video is suggested, in the reader's words. That they watch the channel of the video it stands `beside`, nobody need be told. */
export function whyText({ video, why }: Suggestion, beside?: string): string {
  if (why.because === 'channel' && video.channel.id === beside)
    return say('home.why.topic', { topic: video.channel.name })
  if (why.because === 'watched') return say('home.why.watched', { title: why.title })
  if (why.because === 'topic') return say('home.why.topic', { topic: say(`video.category.${why.topic}`) })
  return say(`home.why.${why.because}`)
}

/** Topics as buttons in a row; the chosen one narrows the page. */
export function TopicChips({
  topics,
  chosen,
  onChoose,
}: {
  topics: Topic[]
  chosen: Topic | undefined
  onChoose: (topic: Topic | undefined) => void
}) {
  if (topics.length < 2) return null
  return (
    <fieldset className="chips">
      <legend className="out-of-sight">{say('home.topics')}</legend>
      <button type="button" className="chip" aria-pressed={chosen === undefined} onClick={() => onChoose(undefined)}>
        {say('home.topic_all')}
      </button>
      {topics.map((topic) => (
        <button
          key={topic}
          type="button"
          className="chip"
          aria-pressed={chosen === topic}
          onClick={() => onChoose(topic)}
        >
          {say(`video.category.${topic}`)}
        </button>
      ))}
    </fieldset>
  )
}

export function ShelfRow({ shelf }: { shelf: Shelf }) {
  const id = useId()
  return (
    <section className="shelf" aria-labelledby={id}>
      <h2 id={id} dir="auto">
        {shelfTitle(shelf)}
      </h2>
      <ul className="shelf-row">
        {shelf.items.map((it) => (
          <li key={it.video.id}>
            <VideoTile video={it.video} look="full" />
          </li>
        ))}
      </ul>
    </section>
  )
}

function shelfTitle(shelf: Shelf): string {
  if (shelf.kind === 'because') return say('home.shelf.because', { title: shelf.title ?? '' })
  if (shelf.kind === 'topic') return shelf.topic ? say(`video.category.${shelf.topic}`) : ''
  return say(`home.shelf.${shelf.kind}`)
}
