/** The jobs of stills. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { sizesWanted } from '../delivery/delivery.ts'
import { runStills } from './make.ts'
import { runSizes } from './sizes.ts'
import { makeStills } from './stills.ts'

export const jobs: JobHandler[] = [handler(makeStills, runStills), handler(sizesWanted, runSizes)]
