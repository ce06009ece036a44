/** What comes after a video: the list beside it, and the choice whether to go on by itself. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { videoQuery } from '../api.ts'
import { TroubleInstead } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { EndScreen } from './end-screen.tsx'
import { useListed } from './play-through.tsx'
import { awayOf, useIsShown, useSentAway } from './sent-away.ts'
import { SuggestionTile, upNextQuery } from './suggestions.tsx'
import { TileBones } from './video-card.tsx'

const KEPT = 'vitascope_autoplay'

export function UpNext({ videoId }: { videoId: string }) {
  const listing = useQuery(upNextQuery(videoId))
  const beside = useQuery(videoQuery(videoId)).data?.channel.id
  const [on, setOn] = useState(() => localStorage.getItem(KEPT) !== 'off')
  const listed = useListed(videoId)
  const sent = useSentAway()
  const items = (listing.data?.items ?? []).filter(useIsShown())
  const offered = items.filter((it) => awayOf(sent, it) === undefined)
  if (listing.isPending) {
    return (
      <div className="list">
        {[...'12345'].map((bone) => (
          <TileBones key={bone} look="beside" />
        ))}
      </div>
    )
  }
  if (listing.isError && items.length === 0) return <TroubleInstead listing={listing} />
  if (items.length === 0) return <p className="soft">{say('watch.nothing_next')}</p>
  return (
    <>
      <label className="autoplay">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            setOn(event.target.checked)
            localStorage.setItem(KEPT, event.target.checked ? 'on' : 'off')
          }}
        />
        {say('watch.autoplay')}
      </label>
      <EndScreen key={videoId} videoId={videoId} items={offered} goesOn={on} listed={listed} beside={beside} />
      <ul className="list">
        {items.map((it) => (
          <li key={it.video.id}>
            <SuggestionTile it={it} look="beside" beside={beside} />
          </li>
        ))}
      </ul>
    </>
  )
}
