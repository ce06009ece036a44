/** Videos: what they are, lists of them, and what their owners may change. */
import { z } from 'zod'
import { COMMENTS_POLICIES } from './choices.ts'
import { endpoint } from './endpoint.ts'
import {
  Category,
  ChannelRef,
  Handle,
  Id,
  Language,
  Licence,
  PageQuery,
  Privacy,
  pageOf,
  Time,
  text,
  VideoState,
} from './shapes.ts'

export const Title = text(1, 200)
export const Description = text(0, 10_000)
export const Tags = z.array(text(1, 40)).max(30)

/** What a list shows of a video. */
export const VideoCard = z.object({
  id: Id,
  title: z.string(),
  channel: ChannelRef,
  durationMs: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  /**
   * Address of the picture, a JPEG, or absent while there is none. With `.jpg` replaced by `.320.avif`, `.640.webp` and so on (320, 640, 1280;
   * webp, avif) it is the address of the same in that size and format.
   */
  thumbnail: z.string().optional(),
  /** Address of a few silent seconds of it, an MP4, for whoever points at the picture. */
  preview: z.string().optional(),
  views: z.number(),
  privacy: Privacy,
  state: VideoState,
  created: Time,
  published: Time.optional(),
})
export type VideoCard = z.infer<typeof VideoCard>

/** How far the making of a video has come. */
export const Progress = z.object({
  /** Segments of the eager renditions that exist, and how many there will be. */
  segmentsDone: z.number(),
  segmentsTotal: z.number(),
  /** All eager renditions are complete. */
  optimised: z.boolean(),
})
export type Progress = z.infer<typeof Progress>

export const Video = VideoCard.extend({
  description: z.string(),
  tags: z.array(z.string()),
  category: Category,
  language: Language.optional(),
  licence: Licence,
  likes: z.number(),
  dislikes: z.number(),
  /** Comments and replies. */
  commentCount: z.number(),
  /** Whether comments are shown at once, wait for approval, or cannot be written. */
  commentsPolicy: z.enum(COMMENTS_POLICIES),
  /** Why the state is `failed`: a refusal code and its sentence. Only for those who may edit. */
  reason: z.object({ code: z.string(), sentence: z.string() }).optional(),
  progress: Progress.optional(),
  /** Why staff has taken it away. Only for those who may edit. */
  hidden: z.string().optional(),
  /** When it becomes public by itself. Only for those who may edit. */
  publishAt: Time.optional(),
  /** Sites that may show it in a frame; absent: every site. Only for those who may edit. */
  embedHosts: z.array(z.string()).optional(),
  /** Chapters that its file brought along, shown while the description names none. Only for those who may edit. */
  sourceChapters: z.array(z.object({ startMs: z.number(), title: z.string() })).optional(),
  /** It waits for staff to look at it before it becomes public. Only for those who may edit. */
  inReview: z.boolean().optional(),
  /** Whether the one who asks may download it. */
  downloads: z.boolean(),
  /** Whether the one who asks may edit and delete it. */
  mine: z.boolean(),
})
export type Video = z.infer<typeof Video>

/** One rendition as it is stored: the `video files` of a video. */
export const VideoFile = z.object({
  rendition: z.string(),
  kind: z.enum(['video', 'audio']),
  codec: z.string(),
  width: z.number().optional(),
  height: z.number().optional(),
  frameRate: z.number().optional(),
  bitsPerSecond: z.number(),
  sizeBytes: z.number(),
  /** `made` once every segment is stored; `lazy` ones are made when somebody watches; `failed` could not be made; `left_out` adds nothing. */
  state: z.enum(['lazy', 'making', 'made', 'failed', 'left_out']),
})

export const VideoDraft = z.object({
  title: Title,
  description: Description.default(''),
  tags: Tags.default([]),
  category: Category.default('other'),
  language: Language.optional(),
  licence: Licence.default('all-rights-reserved'),
  privacy: Privacy.default('public'),
  /** Handle of the channel to publish on: an own one, or one that the account may edit. Absent: the oldest own one. */
  channel: Handle.optional(),
})

/** A host as Content-Security-Policy takes it (CSP3 section 2.3.1), without a scheme: `example.org`, `*.example.org`, `example.org:8443`. */
export const EmbedHost = z
  .string()
  .max(255)
  .transform((value) => value.toLowerCase())
  .pipe(
    z
      .string()
      .regex(
        /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:\d{1,5})?$/,
        'is not a host',
      ),
  )

const OneVideo = z.object({ videoId: Id })

export const createVideo = endpoint({
  says: 'Makes a video in state `uploading`; its file follows through `/api/uploads` with `video` in the metadata.',
  method: 'POST',
  path: '/videos',
  who: 'member',
  body: VideoDraft,
  reply: Video,
  refuses: ['channel_not_found', 'not_allowed', 'email_unproved'],
  perMinute: 60,
})

export const listVideos = endpoint({
  says: 'Public videos that are ready, newest first.',
  method: 'GET',
  path: '/videos',
  who: 'anyone',
  shared: true,
  query: PageQuery,
  reply: pageOf(VideoCard),
  refuses: [],
})

export const listMyVideos = endpoint({
  says: 'All videos of the account that is asking, in every state, newest first.',
  method: 'GET',
  path: '/me/videos',
  who: 'member',
  query: PageQuery,
  reply: pageOf(VideoCard.extend({ progress: Progress.optional(), reason: Video.shape.reason })),
  refuses: [],
})

export const getVideo = endpoint({
  says: 'One video. A private one exists for its owner only.',
  method: 'GET',
  path: '/videos/:videoId',
  who: 'anyone',
  shared: true,
  params: OneVideo,
  reply: Video,
  refuses: ['video_not_found'],
})

export const listVideoFiles = endpoint({
  says: 'The renditions of a video: resolution, codec, bit rate and size of each.',
  method: 'GET',
  path: '/videos/:videoId/files',
  who: 'anyone',
  params: OneVideo,
  reply: z.object({ items: z.array(VideoFile) }),
  refuses: ['video_not_found'],
})

export const editVideo = endpoint({
  says: 'Changes what is given of title, description, tags, category, language, licence, privacy and who may comment.',
  method: 'PATCH',
  path: '/videos/:videoId',
  who: 'member',
  params: OneVideo,
  body: z.object({
    title: Title.optional(),
    description: Description.optional(),
    tags: Tags.optional(),
    category: Category.optional(),
    language: Language.nullable().optional(),
    licence: Licence.optional(),
    privacy: Privacy.optional(),
    commentsPolicy: Video.shape.commentsPolicy.optional(),
    /** When it is to become public; it is private until then. Null takes the schedule away. */
    publishAt: Time.nullable().optional(),
    /** Sites that may show it in a frame; none of them for an empty list, every one for null. */
    embedHosts: z.array(EmbedHost).max(50).nullable().optional(),
  }),
  reply: Video,
  refuses: ['video_not_found', 'not_allowed', 'video_hidden'],
})

export const removeVideo = endpoint({
  says: 'Deletes a video with its source and every file made from it.',
  method: 'DELETE',
  path: '/videos/:videoId',
  who: 'member',
  params: OneVideo,
  refuses: ['video_not_found', 'not_allowed'],
})
