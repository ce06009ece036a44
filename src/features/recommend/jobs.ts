/** Jobs of recommendations. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { runTraining, trainModel } from './models.ts'
import { runRankerTraining, trainRanker } from './ranker/training.ts'

export const jobs: JobHandler[] = [handler(trainModel, runTraining), handler(trainRanker, runRankerTraining)]
