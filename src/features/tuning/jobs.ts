/** The jobs of tuning. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { giveUpTuning, runTuning } from './tune.ts'
import { tuneLadder } from './tuning.ts'

export const jobs: JobHandler[] = [handler(tuneLadder, runTuning, { onParked: giveUpTuning })]
