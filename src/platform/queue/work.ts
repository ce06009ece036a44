/**
 * The worker loop: claims jobs of a lane, keeps their leases alive while they run, and settles each: done, refused, to be
 * tried again, or parked.
 */
import { Refusal } from '../../contract/refusals.ts'
import { backoffMs, sleep } from '../../kit/retry.ts'
import type { App } from '../app.ts'
import { metric } from '../meter.ts'
import type { Claimed, JobKind, Lane } from './queue.ts'

export interface JobContext {
  job: Claimed
  /** Fires when the lease is lost or the worker is told to stop: leave the work. */
  signal: AbortSignal
  /**
   * Throws when somebody else has taken the job over. Called inside `together`, before the result is written, it makes the
   * commit safe: whoever takes the job over waits for it.
   */
  fence(app: App): Promise<void>
  /** Says that something was done that need not be done again: workers that died on the job before are forgotten. */
  gotFurther(app: App): Promise<void>
  /**
   * Ends the job in the transaction that writes its result, so that the result is written exactly once whatever dies when.
   * Throws when somebody else has taken the job over. Without it a job ends after `run`, and may by bad luck run once more.
   */
  finish(app: App): Promise<void>
  /** Jobs of this kind that this worker has in hand now, this one among them. */
  alike(): number
}

// biome-ignore lint/suspicious/noExplicitAny: without a type it stands for a handler of whatever input
export interface JobHandler<Input = any> {
  kind: JobKind<Input>
  run(app: App, input: Input, context: JobContext): Promise<void>
  /** The job said no, which is final. Runs in the transaction that removes the job. */
  onRefused?(app: App, input: Input, refusal: Refusal): Promise<void>
  /** The job was given up after faults or crashes; the reason has no stack, for owners read it. Runs in the transaction that parks it. */
  onParked?(app: App, input: Input, reason: string): Promise<void>
}

/** Says how jobs of a kind are done. */
export function handler<Input>(
  kind: JobKind<Input>,
  run: JobHandler<Input>['run'],
  more: Pick<JobHandler<Input>, 'onRefused' | 'onParked'> = {},
): JobHandler<Input> {
  return { kind, run, ...more }
}

export interface WorkOptions {
  lane: Lane
  /** Jobs at a time. */
  slots: number
  /** Of all lanes; those of this one are taken. */
  handlers: readonly JobHandler[]
  /** Name of this worker, for people. */
  worker: string
  leaseMs?: number
}

export interface Work {
  /** Jobs that run now. */
  readonly running: number
  /** Claims nothing more, waits up to `graceMs` for what runs, then tells it to leave and gives it back. */
  stop(graceMs?: number): Promise<void>
}

/** A lease outlives three missed heartbeats, and a dead worker's job is taken over soon after it has run out. */
const LEASE_MS = 10_000
const RETRY_BASE_MS = 1000
const RETRY_MAX_MS = 5 * 60_000

export const jobsEnded = metric({
  kind: 'counter',
  name: 'jobs_ended_total',
  says: 'Jobs by how they ended: done, refused, retried, parked, lost, released.',
  labels: ['job', 'outcome'],
})
export const jobSeconds = metric({
  kind: 'histogram',
  name: 'job_run_seconds',
  says: 'How long jobs ran.',
  labels: ['job'],
  buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1800],
})

/** Thrown by `fence`: the job belongs to another worker now. */
export class Overtaken extends Error {
  constructor(job: Claimed) {
    super(`The job ${job.name} ${job.jobId} has been taken over`)
    this.name = 'Overtaken'
  }
}

/** Why a job's signal fired when its worker is being stopped. */
class Stopping extends Error {}

type Outcome = 'done' | 'refused' | 'retried' | 'parked' | 'lost' | 'released'

/** Works on a lane until it is stopped. */
export function work(app: App, options: WorkOptions): Work {
  const { lane, slots, worker, leaseMs = LEASE_MS } = options
  const handlers = new Map(options.handlers.filter((it) => it.kind.lane === lane).map((it) => [it.kind.name, it]))
  const kinds = [...handlers.values()].map((it) => it.kind)
  const running = new Map<Promise<void>, AbortController>()
  const inHand = new Set<Claimed>()
  let stopped = false
  let claiming: Promise<void> | undefined
  let again = false

  /** Fills the free slots. Called again while it runs, it looks once more afterwards: the word may have come too late. */
  function fill(): void {
    if (stopped) return
    again = true
    claiming ??= claimAll().finally(() => {
      claiming = undefined
      if (again && running.size < slots) fill()
    })
  }

  async function claimAll(): Promise<void> {
    while (again && !stopped && running.size < slots) {
      again = false
      const free = slots - running.size
      const jobs = await app.queue.claim(worker, lane, kinds, free, leaseMs).catch((error) => {
        app.log.warn({ lane, error: String(error) }, 'jobs cannot be claimed')
        return []
      })
      for (const job of jobs) inHand.add(job)
      for (const job of jobs) begin(job)
      if (jobs.length === free) again = true
    }
  }

  function begin(job: Claimed): void {
    const abort = new AbortController()
    const alike = () => [...inHand].filter(({ name }) => name === job.name).length
    const run = runJob(app, handlers.get(job.name)!, job, abort, leaseMs, alike)
      .catch((error) => app.log.error({ job: job.name, jobId: job.jobId, error: String(error) }, 'job not settled'))
      .finally(() => {
        running.delete(run)
        inHand.delete(job)
        fill()
      })
    running.set(run, abort)
  }

  const stopHearing = app.queue.onWork(lane, fill)
  fill()

  return {
    get running() {
      return running.size
    },
    async stop(graceMs = 0) {
      stopped = true
      stopHearing()
      await claiming
      const enough = new AbortController()
      await Promise.race([Promise.all(running.keys()), sleep(graceMs, enough.signal).catch(() => {})])
      enough.abort()
      for (const abort of running.values()) abort.abort(new Stopping('the worker stops'))
      await Promise.all(running.keys())
    },
  }
}

/**
 * Does what is waiting in these lanes, one job after another, until nothing is due, in this process: for tests and
 * commands. Returns how many jobs ran. A job that fails is settled as in a worker.
 */
export async function drain(app: App, handlers: readonly JobHandler[], limit = 10_000): Promise<number> {
  let count = 0
  const lanes: Lane[] = ['now', 'quick', 'bulk']
  for (let lane = lanes[0]; lane && count < limit; ) {
    const mine = handlers.filter((it) => it.kind.lane === lane)
    const kinds = mine.map((it) => it.kind)
    const [job] = await app.queue.claim('drain', lane, kinds, 1, LEASE_MS)
    if (!job) {
      lane = lanes[lanes.indexOf(lane) + 1]
      continue
    }
    count++
    await runJob(app, mine.find((it) => it.kind.name === job.name)!, job, new AbortController(), LEASE_MS)
    // What it left may wait in a lane that goes first.
    lane = lanes[0]
  }
  return count
}

/** Runs one claimed job and settles it. */
export async function runJob(
  app: App,
  it: JobHandler,
  job: Claimed,
  abort: AbortController,
  leaseMs: number,
  alike = () => 1,
): Promise<void> {
  const startedMs = performance.now()
  const stopBeating = keepAlive(app, job, abort, leaseMs)
  let outcome: Outcome
  let reason: string | undefined
  try {
    if (job.crashes >= it.kind.maxCrashes) throw new Quarantined(job.crashes)
    const context = contextOf(job, abort.signal, alike)
    await it.run(app, job.input, context)
    outcome = (await app.queue.finish(job)) || context.ended ? 'done' : 'lost'
  } catch (error) {
    ;({ outcome, reason } = await settle(app, it, job, abort.signal, error))
  } finally {
    stopBeating()
  }
  const durationMs = Math.round(performance.now() - startedMs)
  app.meter.count(jobsEnded, { job: job.name, outcome })
  app.meter.observe(jobSeconds, { job: job.name }, durationMs / 1000)
  const facts = {
    job: job.name,
    jobId: job.jobId,
    key: job.key,
    outcome,
    attempt: job.attempts,
    durationMs,
    ...(reason ? { reason } : {}),
  }
  if (outcome === 'parked') app.log.error(facts, 'job')
  else if (outcome === 'retried') app.log.warn(facts, 'job')
  else app.log.info(facts, 'job')
}

class Quarantined extends Error {
  constructor(crashes: number) {
    super(`quarantined: its workers died ${crashes} times`)
  }
}

function contextOf(job: Claimed, signal: AbortSignal, alike: () => number): JobContext & { ended: boolean } {
  const context = {
    job,
    signal,
    alike,
    ended: false,
    async fence(app: App) {
      if (!(await app.queue.holds(job))) throw new Overtaken(job)
    },
    async gotFurther(app: App) {
      if (job.crashes > 0) await app.queue.gotFurther(job)
    },
    async finish(app: App) {
      if (!(await app.queue.finish(job))) throw new Overtaken(job)
      context.ended = true
    },
  }
  return context
}

async function settle(
  app: App,
  it: JobHandler,
  job: Claimed,
  signal: AbortSignal,
  error: unknown,
): Promise<{ outcome: Outcome; reason?: string }> {
  if (error instanceof Overtaken || signal.reason instanceof Overtaken) return { outcome: 'lost' }
  if (signal.aborted && signal.reason instanceof Stopping) {
    await app.queue.release(job)
    return { outcome: 'released' }
  }
  const reason = sayError(error)
  if (error instanceof Refusal) {
    const kept = await app.together(async (app) => {
      if (!(await app.queue.finish(job))) return false
      await it.onRefused?.(app, job.input, error)
      return true
    })
    return { outcome: kept ? 'refused' : 'lost', reason }
  }
  // Attempts that ended in a crash have their own count.
  const failures = job.attempts - job.crashes
  if (!(error instanceof Quarantined) && failures < it.kind.maxAttempts) {
    const kept = await app.queue.fail(job, reason, backoffMs(failures, RETRY_BASE_MS, RETRY_MAX_MS))
    return { outcome: kept ? 'retried' : 'lost', reason }
  }
  const kept = await app
    .together(async (app) => {
      if (!(await app.queue.fail(job, reason, undefined))) return false
      await it.onParked?.(app, job.input, error instanceof Error ? error.message : String(error))
      return true
    })
    .catch(async (fault) => {
      app.log.error({ job: job.name, jobId: job.jobId, error: sayError(fault) }, 'parking was not told')
      return app.queue.fail(job, reason, undefined)
    })
  return { outcome: kept ? 'parked' : 'lost', reason }
}

/** Heartbeats at a third of the lease. A lease that cannot be kept for its whole length counts as lost. */
function keepAlive(app: App, job: Claimed, abort: AbortController, leaseMs: number): () => void {
  let heldUntilMs = performance.now() + leaseMs
  let beating = false
  const timer = setInterval(() => {
    if (performance.now() > heldUntilMs) return abort.abort(new Overtaken(job))
    if (beating) return
    beating = true
    const sentMs = performance.now()
    app.queue
      .heartbeat(job, leaseMs)
      .then((held) => {
        if (held) heldUntilMs = sentMs + leaseMs
        else abort.abort(new Overtaken(job))
      })
      .catch((error) => app.log.warn({ job: job.name, jobId: job.jobId, error: String(error) }, 'heartbeat failed'))
      .finally(() => {
        beating = false
      })
  }, leaseMs / 3)
  return () => clearInterval(timer)
}

function sayError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
