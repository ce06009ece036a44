/**
 * The order in which files of tests are begun: those that take long first, so that none of them is left alone at the end. How long is not known
 * on a fresh checkout, and vitest goes by size then: these are short to read and long to run, and what stands beside the source is done in a moment.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const LONG = [
  'features/killed-workers',
  'features/analytics-killed',
  'features/search-killed',
  'features/uploads-killed',
  'features/passthrough',
  'features/early-linear',
  'features/early-tuned',
  'features/tuning',
  'features/copies',
  'features/robust',
  'features/object-store',
  'features/sound-streams',
  'e2e/app',
  'e2e/people',
  'features/lazy',
  'media/joins',
].map((name) => `/test/${name}.test.ts`)

function rank({ moduleId }: TestSpecification): number {
  if (LONG.some((name) => moduleId.endsWith(name))) return 0
  return moduleId.includes('/test/') ? 1 : 2
}

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
