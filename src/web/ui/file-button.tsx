/** A button that asks for a file: the browser's own field under it takes the keyboard and the click. */
import type { ChangeEvent } from 'react'

export function FileButton({ label, accept, onFile }: { label: string; accept: string; onFile: (file: File) => void }) {
  const take = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0]
    // The same file may be chosen again after it was refused.
    event.target.value = ''
    if (file) onFile(file)
  }
  return (
    <label className="button file-button">
      {label}
      <input type="file" accept={accept} className="unseen" onChange={take} />
    </label>
  )
}
