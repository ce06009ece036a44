/** The title of the window, which screen readers speak when a page opens. */
import { useEffect } from 'react'
import { say } from '../words/say.ts'

export function usePageTitle(title: string | undefined): void {
  useEffect(() => {
    if (title === undefined) return
    const name = say('app.name')
    document.title = title.startsWith(name) ? title : `${title} - ${name}`
  }, [title])
}
