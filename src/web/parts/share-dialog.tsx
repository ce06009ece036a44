/** Sharing a video: its address, from a time on if wanted, and the code that puts it into another site. */
import { useState } from 'react'
import type { Video } from '../../contract/videos.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { clockTime } from '../ui/format.ts'
import { say } from '../words/say.ts'

export function ShareButton({ video }: { video: Video }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="small" icon="link" onClick={() => setOpen(true)}>
        {say('share.open')}
      </Button>
      {open ? <ShareDialog video={video} onClose={() => setOpen(false)} /> : null}
    </>
  )
}

/** Where the player on this page is, in whole seconds. */
function playedSeconds(): number {
  return Math.floor(document.querySelector('video')?.currentTime ?? 0)
}

function ShareDialog({ video, onClose }: { video: Video; onClose: () => void }) {
  const [seconds] = useState(playedSeconds)
  const [fromTime, setFromTime] = useState(false)
  const time = fromTime ? `?t=${seconds}` : ''
  const title = video.title.replace(/[&"<>]/g, (letter) => `&#${letter.charCodeAt(0)};`)
  const things = [
    [say('share.address'), `${location.origin}/v/${video.id}${time}`],
    [
      say('share.embed'),
      `<iframe src="${location.origin}/embed/${video.id}${time}" title="${title}" width="640" height="360" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen style="border:0"></iframe>`,
    ],
  ] as const
  return (
    <Dialog title={say('share.title')} onClose={onClose}>
      <div className="stack">
        {things.map(([label, words]) => (
          <Copied key={label} label={label} words={words} />
        ))}
        {seconds > 0 ? (
          <label className="tick">
            <input type="checkbox" checked={fromTime} onChange={(event) => setFromTime(event.target.checked)} />
            {say('share.from', { time: clockTime(seconds * 1000) })}
          </label>
        ) : null}
        <div className="row">
          <Button onClick={onClose}>{say('app.close')}</Button>
        </div>
      </div>
    </Dialog>
  )
}

function Copied({ label, words }: { label: string; words: string }) {
  return (
    <div className="stack">
      <TextField label={label} value={words} readOnly dir="ltr" onFocus={(event) => event.target.select()} />
      <div>
        <CopyButton label={label} words={words} />
      </div>
    </div>
  )
}
