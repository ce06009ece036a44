/** The page of an address that leads nowhere. */
import { Link } from '@tanstack/react-router'
import { Empty } from '../ui/empty.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { say } from '../words/say.ts'

export function NotFoundPage() {
  return <Missing title={say('missing.title')} hint={say('missing.hint')} />
}

/** Nothing of a certain kind is here: says so, and shows a way forward. */
export function Missing({ title, hint }: { title: string; hint: string }) {
  usePageTitle(title)
  return (
    <Empty title={title} hint={hint} heading="h1">
      <Link to="/" className="button" data-kind="main">
        {say('missing.home')}
      </Link>
    </Empty>
  )
}
