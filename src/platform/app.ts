/** What a feature stands on: the platform, as one closed list of parts passed as the first argument. */
import type { Blobs } from './blobs/blobs.ts'
import type { Bus } from './bus/bus.ts'
import type { Cache } from './cache/cache.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Db } from './db/db.ts'
import type { Log } from './log.ts'
import type { Mail } from './mail/mail.ts'
import type { Meter } from './meter.ts'
import type { Jail } from './process.ts'
import type { Queue } from './queue/queue.ts'
import type { Secrets } from './secrets.ts'

export interface App {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
  readonly db: Db
  readonly blobs: Blobs
  readonly queue: Queue
  readonly cache: Cache
  readonly bus: Bus
  readonly jail: Jail
  readonly mail: Mail
  readonly secrets: Secrets
  /**
   * Runs `work` in one transaction: everything done through the `app` it is given (rows, jobs, events) commits together
   * or not at all. Nested calls join the outer transaction.
   */
  together<T>(work: (app: App) => Promise<T>): Promise<T>
}

/** An app that is open, and how to close it. */
export interface OpenApp extends App {
  close(): Promise<void>
}
