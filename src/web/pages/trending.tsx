/** Trending: what is watched more and more right now, of everything or of one category. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { CATEGORIES } from '../../contract/choices.ts'
import type { VideoCard } from '../../contract/videos.ts'
import { call, type Page } from '../api.ts'
import { categoryName } from '../parts/search-filters.tsx'
import { VideoGrid } from '../parts/video-grid.tsx'
import { Empty } from '../ui/empty.tsx'
import { SelectField } from '../ui/field.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { say } from '../words/say.ts'

type Category = (typeof CATEGORIES)[number]
const place = getRouteApi('/shell/trending')

export function TrendingPage() {
  usePageTitle(say('trending.title'))
  const { category } = place.useSearch() as { category?: Category }
  const navigate = useNavigate()
  const listing = useInfiniteQuery({
    queryKey: ['trending', category],
    queryFn: (): Promise<Page<VideoCard>> =>
      call('listTrending', { query: { limit: 48, ...(category ? { category } : {}) } }),
    initialPageParam: '',
    getNextPageParam: (): string | undefined => undefined,
    staleTime: 10_000,
    refetchInterval: 60_000,
  })
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>{say('trending.title')}</h1>
        <SelectField
          label={say('video.category')}
          value={category ?? ''}
          options={[['', say('search.any')], ...CATEGORIES.map((it) => [it, categoryName(it)] as const)]}
          onChoose={(value) =>
            void navigate({ to: '/trending', search: value === '' ? {} : { category: value }, replace: true })
          }
        />
      </div>
      <h2 className="out-of-sight">{say('channel.videos')}</h2>
      <VideoGrid listing={listing} empty={<Empty title={say('trending.empty')} hint={say('trending.empty_hint')} />} />
    </>
  )
}
