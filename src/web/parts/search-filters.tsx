/** What results may be narrowed to, as a row of choices with how many results each would leave. */

import { CATEGORIES } from '../../contract/choices.ts'
import type { SearchResults } from '../../contract/search.ts'
import { SelectField } from '../ui/field.tsx'
import { say, speaking } from '../words/say.ts'
import { CHOICES, type SearchAddress } from './search-address.ts'

interface FiltersProps {
  address: SearchAddress
  facets: SearchResults['facets']
  onChange: (address: SearchAddress) => void
}

export function SearchFilters({ address, facets, onChange }: FiltersProps) {
  const set = (part: keyof SearchAddress, value: string) => {
    const { [part]: _, ...rest } = address
    onChange(value === '' ? rest : { ...rest, [part]: value })
  }
  const counted = (part: string, value: string, text: string) => {
    const count = facets?.[part]?.find((it) => it.value === value)?.count
    return count === undefined ? text : `${text} (${count.toLocaleString(speaking())})`
  }
  const any = ['', say('search.any')] as const
  const categories = address.category ? [address.category] : (facets?.category ?? []).map((it) => it.value)
  const languages = address.language ? [address.language] : (facets?.language ?? []).map((it) => it.value)
  return (
    <fieldset className="search-filters">
      <legend className="out-of-sight">{say('search.filters')}</legend>
      <SelectField
        label={say('search.sort')}
        value={address.sort ?? 'relevance'}
        options={CHOICES.sort!.map((it) => [it, say(`search.sort.${it}` as 'search.sort.views')] as const)}
        onChoose={(value) => set('sort', value === 'relevance' ? '' : value)}
      />
      <SelectField
        label={say('search.published')}
        value={address.published ?? ''}
        options={[
          any,
          ...CHOICES.published!.map((it) => [it, say(`search.published.${it}` as 'search.published.day')] as const),
        ]}
        onChoose={(value) => set('published', value)}
      />
      <SelectField
        label={say('search.length')}
        value={address.length ?? ''}
        options={[
          any,
          ...CHOICES.length!.map(
            (it) => [it, counted('duration', it, say(`search.length.${it}` as 'search.length.short'))] as const,
          ),
        ]}
        onChoose={(value) => set('length', value)}
      />
      <SelectField
        label={say('search.quality')}
        value={address.quality ?? ''}
        options={[
          any,
          ...CHOICES.quality!.map((it) => [it, say(`search.quality.${it}` as 'search.quality.hd')] as const),
        ]}
        onChoose={(value) => set('quality', value)}
      />
      <SelectField
        label={say('video.category')}
        value={address.category ?? ''}
        options={[any, ...categories.map((it) => [it, counted('category', it, categoryName(it))] as const)]}
        onChoose={(value) => set('category', value)}
      />
      <SelectField
        label={say('search.language')}
        value={address.language ?? ''}
        options={[any, ...languages.map((it) => [it, counted('language', it, languageName(it))] as const)]}
        onChoose={(value) => set('language', value)}
      />
      <SelectField
        label={say('search.captions')}
        value={address.captions ?? ''}
        options={[any, ['true', counted('captions', 'with', say('search.captions.with'))]]}
        onChoose={(value) => set('captions', value)}
      />
    </fieldset>
  )
}

export function categoryName(category: string): string {
  return (CATEGORIES as readonly string[]).includes(category)
    ? say(`video.category.${category}` as 'video.category.music')
    : category
}

/** The name of a language in the reader's own. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(speaking(), { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag
  }
}
