/** The frame of every page but the embed: skip link, header, main, footer; moves the focus when the page changes. */
import { Link, useRouterState } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import { useMe } from '../api.ts'
import { readBoot } from '../boot.ts'
import { announcementRegion } from '../ui/announce.ts'
import { Icon, Mark } from '../ui/icon.tsx'
import { say } from '../words/say.ts'
import { AccountMenu } from './account-menu.tsx'
import { Announcements } from './announcements.tsx'
import { NotificationBell } from './notifications.tsx'
import { Places } from './places.tsx'
import { SearchBox } from './search-box.tsx'
import { UploadsRunning } from './uploads-running.tsx'

export function Shell({ children }: { children: ReactNode }) {
  const me = useMe()
  const main = useRef<HTMLElement>(null)
  const name = readBoot()?.site?.name ?? say('app.name')
  useFocusOnArrival(main)
  return (
    <>
      <a className="skip" href="#content">
        {say('app.skip')}
      </a>
      <header className="header">
        <Link to="/" className="wordmark" aria-label={`${name}: ${say('app.home')}`}>
          <Mark />
          <span dir="auto">{name}</span>
        </Link>
        <SearchBox />
        <nav aria-label={say('app.main_navigation')} className="row header-ends">
          <Link
            to="/search"
            className="button header-search"
            data-kind="quiet"
            data-shape="round"
            aria-label={say('search.title')}
          >
            <Icon name="search" />
          </Link>
          <UploadsRunning />
          <Link to="/upload" className="button header-upload" data-kind={me ? undefined : 'quiet'} data-size="small">
            <Icon name="upload" />
            <span>{say('app.upload')}</span>
          </Link>
          {me ? <NotificationBell /> : null}
          {me === null ? (
            <Link to="/sign-in" className="button" data-kind="main" data-size="small">
              {say('app.sign_in')}
            </Link>
          ) : null}
          <AccountMenu me={me ?? null} />
        </nav>
      </header>
      <Announcements />
      <div className="frame">
        <Places />
        <main id="content" ref={main} tabIndex={-1}>
          {children}
        </main>
      </div>
      <footer className="footer">
        <p>{say('app.footer')}</p>
        <Link to="/about">{say('about.title')}</Link>
        <a href="/api/docs">{say('app.api')}</a>
      </footer>
      <div id={announcementRegion} className="out-of-sight" role="status" aria-live="polite" />
    </>
  )
}

/** After a change of page the focus goes to its heading, as it would after a load; the first page keeps it as it is. */
function useFocusOnArrival(main: React.RefObject<HTMLElement | null>): void {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname })
  const before = useRef<string | undefined>(undefined)
  useEffect(() => {
    const arrived = before.current !== undefined && path !== before.current
    before.current = path
    if (!arrived) return
    const heading = main.current?.querySelector<HTMLElement>('h1[tabindex]')
    ;(heading ?? main.current)?.focus({ preventScroll: true })
  }, [path, main])
}
