/** Where files are dropped, or chosen with a button; the whole page takes a drop. */
import { useEffect, useRef, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { fileSize } from '../ui/format.ts'
import { Icon } from '../ui/icon.tsx'
import { say } from '../words/say.ts'

interface DropZoneProps {
  maxSizeBytes: number
  /** One line, once there are uploads to look at. */
  small: boolean
  onFiles: (files: File[]) => void
}

export function DropZone({ maxSizeBytes, small, onFiles }: DropZoneProps) {
  const input = useRef<HTMLInputElement>(null)
  const over = usePageDrop(onFiles)
  return (
    <div className="drop" data-over={over || undefined} data-small={small || undefined}>
      <Icon name="upload" size={44} />
      {small ? (
        <p>{say('upload.drop_more')}</p>
      ) : (
        <>
          <p className="drop-title">{say('upload.drop')}</p>
          <p className="soft">{say('upload.drop_hint', { size: fileSize(maxSizeBytes) })}</p>
        </>
      )}
      <Button kind="main" onClick={() => input.current?.click()}>
        {say('upload.choose')}
      </Button>
      <FilePicker ref={input} onFiles={onFiles} multiple />
    </div>
  )
}

interface FilePickerProps {
  ref: React.Ref<HTMLInputElement>
  onFiles: (files: File[]) => void
  multiple?: boolean
}

/** Opened by a button, since the browser's own control can neither be drawn nor translated. */
export function FilePicker({ ref, onFiles, multiple = false }: FilePickerProps) {
  return (
    <input
      ref={ref}
      type="file"
      accept="video/*,audio/*,.mkv,.mts,.m2ts,.ts,.flv,.mxf,.vob"
      multiple={multiple}
      hidden
      tabIndex={-1}
      onChange={(event) => {
        onFiles([...(event.target.files ?? [])])
        // Without this, choosing the same file again would be no change.
        event.target.value = ''
      }}
    />
  )
}

/** Takes files dropped anywhere, so that a near miss does not replace the page by the video. */
function usePageDrop(onFiles: (files: File[]) => void): boolean {
  const [over, setOver] = useState(false)
  const take = useRef(onFiles)
  take.current = onFiles
  useEffect(() => {
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const hover = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      setOver(true)
    }
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false)
    }
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      setOver(false)
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length > 0) take.current(files)
    }
    addEventListener('dragover', hover)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragover', hover)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
    }
  }, [])
  return over
}
