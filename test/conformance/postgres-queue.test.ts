/** The queue in PostgreSQL keeps the promises of the port. */
import { openPlatform } from '../support/house.ts'
import { queueConformance } from './queue.ts'

queueConformance('the queue in PostgreSQL', openPlatform)
