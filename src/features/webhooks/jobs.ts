/** Jobs of webhooks. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { deliver, runDelivery } from './webhooks.ts'

export const jobs: JobHandler[] = [handler(deliver, runDelivery)]
