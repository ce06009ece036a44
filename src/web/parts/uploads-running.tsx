/** In the header: how many uploads go on while the person looks at other pages. */
import { Link } from '@tanstack/react-router'
import { useSyncExternalStore } from 'react'
import { Icon } from '../ui/icon.tsx'
import { say } from '../words/say.ts'
import { runningUploads } from './uploads-count.ts'

export function UploadsRunning() {
  const count = useSyncExternalStore(runningUploads.subscribe, runningUploads.count)
  if (count === 0) return null
  return (
    <Link to="/upload" className="badge" data-kind="good">
      <Icon name="upload" size={16} />
      <span aria-hidden="true">{count}</span>
      <span className="out-of-sight">{say('app.uploads_running', { count })}</span>
    </Link>
  )
}
