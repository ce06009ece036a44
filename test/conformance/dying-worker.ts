/** A real worker process for the test that kills one: it takes a job, keeps its lease alive and never ends it. */
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
  work(app, { lane: 'now', slots: 1, handlers: [never], worker: `dying ${process.pid}` })
  console.log('ready')
}
