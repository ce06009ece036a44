/** The parts of the studio, above each of its pages. */
import { Link } from '@tanstack/react-router'
import { Tabs } from '../ui/tabs.tsx'
import { say } from '../words/say.ts'

/** `inside`: the part that a page without a tab of its own belongs to. */
export function StudioTabs({ inside }: { inside?: 'videos' | 'channels' }) {
  const here = { 'aria-current': 'page' } as const
  return (
    <Tabs label={say('studio.parts')}>
      <Link
        to="/studio"
        search={{}}
        activeOptions={{ exact: true, includeSearch: false }}
        {...(inside === 'videos' ? here : {})}
      >
        {say('channel.videos')}
      </Link>
      <Link to="/studio/comments">{say('video.comments_policy')}</Link>
      <Link to="/studio/channels" {...(inside === 'channels' ? here : {})}>
        {say('studio.channels')}
      </Link>
      <Link to="/studio/analytics" search={{}} activeOptions={{ includeSearch: false }}>
        {say('figures.title')}
      </Link>
    </Tabs>
  )
}
