/** Captions: the texts of a video. A file is sent with PUT to `/api/videos/{id}/captions/{language}`, as WebVTT or SubRip in any encoding. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Id, Language, Time } from './shapes.ts'

/** `captions` also say what is heard, for those who do not hear it; `subtitles` only what is spoken. */
export const CaptionKind = z.enum(['captions', 'subtitles'])
export type CaptionKind = z.infer<typeof CaptionKind>

export const Caption = z.object({
  language: Language,
  kind: CaptionKind,
  /** What menus call it. */
  name: z.string(),
  origin: z.enum(['upload', 'edited', 'source', 'machine']),
  cues: z.number(),
  changed: Time,
  /** Address of the text as WebVTT; new whenever the text changes. */
  address: z.string(),
})
export type Caption = z.infer<typeof Caption>

const OneVideo = z.object({ videoId: Id })

export const listCaptions = endpoint({
  says: 'The texts of a video, for those who may see it.',
  method: 'GET',
  path: '/videos/:videoId/captions',
  who: 'anyone',
  params: OneVideo,
  reply: z.object({ items: z.array(Caption), transcription: z.boolean() }),
  refuses: ['video_not_found'],
})

export const removeCaption = endpoint({
  says: 'Takes one text of a video away.',
  method: 'DELETE',
  path: '/videos/:videoId/captions/:language/:kind',
  who: 'member',
  params: OneVideo.extend({ language: Language, kind: CaptionKind }),
  refuses: ['video_not_found', 'not_allowed', 'caption_not_found'],
})

export const transcribeVideo = endpoint({
  says: 'Has a machine listen to the video and write its captions; they are there some minutes later.',
  method: 'POST',
  path: '/videos/:videoId/captions/transcription',
  who: 'member',
  params: OneVideo,
  body: z.object({ language: Language }),
  refuses: ['video_not_found', 'video_not_ready', 'not_allowed', 'transcription_off'],
  perMinute: 10,
})
