/** Spans of time in words, for the languages whose plurals are not told by one and many. */

/** How many of a unit, in the plural the language has for it. */
export function counted(language: string, unit: 'second' | 'minute' | 'hour'): (count: number) => string {
  const written = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' })
  return (count) => written.format(count)
}
