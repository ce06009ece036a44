/** The jobs of renewal. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { retireRun } from './renewal.ts'
import { runRetire } from './retire.ts'

export const jobs: JobHandler[] = [handler(retireRun, runRetire)]
