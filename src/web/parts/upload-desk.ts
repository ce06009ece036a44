/** The uploads of this page, kept while the person looks at other pages; made when the first one is needed. */
import { useSyncExternalStore } from 'react'
import { createUploads, type Uploads, type UploadsSnapshot } from './upload-client.ts'
import { runningUploads } from './uploads-count.ts'

let desk: Uploads | undefined

export function uploadDesk(): Uploads {
  desk ??= createUploads({ onChange: noteRunning })
  return desk
}

export function useUploads(): UploadsSnapshot {
  const { subscribe, getSnapshot } = uploadDesk()
  return useSyncExternalStore(subscribe, getSnapshot)
}

/** The header counts, and the browser asks before a page with running uploads is closed. */
function noteRunning(snapshot: UploadsSnapshot): void {
  const running = snapshot.uploads.filter(
    (one) => one.state !== 'done' && one.state !== 'failed' && one.state !== 'paused',
  )
  runningUploads.set(running.length)
  window.removeEventListener('beforeunload', warn)
  if (snapshot.busy) window.addEventListener('beforeunload', warn)
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault()
}
