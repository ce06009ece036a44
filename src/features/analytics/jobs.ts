/** The jobs of analytics. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { forgetInLog, runForgetInLog } from './analytics.ts'

export const jobs: JobHandler[] = [handler(forgetInLog, runForgetInLog)]
