/** The parts of the administration, above each of its pages. */
import { Link } from '@tanstack/react-router'
import { Tabs } from '../ui/tabs.tsx'
import { say } from '../words/say.ts'

export const ADMIN_PARTS = ['accounts', 'videos', 'jobs', 'site', 'announcements', 'book'] as const
export type AdminPart = (typeof ADMIN_PARTS)[number]

export function AdminTabs() {
  return (
    <Tabs label={say('staff.parts')}>
      <Link to="/admin" activeOptions={{ exact: true }}>
        {say('staff.health')}
      </Link>
      {ADMIN_PARTS.map((it) => (
        <Link key={it} to="/admin/$part" params={{ part: it }}>
          {say(`staff.part.${it}`)}
        </Link>
      ))}
      <Link to="/admin/analytics">{say('figures.title')}</Link>
      <Link to="/admin/recommendations">{say('suggest.title')}</Link>
    </Tabs>
  )
}
