/**
 * What was sent away on this page or one before: lists that were fetched earlier leave it out, so that coming back does not
 * show it again. Kept among what was fetched, and gone with that when somebody else signs in.
 */
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Suggestion } from '../../contract/recommend.ts'

/** How a suggestion was sent away; what was forgotten is not called back. */
export type Away = 'not_video' | 'not_channel' | 'forgotten'

/** By what was sent away, such as `not_channel` and an id: the video whose tile still says so, none once that page was left. */
type SentAway = Record<string, string | null>

const KEY = ['sent-away']
const NONE: SentAway = {}

export function sentAwayKey(kind: Away, { video }: Suggestion): string {
  return `${kind} ${kind === 'not_channel' ? video.channel.id : video.id}`
}

export function changeSentAway(queries: QueryClient, change: (known: SentAway) => SentAway): void {
  queries.setQueryData<SentAway>(KEY, (known) => change(known ?? NONE))
}

/** Everything was taken back. */
export function forgetSentAway(queries: QueryClient): void {
  changeSentAway(queries, () => NONE)
}

/** What was sent away, as it is now. */
export function useSentAway(): SentAway {
  const queries = useQueryClient()
  const { data } = useQuery<SentAway>({
    queryKey: KEY,
    queryFn: () => queries.getQueryData<SentAway>(KEY) ?? NONE,
    initialData: NONE,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  })
  return data
}

/** Whether a list still shows a suggestion: not what was sent away, but for the tile that says so and can be called back. */
export function useIsShown(): (it: Suggestion) => boolean {
  const sent = useSentAway()
  return useMemo(() => (it: Suggestion) => isShown(sent, it), [sent])
}

function kindsOf({ why }: Suggestion): Away[] {
  return why.because === 'unfinished' ? ['forgotten', 'not_video', 'not_channel'] : ['not_video', 'not_channel']
}

function isShown(sent: SentAway, it: Suggestion): boolean {
  return kindsOf(it).every((kind) => {
    const at = sent[sentAwayKey(kind, it)]
    return at === undefined || at === it.video.id
  })
}

/** How a suggestion was sent away whose tiles still say so, on every list that it is on. */
export function awayOf(sent: SentAway, it: Suggestion): Away | undefined {
  return kindsOf(it).find((kind) => sent[sentAwayKey(kind, it)] === it.video.id)
}
