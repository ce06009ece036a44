/** Administration: how the platform fares, its accounts, videos, jobs, settings, announcements, and the book of its staff. */
import { useParams } from '@tanstack/react-router'
import { Accounts } from '../parts/admin-accounts.tsx'
import { Book, Health } from '../parts/admin-health.tsx'
import { Jobs } from '../parts/admin-jobs.tsx'
import { AnnouncementForms, Site } from '../parts/admin-site.tsx'
import { ADMIN_PARTS, type AdminPart, AdminTabs } from '../parts/admin-tabs.tsx'
import { EveryVideo } from '../parts/admin-videos.tsx'
import { StaffOnly } from '../parts/staff.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { say } from '../words/say.ts'
import { NotFoundPage } from './not-found.tsx'
import '../parts/analytics.css'

const shown = {
  accounts: Accounts,
  videos: EveryVideo,
  jobs: Jobs,
  site: Site,
  announcements: AnnouncementForms,
  book: Book,
} satisfies Record<AdminPart, () => unknown>

export function AdministrationPage() {
  usePageTitle(say('staff.administration'))
  const { part } = useParams({ strict: false })
  const known = ADMIN_PARTS.find((it) => it === part)
  if (part !== undefined && known === undefined) return <NotFoundPage />
  const Shown = known === undefined ? Health : shown[known]
  return (
    <StaffOnly admin>
      {() => (
        <div className="page-middle">
          <div className="page-head">
            <h1 tabIndex={-1}>{say('staff.administration')}</h1>
          </div>
          <AdminTabs />
          <div className="stack">
            <Shown />
          </div>
        </div>
      )}
    </StaffOnly>
  )
}
