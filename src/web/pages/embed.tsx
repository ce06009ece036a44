/** Embed: the player and nothing else, for a frame on another site. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { playbackQuery } from '../api.ts'
import { colourOf } from '../parts/frame-talk.ts'
import { PlayerFrame } from '../parts/player-frame.tsx'
import { Mark } from '../ui/icon.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { troubleText } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { startOf } from './watch.tsx'

const address = getRouteApi('/embed/$videoId')

export function EmbedPage() {
  const { videoId } = address.useParams()
  const playback = useQuery(playbackQuery(videoId))
  const wishes = new URLSearchParams(location.search)
  usePageTitle(playback.data?.title ?? say('watch.player'))
  return (
    <main>
      <h1 className="out-of-sight">{playback.data?.title ?? say('watch.player')}</h1>
      {playback.data ? (
        <PlayerFrame
          playback={playback.data}
          embed
          autoplay={wishes.get('autoplay') === '1'}
          muted={wishes.get('muted') === '1'}
          loop={wishes.get('loop') === '1'}
          start={startOf(location.search)}
          colour={colourOf(location.search)}
        />
      ) : (
        <div className="player-frame" data-embed>
          {playback.isError ? (
            <div className="screen-words" role="alert">
              <Mark size={52} />
              <p>{troubleText(playback.error)}</p>
            </div>
          ) : null}
        </div>
      )}
    </main>
  )
}
