/**
 * The port of the queue: jobs, each to be done once. A job is claimed under a lease that its worker keeps alive by
 * heartbeats; when the worker dies the lease runs out and another takes the job over. A job may therefore run twice, so
 * every job must bear that; the fence lets a commit notice that it has been overtaken.
 */

/** `now`: somebody is waiting. `quick`: small work of the platform. `bulk`: hours of encoding, niced. */
export type Lane = 'now' | 'quick' | 'bulk'

/** What a kind of job is, as data. Declared in a feature's face, handled in its jobs.ts. */
export interface JobKind<Input> {
  name: string
  lane: Lane
  /** Attempts after which a job that keeps failing is parked. */
  maxAttempts: number
  /** Different workers that may die on it (leases that ran out), without it getting further, before it is quarantined. */
  maxCrashes: number
  /** Carries the type of the input; never set. */
  readonly input?: Input
}

export function jobKind<Input>(kind: Omit<JobKind<Input>, 'input'>): JobKind<Input> {
  return kind
}

export interface AddOptions {
  /** At most one waiting or running job per kind and key; adding another is no error and changes at most its priority (the higher wins) . */
  key?: string
  /** Higher goes first; 0 by default. */
  priority?: number
  /** Not before this many milliseconds from now. */
  delayMs?: number
}

export interface Claimed {
  jobId: string
  name: string
  key: string | undefined
  input: unknown
  attempts: number
  crashes: number
  fence: number
}

export interface ParkedJob {
  jobId: string
  name: string
  key: string | undefined
  input: unknown
  reason: string
}

export interface Queue {
  /** Adds a job, in the caller's transaction when called on the `app` of `together`. Waiting workers are woken at commit. */
  add<Input>(kind: JobKind<Input>, input: Input, options?: AddOptions): Promise<void>
  addMany<Input>(kind: JobKind<Input>, jobs: { input: Input; options?: AddOptions }[]): Promise<void>
  /**
   * Takes up to `count` jobs of these kinds and lane under a lease of `leaseMs`: highest priority first, then oldest. Jobs
   * whose lease ran out come before all others, with one crash more; one that has reached its kind's limit of crashes must
   * not be run but parked (work.ts does).
   */
  claim(
    worker: string,
    lane: Lane,
    kinds: readonly JobKind<unknown>[],
    count: number,
    leaseMs: number,
  ): Promise<Claimed[]>
  /** Keeps a lease alive; false when the job has been taken over, cancelled or finished: stop working on it. */
  heartbeat(job: Claimed, leaseMs: number): Promise<boolean>
  /** Whether this claim is still the valid one; inside `together` it locks the job's row, so a commit that follows is fenced. */
  holds(job: Claimed): Promise<boolean>
  /** The job is done and gone. False when it was overtaken. */
  finish(job: Claimed): Promise<boolean>
  /** It did not work: wait `retryMs` and let somebody try again, or, with undefined, park it with its reason. */
  fail(job: Claimed, reason: string, retryMs: number | undefined): Promise<boolean>
  /** Gives a job back untouched (a worker that stops); not counted as an attempt. */
  release(job: Claimed): Promise<void>
  /** The job has come further than before: those who died on it until now did not die of it, and their attempts are not counted. */
  gotFurther(job: Claimed): Promise<void>
  /** Takes waiting jobs of this kind and key away. */
  cancel(kind: JobKind<unknown>, key: string): Promise<void>
  /** Calls `wake` within milliseconds of a job being added to the lane (and now and then without reason). Returns how to stop. */
  onWork(lane: Lane, wake: () => void): () => void
  /** Jobs per state and lane: for metrics and people. */
  counts(): Promise<{ lane: Lane; state: 'waiting' | 'running' | 'parked'; count: number }[]>
  parked(limit: number): Promise<ParkedJob[]>
  close(): Promise<void>
}
