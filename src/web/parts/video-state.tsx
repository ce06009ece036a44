/** How a video stands, as a badge, a bar and a sentence: from what was read and what came over the live socket. */
import type { LiveNews } from '../../contract/live.ts'
import type { Progress, VideoCard } from '../../contract/videos.ts'
import { percent } from '../ui/format.ts'
import { ProgressBar } from '../ui/progress.tsx'
import { say, sayRefusal } from '../words/say.ts'

export interface Standing {
  state: VideoCard['state']
  reason: { code: string; sentence: string } | undefined
  /** Part of one of the step that goes on now; undefined when nothing does, or nobody knows how far. */
  part: number | undefined
}

interface Known {
  state: VideoCard['state']
  reason?: { code: string; sentence: string } | undefined
  progress?: Progress | undefined
}

/** The newer of two sources wins: the socket, where it has spoken. */
export function standingOf(video: Known, news: LiveNews | undefined): Standing {
  const { state, reason, progress } = news ?? video
  if (state === 'uploading') {
    const upload = news?.upload
    return {
      state,
      reason,
      part: upload && upload.lengthBytes > 0 ? upload.offsetBytes / upload.lengthBytes : undefined,
    }
  }
  const made = progress && !progress.optimised && progress.segmentsTotal > 0
  return { state, reason, part: made ? progress.segmentsDone / progress.segmentsTotal : undefined }
}

export function StateBadge({ standing }: { standing: Standing }) {
  const kinds = { uploading: 'warn', processing: 'warn', ready: 'good', failed: 'bad' } as const
  return (
    <span className="badge" data-kind={kinds[standing.state]}>
      {stateText(standing)}
    </span>
  )
}

export function stateText({ state, part }: Standing): string {
  if (state === 'uploading' && part !== undefined)
    return say('video.state.uploading_percent', { percent: percent(part) })
  if (state === 'ready' && part !== undefined) return say('video.state.improving', { percent: percent(part) })
  return say(`video.state.${state}`)
}

export function reasonText(reason: { code: string; sentence: string }): string {
  return sayRefusal(reason.code, reason.sentence)
}

/** The badge, the bar of what goes on, and why it failed if it did. */
export function StateDetails({ standing, title }: { standing: Standing; title: string }) {
  return (
    <div className="state-details">
      <StateBadge standing={standing} />
      {standing.part === undefined ? null : (
        <ProgressBar part={standing.part} label={`${title}: ${say(`video.state.${standing.state}`)}`} />
      )}
      {standing.reason ? <p className="state-reason">{reasonText(standing.reason)}</p> : null}
    </div>
  )
}
