/** Recommendations: pages made for one viewer, why each video is there, and what the viewer says about them. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Category, Id, pageOf } from './shapes.ts'
import { VideoCard } from './videos.ts'

/** Why a video is suggested, in a form every language can say. */
export const Why = z.discriminatedUnion('because', [
  /** People who watched that video also watch this one. */
  z.object({ because: z.literal('watched'), videoId: Id, title: z.string() }),
  z.object({ because: z.literal('subscribed') }),
  /** The same subject: a tag or category the viewer has watched much of, or has chosen. */
  z.object({ because: z.literal('topic'), topic: Category }),
  /** The channel of something watched. */
  z.object({ because: z.literal('channel') }),
  z.object({ because: z.literal('taste') }),
  z.object({ because: z.literal('popular') }),
  /** New here, and shown to find out who likes it. */
  z.object({ because: z.literal('new') }),
  z.object({ because: z.literal('unfinished'), positionMs: z.number() }),
  /** Those who made the video chose what follows. */
  z.object({ because: z.literal('pinned') }),
])
export type Why = z.infer<typeof Why>

export const Suggestion = z.object({ video: VideoCard, why: Why })
export type Suggestion = z.infer<typeof Suggestion>

/** A row of the home page with a reason of its own. */
export const Shelf = z.object({
  kind: z.enum(['unfinished', 'subscriptions', 'because', 'topic']),
  /** Of `because`: the video it goes back to. */
  title: z.string().optional(),
  /** Of `topic`. */
  topic: Category.optional(),
  items: z.array(Suggestion),
})
export type Shelf = z.infer<typeof Shelf>

const Topics = z.array(Category).max(10)

/** A part of the home page; shelves and topics come with the first one. */
export const HomePart = pageOf(Suggestion).extend({ shelves: z.array(Shelf), topics: z.array(Category) })
export type HomePart = z.infer<typeof HomePart>

export const recommendHome = endpoint({
  says: 'The home page of whoever asks: videos, each with the reason why, shelves on the first page, and topics to choose from. Reacts to what was watched a moment ago.',
  method: 'GET',
  path: '/recommendations',
  who: 'anyone',
  query: z.object({
    after: z.string().max(60).optional(),
    limit: z.coerce.number().int().min(1).max(60).default(24),
    /** Only this topic. */
    topic: Category.optional(),
    /** Topics that a viewer without an account has chosen, with commas between. */
    topics: z.string().max(200).optional(),
    /** Preferred languages, with commas between; those of the browser by default. */
    languages: z.string().max(100).optional(),
  }),
  reply: HomePart,
  refuses: [],
})

export const recommendNext = endpoint({
  says: 'What to watch after a video: what its makers pinned, then what fits it and the viewer. The first one is what autoplay goes on with.',
  method: 'GET',
  path: '/videos/:videoId/next',
  who: 'anyone',
  params: z.object({ videoId: Id }),
  query: z.object({ limit: z.coerce.number().int().min(1).max(40).default(20) }),
  reply: z.object({ items: z.array(Suggestion) }),
  refuses: ['video_not_found'],
})

export const pinNext = endpoint({
  says: 'Pins the video that follows this one, or with null takes the pin away. Of the channel that made it.',
  method: 'PUT',
  path: '/videos/:videoId/next',
  who: 'member',
  params: z.object({ videoId: Id }),
  body: z.object({ next: Id.nullable() }),
  refuses: ['video_not_found', 'not_allowed', 'bad_request'],
})

/** What an account does not want to see. */
export const Wish = z.object({ kind: z.enum(['not_video', 'not_channel']), id: Id })
export type Wish = z.infer<typeof Wish>

export const addWish = endpoint({
  says: 'Never suggests a video, or anything of a channel, to this account again.',
  method: 'POST',
  path: '/me/recommendations/wishes',
  who: 'member',
  body: Wish,
  refuses: ['too_many'],
  perMinute: 120,
})

export const removeWish = endpoint({
  says: 'Takes such a wish back.',
  method: 'DELETE',
  path: '/me/recommendations/wishes/:kind/:id',
  who: 'member',
  params: Wish,
  refuses: [],
})

export const getTastes = endpoint({
  says: 'What recommendations go by beside the history: chosen topics, and videos and channels that are not wanted.',
  method: 'GET',
  path: '/me/recommendations',
  who: 'member',
  reply: z.object({ topics: Topics, unwanted: z.array(Wish) }),
  refuses: [],
})

export const chooseTopics = endpoint({
  says: 'Chooses the topics that recommendations lean to.',
  method: 'PUT',
  path: '/me/recommendations/topics',
  who: 'member',
  body: z.object({ topics: Topics }),
  refuses: [],
})

export const resetTastes = endpoint({
  says: 'Begins anew: what was watched so far stays in the history but says nothing any more, and topics and wishes are gone.',
  method: 'DELETE',
  path: '/me/recommendations',
  who: 'member',
  refuses: [],
})
