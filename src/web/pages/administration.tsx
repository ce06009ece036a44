/** Administration: how the platform fares, its accounts, videos, jobs, settings, announcements, and the book of its staff. */
import { Link, useParams } from '@tanstack/react-router'
import { Accounts } from '../parts/admin-accounts.tsx'
import { Book, Health } from '../parts/admin-health.tsx'
import { Jobs } from '../parts/admin-jobs.tsx'
import { AnnouncementForms, Site } from '../parts/admin-site.tsx'
import { EveryVideo } from '../parts/admin-videos.tsx'
import { StaffOnly } from '../parts/staff.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { say } from '../words/say.ts'
import { NotFoundPage } from './not-found.tsx'
import '../parts/analytics.css'

const PARTS = ['accounts', 'videos', 'jobs', 'site', 'announcements', 'book'] as const
type Part = (typeof PARTS)[number]
const shown = {
  accounts: Accounts,
  videos: EveryVideo,
  jobs: Jobs,
  site: Site,
  announcements: AnnouncementForms,
  book: Book,
} satisfies Record<Part, () => unknown>

export function AdministrationPage() {
  usePageTitle(say('staff.administration'))
  const { part } = useParams({ strict: false })
  const known = PARTS.find((it) => it === part)
  if (part !== undefined && known === undefined) return <NotFoundPage />
  const Shown = known === undefined ? Health : shown[known]
  return (
    <StaffOnly admin>
      {() => (
        <div className="page-middle">
          <div className="page-head">
            <h1 tabIndex={-1}>{say('staff.administration')}</h1>
          </div>
          <nav className="tabs" aria-label={say('staff.parts')}>
            <Link to="/admin" activeOptions={{ exact: true }}>
              {say('staff.health')}
            </Link>
            {PARTS.map((it) => (
              <Link key={it} to="/admin/$part" params={{ part: it }}>
                {say(`staff.part.${it}`)}
              </Link>
            ))}
            <Link to="/admin/analytics">{say('figures.title')}</Link>
          </nav>
          <div className="stack">
            <Shown />
          </div>
        </div>
      )}
    </StaffOnly>
  )
}
