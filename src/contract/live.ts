/** The WebSocket at `/api/live`: what changes while somebody looks. Messages are JSON, one object each. */
import { z } from 'zod'
import { Id, VideoState } from './shapes.ts'
import { Progress, Video } from './videos.ts'

/** A client says which videos it looks at; only those it may see are followed. At most 200. */
export const LiveAsk = z.object({ follow: z.array(Id).max(200) })
export type LiveAsk = z.infer<typeof LiveAsk>

/** The server says how one video stands; sent at once on following and after every change. */
export const LiveNews = z.object({
  videoId: Id,
  state: VideoState,
  reason: Video.shape.reason,
  thumbnail: z.string().optional(),
  durationMs: z.number().optional(),
  /** Bytes of the source that are stored, while it is uploading. */
  upload: z.object({ offsetBytes: z.number(), lengthBytes: z.number() }).optional(),
  progress: Progress.optional(),
})
export type LiveNews = z.infer<typeof LiveNews>
