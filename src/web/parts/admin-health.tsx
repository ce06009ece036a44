/** How the platform fares, at one look: what is wrong, what takes how much room, what runs; and the book of its staff. */
import { infiniteQueryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { call } from '../api.ts'
import { ago, fileSize, roughTime } from '../ui/format.ts'
import { Icon } from '../ui/icon.tsx'
import { LongList } from '../ui/long-list.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say, speaking } from '../words/say.ts'
import { healthQuery } from './account-queries.ts'
import { More } from './video-grid.tsx'

export function Health() {
  const asked = useQuery({ ...healthQuery, refetchInterval: 30_000 })
  if (!asked.data) return <Trouble thrown={asked.error} />
  const { health, space } = asked.data
  const sizes: [string, number | undefined][] = [
    [say('staff.space_free'), space.freeBytes],
    [say('staff.space_sources'), space.sourceBytes],
    [say('staff.space_renditions'), space.renditionBytes],
    [say('staff.space_database'), space.databaseBytes],
  ]
  const facts: [string, string][] = [
    [say('staff.accounts'), health.accounts.toLocaleString(speaking())],
    [say('channel.videos'), health.videos.toLocaleString(speaking())],
    [say('staff.up'), roughTime(health.upMs)],
    [say('staff.memory'), fileSize(health.memoryBytes)],
    [say('staff.database_answers'), `${health.databaseMs.toFixed(1)} ms`],
    [say('staff.oldest_waiting'), health.oldestWaitingMs > 0 ? roughTime(health.oldestWaitingMs) : '–'],
    [say('staff.letters'), say(`staff.mail.${health.mail}`)],
    [say('staff.jail'), health.jail],
    ['PostgreSQL', health.databaseVersion],
    ['Node', health.nodeVersion],
  ]
  return (
    <>
      <section className="stack" aria-labelledby="health">
        <h2 id="health">{say('staff.health')}</h2>
        {health.warnings.length === 0 ? (
          <p className="notice">
            <Icon name="check" />
            {say('staff.all_well')}
          </p>
        ) : null}
        {health.warnings.map((warning) => (
          <p key={warning} className="notice" data-kind="warn">
            <Icon name="warn" />
            {say(`staff.warning.${warning}`)}
          </p>
        ))}
        <dl className="figure-tiles">
          {facts.map(([name, value]) => (
            <div key={name} className="figure-tile">
              <dt className="soft small">{name}</dt>
              <dd dir="auto">{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section className="panel stack" aria-labelledby="space">
        <h2 id="space">{say('staff.space')}</h2>
        <dl className="figure-tiles">
          {sizes.map(([name, bytes]) =>
            bytes === undefined ? null : (
              <div key={name} className="figure-tile">
                <dt className="soft small">{name}</dt>
                <dd>{fileSize(bytes)}</dd>
              </div>
            ),
          )}
        </dl>
        {space.byRendition.length > 0 ? (
          <table className="job-counts">
            <thead>
              <tr>
                <th scope="col">{say('staff.rendition')}</th>
                <th scope="col">{say('staff.files')}</th>
                <th scope="col">{say('staff.size')}</th>
              </tr>
            </thead>
            <tbody>
              {space.byRendition.map((it) => (
                <tr key={it.rendition}>
                  <th scope="row">{it.rendition}</th>
                  <td>{it.files.toLocaleString(speaking())}</td>
                  <td>{fileSize(it.sizeBytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : null}
      </section>
    </>
  )
}

const bookQuery = infiniteQueryOptions({
  queryKey: ['staff', 'acts'],
  queryFn: ({ pageParam }) => call('listStaffActs', { query: pageParam === '' ? {} : { after: pageParam } }),
  initialPageParam: '',
  getNextPageParam: (page: { next?: string | undefined }) => page.next,
})

export function Book() {
  const listing = useInfiniteQuery(bookQuery)
  const items = listing.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <section className="panel stack" aria-labelledby="book">
      <h2 id="book">{say('staff.book')}</h2>
      <Trouble thrown={listing.error} />
      {listing.isSuccess && items.length === 0 ? <p className="soft">{say('staff.book_empty')}</p> : null}
      <LongList
        items={items}
        idOf={(it) => it.id}
        className="rows lined"
        row={(it) => (
          <div className="row spread">
            <div className="stack">
              <p>
                <strong dir="auto">{it.by.name}</strong> <code>{it.act}</code>{' '}
                <span className="soft small">
                  {it.subject.kind} {it.subject.id}
                </span>
              </p>
              {Object.keys(it.detail).length > 0 ? (
                <p className="soft small" dir="auto">
                  {Object.entries(it.detail)
                    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
                    .join(' · ')}
                </p>
              ) : null}
            </div>
            <time className="soft small" dateTime={it.at}>
              {ago(it.at)}
            </time>
          </div>
        )}
      />
      <More listing={listing} />
    </section>
  )
}
