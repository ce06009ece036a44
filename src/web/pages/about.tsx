/** About this site: what those who run it say of it, and its terms. */
import { useQuery } from '@tanstack/react-query'
import { siteQuery } from '../parts/account-queries.ts'
import { PlainText } from '../parts/plain-text.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

export function AboutPage() {
  usePageTitle(say('about.title'))
  const site = useQuery(siteQuery)
  return (
    <div className="page-narrow stack">
      <h1 tabIndex={-1}>{say('about.title')}</h1>
      <Trouble thrown={site.error} />
      {site.data ? (
        <>
          <h2 dir="auto">{site.data.name}</h2>
          <PlainText text={site.data.about || say('about.nothing')} />
          {site.data.terms ? (
            <section className="stack" aria-labelledby="terms">
              <h2 id="terms">{say('about.terms')}</h2>
              <PlainText text={site.data.terms} />
            </section>
          ) : null}
        </>
      ) : null}
    </div>
  )
}
