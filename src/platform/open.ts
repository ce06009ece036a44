/** Opens the platform: the one place that chooses adapters. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { App, OpenApp } from './app.ts'
import type { Blobs } from './blobs/blobs.ts'
import { folderBlobs } from './blobs/folder-blobs.ts'
import { busInTransaction, postgresBus } from './bus/postgres-bus.ts'
import { memoryCache } from './cache/memory-cache.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { joinEmbedded, startEmbedded } from './db/embedded.ts'
import { openWire } from './db/listen.ts'
import { migrate } from './db/migrate.ts'
import { openPostgres } from './db/postgres.ts'
import { type Log, openLog } from './log.ts'
import { fileMail } from './mail/file-mail.ts'
import { smtpMail } from './mail/smtp-mail.ts'
import { openMeter } from './meter.ts'
import { openJail } from './process/open-jail.ts'
import type { Jail } from './process.ts'
import { postgresQueue, queueInTransaction } from './queue/postgres-queue.ts'
import { openSecrets } from './secrets.ts'

export interface OpenOptions {
  log?: Log
  /** A clock other than the system's also rules when jobs are due: for tests. */
  clock?: Clock
  jail?: Jail
  /** Another store than the settings say: for tests. */
  blobs?: Blobs
  /** Take part in what another process has open in this data folder, if one has, instead of refusing: for single commands. */
  join?: boolean
  /** Leave the database as it is: for a worker whose parent has just migrated it. */
  migrated?: boolean
}

/**
 * Opens everything a feature stands on. Without an address of a database in the settings the embedded one is started, and
 * the `config` of the result has its address in `db.url`, to be handed to workers. Throws when something does not open,
 * after closing what did.
 */
export async function openApp(config: Config, options: OpenOptions = {}): Promise<OpenApp> {
  const log = options.log ?? openLog(config['log.level'])
  const clock = options.clock ?? systemClock
  const closers: (() => Promise<void>)[] = []
  // What was opened last is closed first.
  const close = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer()
  }

  try {
    await mkdir(config['data.folder'], { recursive: true, mode: 0o755 })
    const url = await findDatabase(config, log, options.join === true, closers)
    if (!options.migrated) await migrate(url)

    const postgres = openPostgres(url, config['db.pool'], log, config['db.prepare'])
    closers.push(postgres.close)
    const wire = openWire(url, postgres.pool, log)
    closers.push(wire.close)
    const { db } = postgres
    const queueParts = { db, wire, clock }
    const busParts = { db, wire, log }
    const bus = postgresBus(busParts)
    closers.push(bus.close)
    const blobs = options.blobs ?? (await openBlobs(config, log))
    closers.push(blobs.close)
    const cache = memoryCache(clock)
    closers.push(cache.close)

    const mail =
      config['mail.server'] === ''
        ? fileMail(join(config['data.folder'], 'mail'), config['mail.from'], clock)
        : smtpMail(config['mail.server'], config['mail.from'])
    closers.push(mail.close)

    const app: App = {
      config: Object.freeze({ ...config, 'db.url': url }),
      clock,
      log,
      meter: openMeter({ process: true }),
      db,
      blobs,
      queue: postgresQueue(queueParts),
      cache,
      bus,
      jail: options.jail ?? (await openJail(config, log)),
      mail,
      secrets: await openSecrets(db, clock.now()),
      async together(work) {
        const after: (() => void)[] = []
        const afterCommit = (then: () => void) => void after.push(then)
        const result = await db.transaction().execute((transaction) => {
          const inside: App = {
            ...app,
            db: transaction,
            queue: queueInTransaction(queueParts, transaction, afterCommit),
            bus: busInTransaction(bus, busParts, transaction, afterCommit),
            together: (inner) => inner(inside),
          }
          return work(inside)
        })
        for (const then of after) then()
        return result
      },
    }
    return { ...app, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The store of blobs: the bucket of the settings, or the data folder. Throws a sentence when the bucket cannot be used. */
export async function openBlobs(config: Config, log: Log): Promise<Blobs> {
  if (config['blobs.bucket'] === '') return folderBlobs(config['data.folder'])
  // Loaded only where it is asked for: the client library is large.
  const { s3Blobs } = await import('./blobs/s3-blobs.ts')
  return s3Blobs({
    place: {
      endpoint: config['blobs.endpoint'],
      region: config['blobs.region'],
      bucket: config['blobs.bucket'],
      keyId: config['blobs.key_id'],
      secret: config['blobs.secret'],
      pathStyle: config['blobs.path_style'],
      prefix: config['blobs.prefix'],
    },
    cache: { folder: join(config['data.folder'], 'parts'), limitBytes: config['blobs.cache_bytes'] },
    log,
  })
}

/** Address of the database: from the settings, of the process that has the data folder open, or of one started now. */
export async function findDatabase(
  config: Config,
  log: Log,
  join_: boolean,
  closers: (() => Promise<void>)[],
): Promise<string> {
  if (config['db.url']) return config['db.url']
  const folder = join(config['data.folder'], 'database')
  const running = join_ ? await joinEmbedded(folder) : undefined
  if (running) return running
  const embedded = await startEmbedded({ folder, port: config['db.port'], log })
  closers.push(embedded.close)
  return embedded.url
}
