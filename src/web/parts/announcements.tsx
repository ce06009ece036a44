/** What the staff announces to everybody, above every page until one has read it. */
import { useState } from 'react'
import { readBoot } from '../boot.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { say } from '../words/say.ts'

const KEPT = 'vitascope_read_announcements'
/** More than can be shown at once are never kept. */
const MOST_KEPT = 50

/** Those already put away in this browser; nothing where it keeps nothing. */
function readKept(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '[]')
    return Array.isArray(kept) ? kept.filter((it) => typeof it === 'string') : []
  } catch {
    return []
  }
}

function keep(ids: string[]): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(ids.slice(-MOST_KEPT)))
  } catch {
    // A browser that keeps nothing shows it again; that is all.
  }
}

/** They come with the page, so that nothing below them is pushed down later. */
export function Announcements() {
  const [read, setRead] = useState(readKept)
  const shown = (readBoot()?.site?.announcements ?? []).filter((it) => !read.includes(it.id))
  if (shown.length === 0) return null
  const putAway = (id: string) => {
    const ids = [...read, id]
    setRead(ids)
    keep(ids)
  }
  return (
    <aside className="announcements" aria-label={say('announcement.label')}>
      {shown.map((it) => (
        <div key={it.id} className="announcement" data-kind={it.kind}>
          <Icon name={it.kind === 'warning' ? 'warn' : 'megaphone'} />
          <p dir="auto">{it.words}</p>
          <Button
            kind="quiet"
            shape="round"
            size="small"
            icon="cross"
            aria-label={say('announcement.put_away')}
            onClick={() => putAway(it.id)}
          />
        </div>
      ))}
    </aside>
  )
}
