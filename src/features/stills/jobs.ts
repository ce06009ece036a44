/** The jobs of stills. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { runStills } from './make.ts'
import { makeStills } from './stills.ts'

export const jobs: JobHandler[] = [handler(makeStills, runStills)]
