/** Downloading a video, for those whom its owner allows it: the qualities that are complete, each as one file. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Video } from '../../contract/videos.ts'
import { call } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { fileSize } from '../ui/format.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import './download-dialog.css'

export function DownloadButton({ video }: { video: Video }) {
  const [open, setOpen] = useState(false)
  if (!video.downloads) return null
  return (
    <>
      <Button size="small" icon="download" onClick={() => setOpen(true)}>
        {say('download.open')}
      </Button>
      {open ? <DownloadDialog videoId={video.id} onClose={() => setOpen(false)} /> : null}
    </>
  )
}

function DownloadDialog({ videoId, onClose }: { videoId: string; onClose: () => void }) {
  const listed = useQuery({
    queryKey: ['downloads', videoId],
    queryFn: () => call('listDownloads', { params: { videoId } }),
    staleTime: 0,
  })
  const items = listed.data?.items ?? []
  return (
    <Dialog title={say('download.title')} onClose={onClose}>
      <div className="stack">
        {listed.data && items.length === 0 ? <p className="soft">{say('download.none')}</p> : null}
        {listed.isPending ? <span className="bone" style={{ width: '100%', height: '2.75rem' }} /> : null}
        <ul className="download-list">
          {items.toReversed().map(({ rendition, label, sizeBytes, address }) => (
            <li key={rendition}>
              <a href={address} download className="button">
                <span>{label}</span>
                <span className="soft small">{say('download.about', { size: fileSize(sizeBytes) })}</span>
              </a>
            </li>
          ))}
        </ul>
        <Trouble thrown={listed.error} />
        <div className="ends">
          <Button onClick={onClose}>{say('app.close')}</Button>
        </div>
      </div>
    </Dialog>
  )
}
