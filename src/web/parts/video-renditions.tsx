/** The qualities of a video, for its owner: what there is of each, what failed and why, what could be made as well, and buttons for both. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Fragment } from 'react'
import type { z } from 'zod'
import type { Rendition } from '../../contract/renditions.ts'
import { call } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { fileSize, kilobits } from '../ui/format.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

type OneRendition = z.infer<typeof Rendition>

/** How often the list is read anew while something is being made. */
const LOOK_MS = 4000
const BADGES = { lazy: undefined, making: 'warn', made: 'good', failed: 'bad', left_out: undefined } as const
const MAY_BE_MADE = ['failed', 'lazy', 'left_out']
/** What people call a codec, by the first word of its RFC 6381 name. */
const CODECS: Record<string, string> = {
  avc1: 'H.264',
  hvc1: 'HEVC',
  av01: 'AV1',
  vp09: 'VP9',
  mp4a: 'AAC',
}

export function Renditions({ videoId }: { videoId: string }) {
  const queries = useQueryClient()
  const queryKey = ['renditions', videoId]
  const listed = useQuery({
    queryKey,
    queryFn: () => call('listRenditions', { params: { videoId } }),
    refetchInterval: ({ state }) => (state.data?.items.some((it) => it.state === 'making') ? LOOK_MS : false),
  })
  const make = useMutation({
    mutationFn: (rendition: string) => call('makeRendition', { params: { videoId, rendition } }),
    onSuccess: async (_, rendition) => {
      await queries.invalidateQueries({ queryKey })
      announce(say('media.quality_begun', { name: rendition }))
    },
  })
  const items = listed.data?.items ?? []
  if (listed.data && items.length === 0) return null
  return (
    <fieldset className="media-part">
      <legend>{say('media.qualities')}</legend>
      {items.some(({ state }) => state === 'failed') ? (
        <p className="soft small">{say('media.quality_failed_hint')}</p>
      ) : null}
      <ul className="quality-list" aria-busy={listed.isPending}>
        {items.map((item) => (
          <li key={item.rendition}>
            <Quality item={item} onMake={() => make.mutate(item.rendition)} busy={make.isPending} />
          </li>
        ))}
      </ul>
      {listed.data && listed.data.offered.length > 0 ? (
        <details className="quality-more">
          <summary>{say('media.quality_offered')}</summary>
          <p className="soft small">{say('media.quality_offered_hint')}</p>
          <ul className="quality-list">
            {listed.data.offered.map(({ rendition, label }) => (
              <li key={rendition} className="quality">
                <span className="quality-name">{label}</span>
                <MakeButton name={label} onMake={() => make.mutate(rendition)} busy={make.isPending} />
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      <Trouble thrown={listed.error ?? make.error} />
    </fieldset>
  )
}

function Quality({ item, onMake, busy }: { item: OneRendition; onMake: () => void; busy: boolean }) {
  const { rendition, name, codec, state, sizeBytes, watchedMinutes, reason } = item
  const isSound = codec.startsWith('mp4a')
  const facts = [
    CODECS[codec.split('.')[0]!] ?? codec,
    ...(sizeBytes > 0 ? [fileSize(sizeBytes)] : []),
    ...(watchedMinutes > 0 ? [say('media.quality_watched', { count: watchedMinutes })] : []),
  ]
  return (
    <>
      <div className="quality">
        <span className="quality-name">{isSound ? soundName(name, rendition) : (name ?? rendition)}</span>
        <span className="badge" data-kind={BADGES[state]}>
          {say(`media.quality.${state}`)}
        </span>
        <span className="soft small">
          {facts.map((fact, at) => (
            // A codec and the size after it would else be one run from left to right, and the unit would stand alone.
            <Fragment key={fact}>
              {at > 0 ? ' · ' : ''}
              <bdi>{fact}</bdi>
            </Fragment>
          ))}
        </span>
        {MAY_BE_MADE.includes(state) ? (
          <MakeButton name={rendition} again={state === 'failed'} onMake={onMake} busy={busy} />
        ) : null}
      </div>
      {item.decided ? <Decided decided={item.decided} /> : null}
      {state === 'failed' && reason ? (
        <details className="quality-reason">
          <summary>{say('media.quality_reason')}</summary>
          <pre dir="ltr">{reason}</pre>
        </details>
      ) : null}
    </>
  )
}

/** By its language where the file says one; the first of those that say nothing needs no number. */
function soundName(name: string | undefined, rendition: string): string {
  if (name === undefined && rendition === 'audio') return say('media.quality_sound_alone')
  return say('media.quality_sound', { name: name ?? rendition })
}

function MakeButton(props: { name: string; again?: boolean; onMake: () => void; busy: boolean }) {
  const { name, again = false, onMake, busy } = props
  return (
    <Button
      size="small"
      onClick={onMake}
      disabled={busy}
      aria-label={say(again ? 'media.quality_again_of' : 'media.quality_make_of', { name })}
    >
      {say(again ? 'media.quality_again' : 'media.quality_make')}
    </Button>
  )
}

/** What was decided of it, and why. */
function Decided({ decided }: { decided: NonNullable<OneRendition['decided']> }) {
  const { why, crf, ceilingBitsPerSecond, expectedBitsPerSecond = ceilingBitsPerSecond, besides = '' } = decided
  return (
    <p className="soft small">
      {why === 'tuned'
        ? say('media.quality_why.tuned', {
            crf,
            rate: kilobits(expectedBitsPerSecond),
            ceiling: kilobits(ceilingBitsPerSecond),
          })
        : say(`media.quality_why.${why}`, { name: besides })}
    </p>
  )
}
