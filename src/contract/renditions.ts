/**
 * Renditions, as the owner of a video sees them: what there is, what went wrong, and trying once more. And when they are made at all,
 * which administrators decide, for the whole site and channel by channel.
 */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Handle, Id } from './shapes.ts'

export const Rendition = z.object({
  rendition: z.string(),
  codec: z.string(),
  /** Of sound its language, in that language; of a further codec its size and what it is called. */
  name: z.string().optional(),
  /** `failed`: it could not be made, for the reason given; the others play on. `left_out`: it adds nothing to them. */
  state: z.enum(['lazy', 'making', 'made', 'failed', 'left_out']),
  sizeBytes: z.number(),
  watchedMinutes: z.number(),
  /** The last lines the encoder said. */
  reason: z.string().optional(),
  /** What trials of this title decided, or why there were none. */
  decided: z
    .object({
      why: z.enum([
        ...['tuned', 'begun_before', 'seen_in_part', 'not_tried', 'copied', 'adds_nothing'],
        ...['too_short', 'one_rung', 'sound_alone', 'switched_off', 'trials_failed'],
      ] as const),
      crf: z.number(),
      ceilingBitsPerSecond: z.number(),
      /** What was expected of it: mean rate, and SSIM in decibels as seen at the size of the largest rendition that was tried. */
      expectedBitsPerSecond: z.number().optional(),
      expectedDecibels: z.number().optional(),
      /** The rendition that makes it needless. */
      besides: z.string().optional(),
    })
    .optional(),
})

/** A rendition that does not exist yet and need not: the same picture in a further codec or a wide range of brightness. */
export const OfferedRendition = z.object({ rendition: z.string(), codec: z.string(), label: z.string() })

export const listRenditions = endpoint({
  says: 'The renditions of an own video, with how much each is watched and why one could not be made; and those in further codecs that could be made.',
  method: 'GET',
  path: '/videos/:videoId/renditions',
  who: 'member',
  params: z.object({ videoId: Id }),
  reply: z.object({ items: z.array(Rendition), offered: z.array(OfferedRendition) }),
  refuses: ['video_not_found', 'not_allowed'],
})

export const makeRendition = endpoint({
  says: 'Makes a rendition of an own video that failed once more, or completes one that is made on request or offered.',
  method: 'POST',
  path: '/videos/:videoId/renditions/:rendition/make',
  who: 'member',
  params: z.object({ videoId: Id, rendition: z.string().regex(/^[0-9a-z][0-9a-z_-]{0,31}$/) }),
  refuses: ['video_not_found', 'not_allowed', 'rendition_not_found'],
  perMinute: 20,
})

/** When renditions are made. */
export const MediaPolicy = z.object({
  /** Renditions up to this short side, in pixels, are made at once; larger ones when somebody watches them. */
  eagerShortSide: z.number().int().min(0).max(4320),
  /** A rendition that is made on request is completed once it was watched for so many minutes in all. */
  completeAfterMinutes: z.number().int().min(1).max(1_000_000_000),
  /** A video watched for so many minutes in all gets its renditions in the second codecs. */
  secondCodecsAfterMinutes: z.number().int().min(1).max(1_000_000_000),
})
export type MediaPolicy = z.infer<typeof MediaPolicy>

/** What was decided for one channel; where that is nothing, the channel follows the site. */
export const ChannelPolicy = z.object({ own: MediaPolicy.partial(), site: MediaPolicy })
export type ChannelPolicy = z.infer<typeof ChannelPolicy>

const OneChannel = z.object({ handle: Handle })

export const getChannelPolicy = endpoint({
  says: 'When renditions of the videos of a channel are made, for its team: what was decided for it, and what the site does.',
  method: 'GET',
  path: '/channels/:handle/media-policy',
  who: 'member',
  params: OneChannel,
  reply: ChannelPolicy,
  refuses: ['channel_not_found', 'not_allowed'],
})

export const setChannelPolicy = endpoint({
  says: 'Decides when renditions of the videos of a channel are made; in what is not given the channel follows the site.',
  method: 'PUT',
  path: '/channels/:handle/media-policy',
  who: 'admin',
  params: OneChannel,
  body: MediaPolicy.partial(),
  reply: ChannelPolicy,
  refuses: ['channel_not_found'],
})
