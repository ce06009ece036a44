// Tuning: what a title's trials say about its ladder. Each rung gets the constant quality at which it is still the best picture for its
// bits: where the next larger one would look better at the same rate, bits are better spent there. Rungs that add nothing are left out,
// and ceilings follow what is expected. Pure, so what was decided can be found again from what is stored.

import { type Decision, otherWay, type RunPlan, rungOf, type Trial, type Tuning, type VideoRendition } from './plan.ts'
import { secondQuality } from './second-codecs.ts'

/** Never better than the ladder's own quality, and worse only down to here, however little detail a rung can show. */
const WORST_CRF = 31
/** The largest rung is worse than the ladder's own by so much at most, and only while coding loses no more than this of SSIM. */
const WORST_TOP_CRF = 27
const GOOD_LOSS = 0.01
/** Rates of neighbours: players that switch want steps neither larger nor smaller. */
const LARGEST_STEP = 2.5
const SMALLEST_STEP = 1.8
/** A rung whose neighbour above costs no more than this is left out. */
const NEEDLESS_STEP = 1.3
/** A smaller rung that loses no more than this by its size, a fifth of what coding may, shows all there is: what is larger only costs. */
const SAME_DETAIL = 0.002
/** Ceilings stand so far above the expected mean, for scenes that were not tried; and never below this share of the ladder's own. */
const HEADROOM = 2.5
const LOWEST_CEILING = 0.25

type Model = {
  rung: VideoRendition
  bitsAt(crf: number): number
  crfAt(bitsPerSecond: number): number
  /** Loss of SSIM as seen at the size of the largest rung, and the part that coding has in it. */
  lossAt(crf: number): number
  codedAt(crf: number): number
  scaled: number
  crfOfLoss(coded: number): number
}

/** What is decided of every rung in H.264. Renditions in `begun` have segments that are kept, and stay as they are. */
export function decideTuning(
  plan: RunPlan,
  trials: readonly Trial[],
  triedSeconds: number,
  begun: ReadonlySet<string>,
): Tuning {
  const models = modelsOf(plan, trials)
  const decided = new Map<string, Decision>()
  // What is larger than anything that was tried stays; otherwise the largest rungs may show nothing that a smaller one does not.
  const isLargest = models.at(-1)?.rung === plan.video.at(-1)
  let top = models.length - 1
  while (isLargest && top > 0 && models[top - 1]!.scaled <= SAME_DETAIL && !begun.has(models[top]!.rung.id)) top--
  for (const { rung } of models.slice(top + 1))
    decided.set(rung.id, { ...asPlanned(rung), why: 'adds_nothing', besides: models[top]!.rung.id })
  let above: { model: Model; crf: number } | undefined
  for (const model of models.slice(0, top + 1).toReversed()) {
    const { rung } = model
    if (begun.has(rung.id)) {
      decided.set(rung.id, { ...asPlanned(rung), expected: expectedOf(model, rung.crf), why: 'begun_before' })
      above = { model, crf: rung.crf }
      continue
    }
    const crf = above ? crfBelow(model, above) : topCrf(model)
    const bits = model.bitsAt(crf)
    const isLowest = rung === plan.video[0]
    if (above && !isLowest && bits * NEEDLESS_STEP > above.model.bitsAt(above.crf)) {
      decided.set(rung.id, {
        ...asPlanned(rung),
        expected: expectedOf(model, crf),
        why: 'adds_nothing',
        besides: above.model.rung.id,
      })
      continue
    }
    decided.set(rung.id, {
      rendition: rung.id,
      crf,
      bitsPerSecond: ceiling(rung, bits),
      expected: expectedOf(model, crf),
      why: 'tuned',
    })
    above = { model, crf }
  }
  return {
    metric: 'ssim',
    triedSeconds,
    trials: [...trials],
    decided: plan.video.map((rung) => decided.get(rung.id) ?? untried(rung)),
  }
}

/**
 * The same from trials of a part of the title, while the rest was still arriving. What the rest is like nobody knows: so nothing is left
 * out, and ceilings stay.
 */
export function decideInPart(
  plan: RunPlan,
  trials: readonly Trial[],
  triedSeconds: number,
  begun: ReadonlySet<string>,
): Tuning {
  const tuning = decideTuning(plan, trials, triedSeconds, begun)
  const decided = tuning.decided.map(({ besides: _, ...it }): Decision => {
    const rung = plan.video.find(({ id }) => id === it.rendition)!
    const { bitsPerSecond } = rung
    return it.why === 'adds_nothing' ? { ...it, ...asPlanned(rung), why: 'seen_in_part' } : { ...it, bitsPerSecond }
  })
  return { ...tuning, decided }
}

/** The plan with what was decided, for H.264 and for the further codecs of the same rungs. Names and levels stay: manifests have said them. */
export function withTuning(plan: RunPlan, tuning: Tuning): RunPlan {
  const of = (id: string) => tuning.decided.find(({ rendition }) => rendition === id)
  const video = plan.video.map((rung): VideoRendition => {
    const decision = of(rung.id)
    if (decision?.why !== 'tuned') return rung
    const { crf, bitsPerSecond, expected } = decision
    return { ...rung, crf, bitsPerSecond, averageBitsPerSecond: expected?.bitsPerSecond ?? rung.averageBitsPerSecond }
  })
  const more = plan.more?.flatMap((rung): VideoRendition[] => {
    if (rung.codec === 'avc' || rung.range) return [rung]
    const decision = of(rungOf(rung.id))
    if (decision?.why === 'adds_nothing') return []
    const base = plan.video.find(({ id }) => id === decision?.rendition)
    if (decision?.why !== 'tuned' || !base) return [rung]
    const crf = secondQuality(rung.codec, decision.crf)
    const bitsPerSecond = thousands((rung.bitsPerSecond * decision.bitsPerSecond) / base.bitsPerSecond)
    return [{ ...rung, crf, bitsPerSecond, averageBitsPerSecond: Math.round(bitsPerSecond / HEADROOM) }]
  })
  return { ...plan, video, ...(more ? { more } : {}), tuning }
}

/** Renditions that add nothing. Those of further codecs at the same size are in the plan no more. */
export const needless = (plan: RunPlan): string[] =>
  (plan.tuning?.decided ?? []).flatMap(({ why, rendition }) => {
    if (why !== 'adds_nothing') return []
    const other = otherWay(plan, rendition)
    return other ? [rendition, other.id] : [rendition]
  })

/** The largest rung: the ladder's own quality, or a little less where that can't be seen, under its ceiling. */
function topCrf(model: Model): number {
  const { rung } = model
  const good = Math.min(WORST_TOP_CRF, Math.max(rung.crf, model.crfOfLoss(GOOD_LOSS)))
  return tidy(Math.min(WORST_CRF, Math.max(good, model.crfAt(rung.bitsPerSecond))))
}

/** A smaller rung: where its picture is still no worse than the larger one's at the same rate, within steps that players can use. */
function crfBelow(model: Model, above: { model: Model; crf: number }): number {
  const { rung } = model
  const rate = above.model.bitsAt(above.crf)
  const candidates = Array.from({ length: (WORST_CRF - rung.crf) * 10 + 1 }, (_, n) => rung.crf + n / 10)
  const isWorth = (crf: number) => model.lossAt(crf) <= above.model.lossAt(above.model.crfAt(model.bitsAt(crf)))
  const best = candidates.find(isWorth) ?? WORST_CRF
  const [least, most] = [model.crfAt(rate / SMALLEST_STEP), model.crfAt(rate / LARGEST_STEP)]
  const stepped = Math.max(least, Math.min(best, most), model.crfAt(rung.bitsPerSecond))
  return tidy(Math.min(WORST_CRF, Math.max(rung.crf, stepped)))
}

/** Rates and losses of each tried rung between its trials and beyond: their logarithms are straight lines over the quality. */
function modelsOf(plan: RunPlan, trials: readonly Trial[]): Model[] {
  let slopes: { bits: number; coded: number } | undefined
  return plan.video.flatMap((rung) => {
    const [first, second] = trials.filter(({ rendition }) => rendition === rung.id)
    if (!first) return []
    if (second) {
      const apart = second.crf - first.crf
      slopes = {
        bits: Math.min(-0.03, Math.log(second.bitsPerSecond / first.bitsPerSecond) / apart),
        coded: Math.max(0.01, Math.log(atLeast(second.coded) / atLeast(first.coded)) / apart),
      }
    }
    if (!slopes) return []
    const { bits, coded } = slopes
    const { scaled } = first
    const codedAt = (crf: number) => Math.min(1, atLeast(first.coded) * Math.exp(coded * (crf - first.crf)))
    const model: Model = {
      rung,
      scaled,
      codedAt,
      bitsAt: (crf) => first.bitsPerSecond * Math.exp(bits * (crf - first.crf)),
      crfAt: (bitsPerSecond) => first.crf + Math.log(bitsPerSecond / first.bitsPerSecond) / bits,
      lossAt: (crf) => Math.min(1, scaled + codedAt(crf)),
      crfOfLoss: (loss) => first.crf + Math.log(loss / atLeast(first.coded)) / coded,
    }
    return [model]
  })
}

const atLeast = (loss: number): number => Math.max(1e-5, loss)

const expectedOf = (model: Model, crf: number) => ({
  bitsPerSecond: Math.round(Math.min(model.rung.bitsPerSecond, model.bitsAt(crf))),
  decibels: Math.round(-100 * Math.log10(model.lossAt(crf))) / 10,
})

const asPlanned = ({ id, crf, bitsPerSecond }: VideoRendition) => ({ rendition: id, crf, bitsPerSecond })

function untried(rung: VideoRendition): Decision {
  if (rung.copied) return { ...asPlanned(rung), why: 'copied' }
  return { ...asPlanned(rung), why: 'not_tried' }
}

const ceiling = (rung: VideoRendition, bits: number): number =>
  Math.min(rung.bitsPerSecond, thousands(Math.max(bits * HEADROOM, rung.bitsPerSecond * LOWEST_CEILING)))

const thousands = (bits: number): number => Math.ceil(bits / 1000) * 1000
const tidy = (crf: number): number => Math.round(crf * 10) / 10
