/** What a search is in the address of its page. */
import { CATEGORIES } from '../../contract/choices.ts'

/** What stands in the address of the page; texts, for an address holds nothing else. */
export interface SearchAddress {
  q?: string
  sort?: string
  category?: string
  length?: string
  published?: string
  quality?: string
  language?: string
  captions?: string
  tag?: string
}

const PARTS = ['q', 'sort', 'category', 'length', 'published', 'quality', 'language', 'captions', 'tag'] as const
export const CHOICES: Record<string, readonly string[]> = {
  sort: ['relevance', 'newest', 'oldest', 'views', 'longest', 'shortest'],
  length: ['short', 'medium', 'long'],
  published: ['day', 'week', 'month', 'year'],
  quality: ['hd', 'full_hd', '4k'],
  captions: ['true'],
  category: CATEGORIES,
}

/** The address as it came, without what is not one of its parts or choices. */
export function readAddress(search: Record<string, unknown>): SearchAddress {
  const address: SearchAddress = {}
  for (const part of PARTS) {
    const value = search[part] === true ? 'true' : search[part]
    const text = typeof value === 'number' ? String(value) : value
    if (typeof text !== 'string' || text === '' || text.length > 400) continue
    if (CHOICES[part] && !CHOICES[part].includes(text)) continue
    if (part === 'language' && !/^[a-z]{2,3}$/.test(text)) continue
    address[part] = text
  }
  return address
}

export function isNarrowed(address: SearchAddress): boolean {
  return PARTS.some((part) => part !== 'q' && part !== 'sort' && address[part] !== undefined)
}
