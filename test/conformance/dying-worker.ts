/**
 * A real worker process for the tests that kill some. Of one kind it takes a job, keeps its lease alive and never ends it;
 * of the other it writes the result of a job as an event, in the transaction that ends the job.
 */

import { sleep } from '../../src/kit/retry.ts'
import { eventKind } from '../../src/platform/bus/bus.ts'
import { readConfig } from '../../src/platform/config.ts'
import { openApp } from '../../src/platform/open.ts'
import { jobKind } from '../../src/platform/queue/queue.ts'
import { handler, work } from '../../src/platform/queue/work.ts'

export const jobOfDyingWorker = jobKind<{ round: number }>({
  name: 'test.dying',
  lane: 'now',
  maxAttempts: 5,
  maxCrashes: 2,
})

export const jobOfHaste = jobKind<number>({ name: 'test.haste', lane: 'quick', maxAttempts: 5, maxCrashes: 100 })
export const hasteDone = eventKind<number>('test.haste_done')
/** Short, so that what a killed worker held is soon taken over. */
const HASTE_LEASE_MS = 1500

if (process.argv[1] === import.meta.filename) {
  const environment = {
    VITASCOPE_DB_URL: process.env.VITASCOPE_DB_URL,
    VITASCOPE_DATA_FOLDER: process.env.VITASCOPE_DATA_FOLDER,
  }
  const app = await openApp(readConfig({ 'log.level': 'silent' }, environment), { migrated: true })
  const never = handler(jobOfDyingWorker, () => {
    console.log('taken')
    return new Promise(() => {})
  })
  const hasty = handler(jobOfHaste, async (app, input, { finish }) => {
    await sleep(Math.random() * 20)
    await app.together(async (app) => {
      await finish(app)
      await app.bus.publish(hasteDone, input)
    })
  })
  work(app, { lane: 'quick', slots: 4, handlers: [hasty], worker: `hasty ${process.pid}`, leaseMs: HASTE_LEASE_MS })
  work(app, { lane: 'now', slots: 1, handlers: [never], worker: `dying ${process.pid}` })
  console.log('ready')
}
