/** The jobs of stills. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { sizesWanted } from '../delivery/delivery.ts'
import { giveUpStills, runStills } from './make.ts'
import { runSizes } from './sizes.ts'
import { makeStills } from './stills.ts'

export const jobs: JobHandler[] = [
  handler(makeStills, runStills, {
    onRefused: (app, run, refusal) => giveUpStills(app, run, refusal.detail ?? refusal.code),
    onParked: giveUpStills,
  }),
  handler(sizesWanted, runSizes),
]
