/** Browse: categories, languages and tags, and what the reader searched before and saved. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, useMe } from '../api.ts'
import { readAddress } from '../parts/search-address.ts'
import { categoryName, languageName } from '../parts/search-filters.tsx'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say, speaking } from '../words/say.ts'

const savedKey = ['saved-searches']
const pastKey = ['past-searches']

export function BrowsePage() {
  usePageTitle(say('browse.title'))
  const me = useMe()
  const topics = useQuery({ queryKey: ['topics'], queryFn: () => call('listTopics'), staleTime: 30_000 })
  const { categories = [], languages = [], tags = [] } = topics.data ?? {}
  return (
    <div className="page-middle stack">
      <h1 tabIndex={-1}>{say('browse.title')}</h1>
      <Trouble thrown={topics.error} />
      {topics.isSuccess && categories.length === 0 ? (
        <Empty title={say('home.empty')} hint={say('browse.empty')} />
      ) : null}
      {categories.length > 0 ? (
        <section>
          <h2>{say('browse.categories')}</h2>
          <ul className="topics">
            {categories.map((it) => (
              <li key={it.value}>
                <Link to="/search" search={{ category: it.value }}>
                  {categoryName(it.value)} <span className="soft small">{it.count.toLocaleString(speaking())}</span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {languages.length > 0 ? (
        <section>
          <h2>{say('browse.languages')}</h2>
          <ul className="topics">
            {languages.map((it) => (
              <li key={it.value}>
                <Link to="/search" search={{ language: it.value }}>
                  {languageName(it.value)} <span className="soft small">{it.count.toLocaleString(speaking())}</span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {tags.length > 0 ? (
        <section>
          <h2>{say('video.tags')}</h2>
          <ul className="topics" data-look="tags">
            {tags.map((it) => (
              <li key={it.value}>
                <Link to="/search" search={{ tag: it.value }} dir="auto">
                  #{it.value}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {me ? <Own /> : null}
    </div>
  )
}

function Own() {
  const client = useQueryClient()
  const saved = useQuery({ queryKey: savedKey, queryFn: () => call('listSavedSearches') })
  const past = useQuery({ queryKey: pastKey, queryFn: () => call('listSearches') })
  const again = (key: string[]) => client.invalidateQueries({ queryKey: key })
  const savedItems = saved.data?.items ?? []
  const pastItems = past.data?.items ?? []
  return (
    <>
      {savedItems.length > 0 ? (
        <section>
          <h2>{say('browse.saved')}</h2>
          <ul className="own-searches">
            {savedItems.map((it) => (
              <li key={it.id}>
                <Link to="/search" search={readAddress({ ...it.filters, q: it.q, sort: it.sort })} dir="auto">
                  {it.name}
                </Link>
                <Button
                  kind="quiet"
                  shape="round"
                  icon="cross"
                  aria-label={say('browse.remove', { what: it.name })}
                  onClick={() =>
                    void call('removeSavedSearch', { params: { savedId: it.id } }).then(() => again(savedKey))
                  }
                />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {pastItems.length > 0 ? (
        <section>
          <div className="page-head">
            <h2>{say('browse.past')}</h2>
            <Button size="small" onClick={() => void call('forgetSearches').then(() => again(pastKey))}>
              {say('browse.forget_all')}
            </Button>
          </div>
          <ul className="own-searches">
            {pastItems.slice(0, 50).map((it) => (
              <li key={it.id}>
                <Link to="/search" search={{ q: it.q }} dir="auto">
                  {it.q}
                </Link>
                <Button
                  kind="quiet"
                  shape="round"
                  icon="cross"
                  aria-label={say('browse.remove', { what: it.q })}
                  onClick={() => void call('forgetSearch', { params: { searchId: it.id } }).then(() => again(pastKey))}
                />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  )
}
