/** The dialogs of the studio: edit a video, delete a video. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { VideoCard } from '../../contract/videos.ts'
import { call, videoQuery } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { VideoForm } from './video-form.tsx'
import { VideoMedia } from './video-media.tsx'

export function EditDialog({ videoId, onClose }: { videoId: string; onClose: () => void }) {
  const video = useQuery({ ...videoQuery(videoId), staleTime: 0 })
  return (
    <Dialog title={say('studio.edit_title')} onClose={onClose}>
      <Trouble thrown={video.error} />
      {video.data ? (
        <>
          <VideoForm video={video.data} onSaved={onClose}>
            <Button onClick={onClose}>{say('app.cancel')}</Button>
          </VideoForm>
          {video.data.state === 'ready' ? <VideoMedia videoId={videoId} language={video.data.language} /> : null}
        </>
      ) : (
        <div className="ends">
          <Button onClick={onClose}>{say('app.cancel')}</Button>
        </div>
      )}
    </Dialog>
  )
}

interface DeleteDialogProps {
  video: Pick<VideoCard, 'id' | 'title'>
  onClose: () => void
}

export function DeleteDialog({ video, onClose }: DeleteDialogProps) {
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () => call('removeVideo', { params: { videoId: video.id } }),
    onSuccess: async () => {
      onClose()
      announce(say('studio.deleted', { title: video.title }))
      queries.removeQueries({ queryKey: videoQuery(video.id).queryKey })
      await Promise.all(
        [['mine'], ['home'], ['channel'], ['me'], ['uploads']].map((queryKey) =>
          queries.invalidateQueries({ queryKey }),
        ),
      )
    },
  })
  return (
    <Dialog title={say('studio.delete_title')} onClose={onClose}>
      <p dir="auto">{say('studio.delete_hint', { title: video.title })}</p>
      <Trouble thrown={remove.error} />
      <div className="ends">
        <Button onClick={onClose}>{say('app.cancel')}</Button>
        <Button kind="danger" icon="bin" onClick={() => remove.mutate()} disabled={remove.isPending}>
          {say('studio.delete')}
        </Button>
      </div>
    </Dialog>
  )
}
