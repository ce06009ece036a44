/** Why a result stands where it does: the parts of its score, for staff. */
import type { Explanation } from './engine.ts'
import { documentsWith, impactIn, MAX_IMPACT } from './postings.ts'
import { look, type RankRules } from './rank.ts'
import type { Scratch } from './scratch.ts'
import type { Shelf } from './shelf.ts'
import type { Word } from './understand.ts'

/** Words must be marked. `factors` are those that this file knows nothing of. */
export function explain(
  shelf: Shelf,
  scratch: Scratch,
  words: readonly Word[],
  doc: number,
  rules: RankRules,
  factors: Record<string, number>,
): Explanation {
  let sum = 0
  let held = 0
  let all = 0
  const told: Explanation['words'] = []
  for (const word of words) {
    if (word.isOptional) continue
    all += word.idf
    let best = { form: '', documents: 0, impact: 0, points: 0 }
    for (const { stem, weight } of word.alternatives) {
      const impact = impactIn(shelf.postings, stem, doc) / MAX_IMPACT
      if (impact * weight <= best.points) continue
      best = {
        form: shelf.vocabulary.stems.words[stem]!,
        documents: documentsWith(shelf.postings, stem),
        impact: round(impact),
        points: round(impact * weight),
      }
    }
    if (best.points > 0) held += word.idf
    sum += best.points
    told.push({ word: word.text, idf: round(word.idf), ...best })
  }
  const { together, spelling, title } = look(shelf, scratch, words, doc, rules)
  const coordination = 1 - rules.coordination + (rules.coordination * held) / (all || 1)
  return {
    words: told,
    parts: {
      words: round(sum),
      coordination: round(coordination),
      together: round(together),
      spelling: round(spelling),
      title: round(title),
      watched: round(shelf.documents.boost[doc]!),
      ...Object.fromEntries(Object.entries(factors).map(([name, value]) => [name, round(value)])),
    },
  }
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
