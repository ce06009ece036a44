/** Asks before a video is deleted. */
import { useQueryClient } from '@tanstack/react-query'
import type { VideoCard } from '../../contract/videos.ts'
import { call, videoQuery } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Confirm } from '../ui/confirm.tsx'
import { say } from '../words/say.ts'

interface DeleteDialogProps {
  video: Pick<VideoCard, 'id' | 'title'>
  onClose: () => void
  onDeleted?: () => void
}

export function DeleteDialog({ video, onClose, onDeleted }: DeleteDialogProps) {
  const queries = useQueryClient()
  const remove = async () => {
    await call('removeVideo', { params: { videoId: video.id } })
    announce(say('studio.deleted', { title: video.title }))
    onDeleted?.()
    queries.removeQueries({ queryKey: videoQuery(video.id).queryKey })
    await Promise.all(
      [['mine'], ['home'], ['channel'], ['me'], ['uploads']].map((queryKey) => queries.invalidateQueries({ queryKey })),
    )
  }
  return (
    <Confirm title={say('studio.delete_title')} button={say('studio.delete')} onConfirm={remove} onClose={onClose}>
      <p dir="auto">{say('studio.delete_hint', { title: video.title })}</p>
    </Confirm>
  )
}
