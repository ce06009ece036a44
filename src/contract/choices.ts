/** The closed lists people choose from. Apart from the shapes, so that pages can show them without a schema library. */

export const PRIVACIES = ['public', 'unlisted', 'private'] as const

/** Whether comments are shown at once, after approval, or cannot be written. */
export const COMMENTS_POLICIES = ['open', 'held', 'closed'] as const

export const CATEGORIES = [
  'animation',
  'autos',
  'comedy',
  'education',
  'entertainment',
  'film',
  'food',
  'gaming',
  'howto',
  'music',
  'nature',
  'news',
  'people',
  'science',
  'sports',
  'technology',
  'travel',
  'other',
] as const

export const LICENCES = [
  'all-rights-reserved',
  'cc-by',
  'cc-by-sa',
  'cc-by-nc',
  'cc-by-nc-sa',
  'cc-by-nd',
  'cc0',
] as const
