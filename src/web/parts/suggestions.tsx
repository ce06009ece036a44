/** Suggestions: tiles that say why they are there and can be sent away, the shelves of home, and the topics above them. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useId, useRef } from 'react'
import type { HomePart, Shelf, Suggestion } from '../../contract/recommend.ts'
import { call, useMe } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { type Action, Popup } from '../ui/popup.tsx'
import { ProgressBar } from '../ui/progress.tsx'
import { say } from '../words/say.ts'
import { type Away, awayOf, changeSentAway, sentAwayKey, useIsShown, useSentAway } from './sent-away.ts'
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
  /** On a shelf, whose heading has said why. */
  shelved?: boolean
}

/** One suggestion. One that was sent away keeps its place, so that nothing jumps, and can be called back. */
export function SuggestionTile({ it, look, eager, beside, shelved }: SuggestionTileProps) {
  const me = useMe()
  const { away, wish, takeBack, isBusy, place } = useAway(it)
  if (away !== undefined) {
    return (
      <div className="suggestion-gone" ref={place} tabIndex={-1}>
        <p>{say(away === 'forgotten' ? 'home.forgotten' : 'home.sent_away')}</p>
        {away === 'forgotten' ? null : (
          <Button size="small" onClick={() => takeBack(away)} disabled={isBusy}>
            {say('home.take_back')}
          </Button>
        )}
      </div>
    )
  }
  return (
    <div className="suggestion" ref={place} tabIndex={-1}>
      <VideoTile video={it.video} {...(look ? { look } : {})} eager={eager ?? false} />
      <div className="suggestion-why">
        {shelved ? (
          <HowFar it={it} />
        ) : (
          <p className="soft small" dir="auto" title={whyText(it, beside)}>
            {whyText(it, beside)}
          </p>
        )}
        {me ? <SendAway it={it} onChoose={wish} /> : null}
      </div>
    </div>
  )
}

/**
 * Sending a suggestion away and calling it back, on all lists of the page at once. The focus stays where the suggestion was acted on,
 * for its menu is gone.
 */
function useAway(it: Suggestion) {
  const { video } = it
  const away = awayOf(useSentAway(), it)
  const place = useRef<HTMLDivElement>(null)
  const isActedOn = useRef(false)
  const queries = useQueryClient()
  const idOf = (kind: 'not_video' | 'not_channel') => (kind === 'not_video' ? video.id : video.channel.id)
  const send = useMutation({
    mutationFn: (kind: Away) =>
      kind === 'forgotten'
        ? call('forgetWatched', { params: { videoId: video.id } })
        : call('addWish', { body: { kind, id: idOf(kind) } }),
    onSuccess: (_, kind) => {
      isActedOn.current = true
      changeSentAway(queries, (known) => ({ ...known, [sentAwayKey(kind, it)]: video.id }))
      announce(say(kind === 'forgotten' ? 'home.forgotten' : 'home.sent_away'))
      for (const name of ['next', 'history', 'tastes'])
        void queries.invalidateQueries({ queryKey: [name], refetchType: 'none' })
    },
  })
  const back = useMutation({
    mutationFn: (kind: 'not_video' | 'not_channel') => call('removeWish', { params: { kind, id: idOf(kind) } }),
    onSuccess: (_, kind) => {
      isActedOn.current = true
      changeSentAway(queries, ({ [sentAwayKey(kind, it)]: _, ...others }) => others)
    },
  })
  const key = away && sentAwayKey(away, it)
  // With the page its tile is gone, too, and whoever comes back has nothing to be told.
  useEffect(() => {
    if (key === undefined) return
    return () => changeSentAway(queries, (known) => (key in known ? { ...known, [key]: null } : known))
  }, [queries, key])
  // biome-ignore lint/correctness/useExhaustiveDependencies: what stands in the place changes with it
  useEffect(() => {
    if (isActedOn.current) place.current?.focus({ preventScroll: true })
    isActedOn.current = false
  }, [away])
  return { away, wish: send.mutate, takeBack: back.mutate, isBusy: back.isPending, place }
}

function SendAway({ it, onChoose }: { it: Suggestion; onChoose: (kind: Away) => void }) {
  const forget: Action = { icon: 'bin', words: say('home.forget'), onChoose: () => onChoose('forgotten') }
  return (
    <Popup
      label={say('home.options', { title: it.video.title })}
      actions={[
        it.why.because === 'unfinished' ? forget : undefined,
        { icon: 'eye_off', words: say('home.not_video'), onChoose: () => onChoose('not_video') },
        { icon: 'cross', words: say('home.not_channel'), onChoose: () => onChoose('not_channel') },
      ]}
    />
  )
}

/** Of what was begun, how much of it was watched. */
function HowFar({ it: { video, why } }: { it: Suggestion }) {
  if (why.because !== 'unfinished') return <span />
  const part = why.positionMs / Math.max(1, video.durationMs ?? 1)
  return <ProgressBar part={part} label={say('history.progress', { title: video.title })} />
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
  const items = shelf.items.filter(useIsShown())
  if (items.length === 0) return null
  return (
    <section className="shelf" aria-labelledby={id}>
      <h2 id={id} dir="auto">
        {shelfTitle(shelf)}
      </h2>
      <ul className="shelf-row">
        {items.map((it) => (
          <li key={it.video.id}>
            <SuggestionTile it={it} look="full" shelved />
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
