/** The figures of the whole site, for administrators. */
import type { Me } from '../../contract/accounts.ts'
import { AdminTabs } from '../parts/admin-tabs.tsx'
import { Figures } from '../parts/analytics.tsx'
import { MembersOnly } from '../parts/members-only.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { say } from '../words/say.ts'
import { NotFoundPage } from './not-found.tsx'

export function AdminAnalyticsPage() {
  usePageTitle(say('figures.of_site'))
  return <MembersOnly>{(me) => <OfSite me={me} />}</MembersOnly>
}

function OfSite({ me }: { me: Me }) {
  if (me.role !== 'admin') return <NotFoundPage />
  return (
    <div className="page-middle">
      <div className="page-head">
        <h1 tabIndex={-1}>{say('figures.of_site')}</h1>
      </div>
      <AdminTabs />
      <Figures subject={{ kind: 'site' }} />
    </div>
  )
}
