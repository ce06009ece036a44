/** The jobs of renditions. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { dropCopies, runDropCopies } from './renditions.ts'

export const jobs: JobHandler[] = [handler(dropCopies, runDropCopies)]
