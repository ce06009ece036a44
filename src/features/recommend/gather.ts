/**
 * From what is known of a viewer to a ranked list: candidates from many sides, signals of each, and the order. Reads memory only, in
 * a time that is bounded whatever was watched and however many videos there are.
 */
import { type Near, product } from '../../kit/nearest.ts'
import { heaviest } from '../../kit/sparse-rows.ts'
import { hotFrom, hotIn, hotNow } from './items/boards.ts'
import { nearTo, scoreWith, tasteOf } from './items/model.ts'
import { type Live, NOBODY, type Standing, type Visit } from './live.ts'
import { FEATURE_COUNT, writeFeatures } from './ranker/features.ts'
import { lean, ONLINE_FACTS, writePlaces } from './ranker/online.ts'
import { blend } from './ranker/ranker.ts'
import * as rules from './rules.ts'

/** What the page is for. */
export interface Asking {
  nowMs: number
  visit: Visit
  standing: Standing
  topics: readonly string[]
  languages: readonly string[]
  /** Two letters, or empty where it is not known. */
  country?: string
  /** What the online learner knows the viewer by. */
  viewer?: number
  /** Another way than the usual one, for an arm of an experiment. */
  variant?: rules.Variant | undefined
  /** Only this topic. */
  only?: string | undefined
  /** What is being watched: what comes next follows from it more than from anything before. */
  from?: number | undefined
}

export interface Ranked extends rules.Candidate {
  signals: rules.Signals
  /** What it was ranked by: FEATURE_COUNT numbers, part of an array that all share. */
  features: Float32Array
}

const FROM_GRAPH = 400
const HOT_TAKEN = 150
const HOT_IN_LANGUAGE = 60
const HOT_NEAR = 60
const NEW_TAKEN = 150
const PROFILE = 20

/** All that may be suggested to this viewer, best first. Never what was seen, is not wanted, or may not be seen by all. */
export function rankFor(live: Live, asking: Asking): Ranked[] {
  const { catalogue } = live
  const { visit, standing, nowMs, from } = asking
  const watched = from === undefined ? visit.videos : [from, ...visit.videos.filter((video) => video !== from)]
  const shares = from === undefined ? visit.shares : [3, ...visit.shares]
  const recent = watched.slice(0, rules.MEMORY)
  const found = new Map<number, rules.Signals>()
  const seen = new Set(watched)
  const only = asking.only === undefined ? undefined : (catalogue.findTopic(asking.only) ?? -1)
  const channels = new Set(
    standing.subscribed.map((id) => catalogue.findChannel(id)).filter((channel) => channel !== undefined),
  )
  const signalsOf = (video: number): rules.Signals | undefined => {
    const known = found.get(video)
    if (known) return known
    if (!catalogue.isOpen[video] || seen.has(video)) return undefined
    if (only !== undefined && catalogue.topic[video] !== only) return undefined
    if (standing.notVideos.has(catalogue.idOf(video)) || standing.notChannels.has(catalogue.channelIdOf(video)))
      return undefined
    const signals = blank()
    found.set(video, signals)
    return signals
  }
  const tell = (video: number, name: keyof rules.Signals, value: number) => {
    const signals = signalsOf(video)
    if (signals) signals[name] = Math.max(signals[name], value)
  }

  const known = knownTo(live, recent, shares)
  for (const [video, value] of together(live, known)) tell(video, 'together', value)
  for (const [video, value] of tasteful(live, known)) tell(video, 'taste', value)
  for (const [video, value] of following(live, recent)) tell(video, 'following', value)
  const profile = profileOf(live, asking, recent, shares)
  for (const [tag] of top(profile.tags, 8)) for (const video of catalogue.ofTag(tag, 40)) signalsOf(video)
  for (const [topic] of top(profile.topics, 3)) for (const video of catalogue.ofTopic(topic, 60)) signalsOf(video)
  for (const [channel, value] of top(profile.channels, 8))
    for (const video of catalogue.ofChannel(channel, 15)) tell(video, 'channel', value)
  for (const channel of channels) for (const video of catalogue.ofChannel(channel, 5)) signalsOf(video)
  const hot = hotNow(live, nowMs)
  for (const video of hot.slice(0, HOT_TAKEN)) signalsOf(video)
  const languages = new Set(asking.languages.map((language) => catalogue.findLanguage(language)))
  for (const language of languages)
    if (language !== undefined)
      for (const video of hotIn(live, language, nowMs).slice(0, HOT_IN_LANGUAGE)) signalsOf(video)
  const near = new Map(hotFrom(live, asking.country ?? '', HOT_NEAR, nowMs).map(({ video, share }) => [video, share]))
  for (const video of near.keys()) signalsOf(video)
  for (const video of catalogue.newestOpen(NEW_TAKEN)) signalsOf(video)
  if (only !== undefined && only >= 0) {
    for (const video of catalogue.ofTopic(only, 300)) signalsOf(video)
    for (const video of hot) if (catalogue.topic[video] === only) signalsOf(video)
  }

  const hottest = Math.log1p(hot[0] === undefined ? 0 : catalogue.heatOf(hot[0], nowMs)) || 1
  const ranked: Ranked[] = []
  for (const [video, signals] of found) {
    const channel = catalogue.channel[video]!
    signals.topic = topicFit(live, profile, video)
    signals.subscribed = channels.has(channel) ? 0.4 + 0.6 * rules.freshness(catalogue.publishedMs[video]!, nowMs) : 0
    signals.heat = Math.max(Math.log1p(catalogue.heatOf(video, nowMs)) / hottest, near.get(video) ?? 0)
    signals.fresh = rules.freshness(catalogue.publishedMs[video]!, nowMs)
    signals.liking = catalogue.liking[video]!
    const language = catalogue.language[video]!
    // A video that does not say its language may be in any.
    signals.language = language === 0 || languages.size === 0 ? 0.5 : Number(languages.has(language))
    ranked.push({ video, channel, topic: catalogue.topic[video]!, worth: 0, signals, features: NO_FEATURES })
  }
  weigh(live, asking, ranked, recent[0])
  return ranked
}

const NO_FEATURES = new Float32Array(0)

/** Gives every candidate its worth: by the weights, and as far as it is trusted by what was learned from outcomes. */
function weigh(live: Live, asking: Asking, ranked: Ranked[], last: number | undefined): void {
  const { catalogue, model, ranker, online } = live
  const { visit, nowMs, variant } = asking
  const rows = new Float32Array(ranked.length * FEATURE_COUNT)
  const leans = new Float32Array(ranked.length)
  const worths = new Float64Array(ranked.length)
  const places = new Uint32Array(ONLINE_FACTS)
  const isLearned = variant?.isLearned ?? true
  for (const [at, it] of ranked.entries()) {
    const { video } = it
    const surroundings = {
      shown: visit.shown.get(video) ?? 0,
      ageMs: nowMs - catalogue.publishedMs[video]!,
      durationMs: catalogue.durationMs[video]!,
      heat: catalogue.heatOf(video, nowMs),
      isKnown: (model?.numberOf(video) ?? -1) >= 0,
      watched: visit.videos.length,
      hasAccount: asking.standing !== NOBODY,
      sameChannel: last !== undefined && catalogue.channel[last] === it.channel,
      sameTopic: last !== undefined && catalogue.topic[last] === it.topic,
      isNext: asking.from !== undefined,
      hour: (nowMs / 3_600_000) % 24,
    }
    writeFeatures(it.signals, surroundings, rows, at * FEATURE_COUNT)
    it.features = rows.subarray(at * FEATURE_COUNT, (at + 1) * FEATURE_COUNT)
    worths[at] = rules.worthOf(it.signals, variant?.weights)
    if (!isLearned) continue
    writePlaces(catalogue.factsOf(video, asking.viewer ?? 0), online.size, places)
    leans[at] = lean(online, places)
  }
  if (isLearned) blend(ranker, rows, leans, worths)
  for (const [at, it] of ranked.entries()) it.worth = worths[at]! - rules.weariness(visit.shown.get(it.video) ?? 0)
}

/** The first two or three pages are mixed; who comes further gets the rest by worth. */
const MIXED = 60

/** A page: ranked, mixed, and with new uploads in it that are on trial, each with its chance; that they were shown is counted. */
export function orderFor(
  live: Live,
  asking: Asking,
  random: () => number,
): { order: Ranked[]; trials: Map<number, number> } {
  const all = rankFor(live, asking)
  const order = rules.mixed(all, Math.min(MIXED, all.length))
  const drawn = asking.only === undefined ? drawTrials(live, all, asking, random) : []
  const isDrawn = new Set(drawn.map(({ it }) => it.video))
  const page = order.filter(({ video }) => !isDrawn.has(video))
  for (const [at, { it }] of drawn.entries()) page.splice(Math.min(rules.TRIAL_PLACES[at]!, page.length), 0, it)
  return { order: page, trials: new Map(drawn.map(({ it, chance }) => [it.video, chance])) }
}

function drawTrials(live: Live, all: Ranked[], asking: Asking, random: () => number) {
  const { catalogue, trials } = live
  const { nowMs } = asking
  const hopeful = all.filter(({ video }) => nowMs - catalogue.publishedMs[video]! < rules.TRIAL_MS)
  // On a platform where everything is new nothing needs a trial.
  if (hopeful.length * 2 > all.length) return []
  const byVideo = new Map(hopeful.map((it) => [it.video, it]))
  const fits = hopeful.map(({ signals: it }) => Math.max(it.topic, it.channel, it.together, it.taste))
  const least = Math.min(...fits)
  const span = Math.max(...fits) - least
  let waiting = hopeful.map(({ video }, at) => ({
    video,
    fit: span > 0 ? (fits[at]! - least) / span : 0.5,
    shown: trials.get(video)?.shown ?? 0,
    taken: trials.get(video)?.taken ?? 0,
    ageMs: nowMs - catalogue.publishedMs[video]!,
  }))
  const drawn: { it: Ranked; chance: number }[] = []
  for (let count = rules.trialsAtOnce(waiting); count > 0; count--) {
    const one = rules.drawTrial(waiting, random)
    if (!one) break
    waiting = waiting.filter(({ video }) => video !== one.video)
    const trial = trials.get(one.video) ?? { shown: 0, taken: 0, newShown: 0, newTaken: 0 }
    trial.shown++
    trial.newShown++
    trials.set(one.video, trial)
    drawn.push({ it: byVideo.get(one.video)!, chance: one.chance })
  }
  return drawn
}

function blank(): rules.Signals {
  return {
    together: 0,
    following: 0,
    taste: 0,
    topic: 0,
    channel: 0,
    subscribed: 0,
    heat: 0,
    fresh: 0,
    liking: 0,
    language: 0,
  }
}

let scores = new Float32Array(0)
let touched = new Uint32Array(0)

/** What the model knows of the last watches, in its numbers, and the vector of taste that follows from them. */
interface KnownToModel {
  numbers: number[]
  weights: number[]
  taste: Float32Array
  near: Near[]
}

function knownTo({ model }: Live, recent: number[], shares: number[]): KnownToModel | undefined {
  if (!model) return undefined
  const numbers: number[] = []
  const weights: number[] = []
  for (const [rank, video] of recent.entries()) {
    const number = model.numberOf(video)
    if (number < 0) continue
    numbers.push(number)
    weights.push(rules.fade(rank) * (0.25 + 0.75 * shares[rank]!))
  }
  if (numbers.length === 0) return undefined
  const taste = tasteOf(model, numbers, (at) => weights[at]!)
  return { numbers, weights, taste, near: nearTo(model, taste) }
}

/** Along the vector of taste: the nearest of what the model knows and of what is too new for it, the best at 1. */
function tasteful({ model, newcomers }: Live, known: KnownToModel | undefined): Map<number, number> {
  const found = new Map<number, number>()
  if (!model || !known) return found
  for (const [video, vector] of newcomers.vectors) {
    const fit = product(known.taste, 0, vector, 0, vector.length)
    if (fit > 0) found.set(video, fit)
  }
  for (const { at, value } of known.near) if (value > 0 && model.videoOf[at]! > 0) found.set(model.videoOf[at]!, value)
  const values = [...found.values()]
  const most = values.reduce((best, value) => Math.max(best, value), 1e-9)
  for (const [video, value] of found) found.set(video, value / most)
  return found
}

/** By the model: watched by the same people, the best at 1. */
function together(live: Live, known: KnownToModel | undefined): Map<number, number> {
  const found = new Map<number, number>()
  const { model } = live
  if (!model || !known) return found
  if (scores.length < model.videoIds.length) {
    scores = new Float32Array(model.videoIds.length)
    touched = new Uint32Array(model.videoIds.length)
  }
  const { numbers, weights, taste, near } = known
  const count = scoreWith(model, numbers, (at) => weights[at]!, scores, touched, model.mix, taste, near)
  const best = heaviest(scores, touched.subarray(0, count), FROM_GRAPH)
  const most = best.length === 0 ? 1 : scores[best[0]!]!
  for (const number of best) if (model.videoOf[number]! > 0) found.set(model.videoOf[number]!, scores[number]! / most)
  for (let at = 0; at < count; at++) scores[touched[at]!] = 0
  return found
}

/** By what others watched after the last five: since the model was made, and in order. */
function following(live: Live, recent: number[]): Map<number, number> {
  const found = new Map<number, number>()
  for (const [rank, video] of recent.slice(0, 5).entries()) {
    const row = live.followers.get(video)
    if (!row) continue
    let sum = 0
    for (const count of row.values()) sum += count
    for (const [other, count] of row) {
      // Smoothed: one viewer's whim is no rule. Three of them are half of one.
      const share = (count / (sum + 2)) * (1 + 1 / row.size)
      found.set(other, (found.get(other) ?? 0) + 0.6 ** rank * Math.min(1, 2 * share))
    }
  }
  for (const [video, value] of found) found.set(video, Math.min(1, value))
  return found
}

interface Profile {
  tags: Map<number, number>
  topics: Map<number, number>
  channels: Map<number, number>
  /** The sum of the tags' weights, to compare with. */
  tagMass: number
}

/** What the last watches were about. Chosen topics count like something watched. */
function profileOf(live: Live, asking: Asking, recent: number[], shares: number[]): Profile {
  const { catalogue } = live
  const profile: Profile = { tags: new Map(), topics: new Map(), channels: new Map(), tagMass: 0 }
  let mass = 0
  for (const [rank, video] of recent.slice(0, PROFILE).entries()) {
    const weight = rules.fade(rank) * (0.25 + 0.75 * Math.min(1, shares[rank]!))
    mass += weight
    add(profile.topics, catalogue.topic[video]!, weight)
    add(profile.channels, catalogue.channel[video]!, weight)
    for (const tag of catalogue.tags[video]!) {
      // A tag that nearly everything carries says nothing; one that only this video carries finds nothing.
      const rarity = Math.log(1 + catalogue.size / (1 + catalogue.countOfTag(tag)))
      add(profile.tags, tag, weight * rarity)
    }
  }
  for (const topic of asking.topics) {
    const number = catalogue.findTopic(topic)
    if (number !== undefined) add(profile.topics, number, Math.max(1, mass / 2))
  }
  scaled(profile.topics)
  scaled(profile.channels)
  scaled(profile.tags)
  return profile
}

function topicFit(live: Live, profile: Profile, video: number): number {
  let tags = 0
  for (const tag of live.catalogue.tags[video]!) tags += profile.tags.get(tag) ?? 0
  const topic = profile.topics.get(live.catalogue.topic[video]!) ?? 0
  return 0.4 * topic + 0.6 * Math.min(1, tags / 2)
}

function add(sums: Map<number, number>, key: number, by: number): void {
  sums.set(key, (sums.get(key) ?? 0) + by)
}

function scaled(sums: Map<number, number>): void {
  const most = Math.max(0, ...sums.values())
  if (most > 0) for (const [key, sum] of sums) sums.set(key, sum / most)
}

function top(sums: Map<number, number>, count: number): [number, number][] {
  return [...sums].sort((one, other) => other[1] - one[1]).slice(0, count)
}

/**
 * For every video that something watched leads to, the one that leads there most strongly, for the reason that is told. By number;
 * what is led to follows from the edges of what was watched, each read once.
 */
export function sourcesOf(live: Live, visit: Visit): Map<number, number> {
  const { model, followers } = live
  const best = new Map<number, { source: number; value: number }>()
  const lead = (source: number, video: number, value: number) => {
    const known = best.get(video)
    if (known === undefined || value > known.value) best.set(video, { source, value })
  }
  for (const [rank, source] of visit.videos.slice(0, rules.MEMORY).entries()) {
    const share = rules.fade(rank)
    const row = followers.get(source)
    for (const { video, weight } of edgesOf(model, source))
      lead(source, video, share * (weight + (row?.get(video) ?? 0)))
    for (const [video, count] of row ?? []) lead(source, video, share * count)
  }
  return new Map([...best].map(([video, { source }]) => [video, source]))
}

/** The edges of a video in the graph, the heaviest weighing 1; none where the model does not know it. */
export function edgesOf(model: Live['model'], from: number): { video: number; weight: number }[] {
  const source = model?.numberOf(from) ?? -1
  if (!model || source < 0) return []
  const { offsets, neighbours, weights } = model.graph
  const heaviestEdge = weights[offsets[source]!] ?? 1
  const edges: { video: number; weight: number }[] = []
  const end = Math.min(offsets[source + 1]!, offsets[source]! + MOST_EDGES_TOLD)
  for (let at = offsets[source]!; at < end; at++)
    edges.push({ video: model.videoOf[neighbours[at]!]!, weight: weights[at]! / heaviestEdge })
  return edges
}

/** The heaviest edges of a video say why; the others are many and weigh little. */
const MOST_EDGES_TOLD = 100
