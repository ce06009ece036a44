/** Jobs of videos. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { runSweep, sweepVideo } from './videos.ts'

export const jobs: JobHandler[] = [handler(sweepVideo, runSweep)]
