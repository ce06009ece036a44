/** Recommendations: pages made for one viewer, why each video is there, and what the viewer says about them. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Category, Id, pageOf, Time } from './shapes.ts'
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

export const removeWishes = endpoint({
  says: 'Takes back every such wish at once; chosen topics stay.',
  method: 'DELETE',
  path: '/me/recommendations/wishes',
  who: 'member',
  refuses: [],
})

export const getTastes = endpoint({
  says: 'What recommendations go by beside the history: chosen topics, and videos and channels that are not wanted.',
  method: 'GET',
  path: '/me/recommendations',
  who: 'member',
  reply: z.object({
    topics: Topics,
    /** Newest first; with the title of the video or the name of the channel, where anybody may see it. */
    unwanted: z.array(Wish.extend({ title: z.string().optional() })),
  }),
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

/** One arm of an experiment. */
export const Arm = z.object({
  arm: z.string(),
  viewers: z.number(),
  pages: z.number(),
  watches: z.number(),
  /** Milliseconds watched per viewer, and half the width of the 95 % interval, which arms of fewer than thirty viewers have not. */
  mean: z.number(),
  margin: z.number().optional(),
  /** Share by which that is above the first arm, and half the width of the 95 % interval. */
  lift: z.number().optional(),
  liftMargin: z.number().optional(),
})

export const RecommendFigures = z.object({
  days: z.array(
    z.object({
      day: z.string(),
      shown: z.number(),
      watched: z.number(),
      /** Share of open videos that were suggested to anybody. */
      coverage: z.number(),
      /** How unevenly suggestions fell on open videos, 0 to 1. */
      gini: z.number(),
      /** Share of suggestions of videos with few views. */
      coldShare: z.number(),
      /** Share of watches given up within ten seconds. */
      skipRate: z.number(),
    }),
  ),
  models: z.array(
    z.object({
      version: Id,
      kind: z.enum(['items', 'ranker']),
      made: Time,
      served: z.boolean(),
      /** Somebody went back to it: newer ones are not served by themselves. */
      held: z.boolean(),
      figures: z.record(z.string(), z.number()),
    }),
  ),
  experiments: z.array(z.object({ name: z.string(), began: Time, ended: Time.nullable(), arms: z.array(Arm) })),
  /** What an experiment may try. */
  variants: z.array(z.string()),
})
export type RecommendFigures = z.infer<typeof RecommendFigures>

const ExperimentName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/)

export const getRecommendFigures = endpoint({
  says: 'How suggestions fell on the catalogue in the last two weeks, the models that are kept, and experiments with their intervals.',
  method: 'GET',
  path: '/admin/recommendations',
  who: 'admin',
  reply: RecommendFigures,
  refuses: [],
})

export const serveModel = endpoint({
  says: 'Serves another model that is kept, from now on and in every process. One that is not the newest is held to: newer ones are made and kept, and wait until the newest is served.',
  method: 'PUT',
  path: '/admin/recommendations/models/:version',
  who: 'admin',
  params: z.object({ version: Id }),
  refuses: ['not_found'],
})

export const beginExperiment = endpoint({
  says: 'Gives viewers different ways of ordering home pages by arm; the first arm is the one to compare with.',
  method: 'POST',
  path: '/admin/recommendations/experiments',
  who: 'admin',
  body: z.object({ name: ExperimentName, arms: z.array(z.string().max(40)).min(2).max(8) }),
  refuses: ['bad_request'],
})

export const endExperiment = endpoint({
  says: 'Ends an experiment; what it said is kept.',
  method: 'DELETE',
  path: '/admin/recommendations/experiments/:name',
  who: 'admin',
  params: z.object({ name: ExperimentName }),
  refuses: ['not_found'],
})
