/** Light or dark: as the device says, or as the reader chose. Kept in a cookie, so that the server writes it into the page. */
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const COOKIE = 'vitascope_theme'

/** The theme that was chosen; `system` when none was. */
export function chosenTheme(cookies: string = document.cookie): Theme {
  const kept = new RegExp(`(?:^|; )${COOKIE}=(light|dark)`).exec(cookies)?.[1]
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

/** Shows a theme now and keeps the choice for a year. */
export function changeTheme(theme: Theme): void {
  const age = theme === 'system' ? 0 : 31_536_000
  // biome-ignore lint/suspicious/noDocumentCookie: the server reads it too, and the Cookie Store is not everywhere yet
  document.cookie = `${COOKIE}=${theme}; path=/; max-age=${age}; samesite=lax`
  showTheme(theme)
}

export function showTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}
