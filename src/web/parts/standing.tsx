/** What keeps one's own video from being public: a decision of staff, a review, or a time that was set. */
import type { Video } from '../../contract/videos.ts'
import { moment } from '../ui/format.ts'
import { say } from '../words/say.ts'

export function Standing({ video }: { video: Video }) {
  if (video.hidden !== undefined)
    return (
      <p className="notice" data-kind="bad">
        {say('video.hidden_why', { reason: video.hidden })}
      </p>
    )
  if (video.inReview) return <p className="notice">{say('video.in_review')}</p>
  if (video.publishAt !== undefined)
    return <p className="notice">{say('video.scheduled', { date: moment(video.publishAt) })}</p>
  return null
}
