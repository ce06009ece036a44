/** The places of the site: where one can go from anywhere. Beside the page, below it on a phone, and in the account's menu. */
import { Link, useRouterState } from '@tanstack/react-router'
import type { Me } from '../../contract/accounts.ts'
import { useMe } from '../api.ts'
import { Icon, type IconName } from '../ui/icon.tsx'
import { say } from '../words/say.ts'

interface Place {
  to:
    | '/'
    | '/trending'
    | '/browse'
    | '/subscriptions'
    | '/library'
    | '/history'
    | '/studio'
    | '/upload'
    | '/settings'
    | '/moderation'
    | '/admin'
    | '/sign-in'
    | '/sign-up'
  icon: IconName
  words: string
  /** Left out of the bar at the foot of a phone, which has room for five. */
  minor?: true
}

/** What everybody may look at, and with an account what one keeps. */
function viewing(me: Me | null | undefined): Place[] {
  return [
    { to: '/', icon: 'home', words: say('app.home') },
    { to: '/trending', icon: 'flame', words: say('trending.title') },
    { to: '/browse', icon: 'compass', words: say('browse.title'), ...(me ? { minor: true as const } : {}) },
    ...(me ? keeping() : []),
  ]
}

function keeping(): Place[] {
  return [
    { to: '/subscriptions', icon: 'people', words: say('app.subscriptions') },
    { to: '/library', icon: 'list', words: say('app.library') },
    { to: '/history', icon: 'clock', words: say('app.history') },
  ]
}

/** Where one works on what is one's own. */
export function ownPlaces(): Place[] {
  return [
    ...keeping(),
    { to: '/studio', icon: 'film', words: say('app.studio') },
    { to: '/upload', icon: 'upload', words: say('app.upload') },
    { to: '/settings', icon: 'gear', words: say('settings.title') },
  ]
}

export function staffPlaces(me: Me): Place[] {
  if (me.role === 'member') return []
  const moderation: Place = { to: '/moderation', icon: 'shield', words: say('staff.moderation'), minor: true }
  if (me.role === 'moderator') return [moderation]
  return [moderation, { to: '/admin', icon: 'chart', words: say('staff.administration'), minor: true }]
}

export function strangersPlaces(): Place[] {
  return [
    { to: '/sign-in', icon: 'person', words: say('app.sign_in') },
    { to: '/sign-up', icon: 'pencil', words: say('app.sign_up') },
    { to: '/upload', icon: 'upload', words: say('app.upload') },
  ]
}

/** Places one below the other, in a menu. */
export function PlaceList({ places, onGo }: { places: readonly Place[]; onGo: () => void }) {
  return places.map((place) => (
    <li key={place.to}>
      <Link to={place.to} onClick={onGo}>
        <Icon name={place.icon} />
        {place.words}
      </Link>
    </li>
  ))
}

/** One list for all widths: a rail beside the page, or the bar at its foot. Where a video is watched it steps aside. */
export function Places() {
  const me = useMe()
  const watching = useRouterState({ select: (state) => state.location.pathname.startsWith('/watch/') })
  const places = [...viewing(me), ...(me ? staffPlaces(me) : [])]
  return (
    <nav className="places" aria-label={say('app.places')} data-watching={watching || undefined}>
      <ul>
        {places.map((place) => (
          <li key={place.to} data-minor={place.minor}>
            <Link to={place.to} activeOptions={{ exact: place.to === '/' }}>
              <Icon name={place.icon} size={22} />
              <span>{place.words}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
