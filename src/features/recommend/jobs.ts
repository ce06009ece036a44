/** Jobs of recommendations. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { runTraining, trainModel } from './models.ts'

export const jobs: JobHandler[] = [handler(trainModel, runTraining)]
