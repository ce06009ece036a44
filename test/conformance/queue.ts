/** What every queue must do, whatever it is made of. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refuse } from '../../src/contract/refusals.ts'
import { sleep } from '../../src/kit/retry.ts'
import type { App } from '../../src/platform/app.ts'
import { type JobKind, jobKind, type Lane } from '../../src/platform/queue/queue.ts'
import {
  drain,
  handler,
  type JobContext,
  type JobHandler,
  Overtaken,
  runJob,
  type Work,
  work,
} from '../../src/platform/queue/work.ts'
import { hasteDone, jobOfDyingWorker, jobOfHaste } from './dying-worker.ts'
import { until } from './until.ts'

export interface QueueUnderTest {
  app: App
  close(): Promise<void>
}

let kindCount = 0
/** A kind that no other test has jobs of. */
function newKind<Input>(more: Partial<JobKind<Input>> = {}): JobKind<Input> {
  return jobKind<Input>({ name: `test.${++kindCount}`, lane: 'now', maxAttempts: 3, maxCrashes: 2, ...more })
}

export function queueConformance(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(name, () => {
    let under: QueueUnderTest
    let app: App
    beforeAll(async () => {
      under = await open()
      app = under.app
    })
    afterAll(() => under?.close())

    const claim = (kind: JobKind<never>, count = 10, leaseMs = 10_000) =>
      app.queue.claim('tester', kind.lane, [kind], count, leaseMs)

    test('gives what was put in, once', async () => {
      const kind = newKind<{ words: string[] }>()
      await app.queue.add(kind, { words: ['ä', '"', '\\u0041'] }, { key: 'one' })
      const [job] = await claim(kind as JobKind<never>)
      expect(job).toMatchObject({
        name: kind.name,
        key: 'one',
        input: { words: ['ä', '"', '\\u0041'] },
        attempts: 1,
        crashes: 0,
      })
      expect(await claim(kind as JobKind<never>)).toEqual([])
      expect(await app.queue.finish(job!)).toBe(true)
      expect(await app.queue.finish(job!)).toBe(false)
    })

    test('never gives one job to two workers that ask at the same time', async () => {
      const kind = newKind<number>()
      await app.queue.addMany(
        kind,
        Array.from({ length: 300 }, (_, input) => ({ input })),
      )
      const taken: unknown[] = []
      await Promise.all(
        Array.from({ length: 6 }, async () => {
          for (;;) {
            const jobs = await claim(kind as JobKind<never>, 7)
            if (jobs.length === 0) return
            for (const job of jobs) taken.push(job.input)
          }
        }),
      )
      expect(taken).toHaveLength(300)
      expect(new Set(taken).size).toBe(300)
    })

    test('gives the highest priority first, and the oldest among equals', async () => {
      const kind = newKind<string>()
      await app.queue.add(kind, 'first plain')
      await app.queue.add(kind, 'urgent', { priority: 5 })
      await app.queue.add(kind, 'second plain')
      await app.queue.add(kind, 'later', { priority: -1 })
      const jobs = await claim(kind as JobKind<never>)
      expect(jobs.map((job) => job.input)).toEqual(['urgent', 'first plain', 'second plain', 'later'])
    })

    test('keeps one job per key, with the highest priority asked for', async () => {
      const kind = newKind<number>()
      const other = newKind<number>()
      await app.queue.add(kind, 1, { key: 'a', priority: 3 })
      await app.queue.add(kind, 2, { key: 'b', priority: 4 })
      await app.queue.add(kind, 3, { key: 'a', priority: 9 })
      await app.queue.add(kind, 4, { key: 'a', priority: 1 })
      await app.queue.addMany(kind, [
        { input: 5, options: { key: 'b' } },
        { input: 6, options: { key: 'b' } },
      ])
      await app.queue.add(other, 7, { key: 'a' })
      expect((await claim(kind as JobKind<never>)).map((job) => job.input)).toEqual([1, 2])
      // Running jobs hold their key too.
      await app.queue.add(kind, 8, { key: 'a' })
      expect(await claim(kind as JobKind<never>)).toEqual([])
      expect(await claim(other as JobKind<never>)).toHaveLength(1)
    })

    test('takes many callers with the same keys in any order', async () => {
      const kind = newKind<number>()
      const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`)
      await Promise.all(
        Array.from({ length: 8 }, (_, caller) => {
          const mine = caller % 2 ? keys : keys.toReversed()
          return app.queue.addMany(
            kind,
            mine.map((key) => ({ input: caller, options: { key, priority: caller } })),
          )
        }),
      )
      expect(await claim(kind as JobKind<never>, 100)).toHaveLength(40)
    })

    test('holds a job back as long as it is told to', async () => {
      const kind = newKind<number>()
      await app.queue.add(kind, 1, { delayMs: 300 })
      expect(await claim(kind as JobKind<never>)).toEqual([])
      await sleep(350)
      expect(await claim(kind as JobKind<never>)).toHaveLength(1)
    })

    test('adds nothing when the transaction is rolled back, and all when it commits', async () => {
      const kind = newKind<number>()
      const failed = app.together(async (app) => {
        await app.queue.add(kind, 1)
        throw new Error('no')
      })
      await expect(failed).rejects.toThrow('no')
      expect(await claim(kind as JobKind<never>)).toEqual([])
      await app.together(async (app) => {
        await app.queue.add(kind, 2)
        await app.together(async (app) => app.queue.add(kind, 3))
      })
      expect(await claim(kind as JobKind<never>)).toHaveLength(2)
    })

    test('a lease that ran out gives the job to the next, and the first one notices', async () => {
      const kind = newKind<number>()
      await app.queue.add(kind, 1)
      const [first] = await claim(kind as JobKind<never>, 1, 100)
      await sleep(150)
      const [second] = await claim(kind as JobKind<never>)
      expect(second).toMatchObject({ jobId: first!.jobId, crashes: 1, attempts: 2 })
      expect(await app.queue.heartbeat(first!, 1000)).toBe(false)
      expect(await app.queue.holds(first!)).toBe(false)
      expect(await app.queue.finish(first!)).toBe(false)
      expect(await app.queue.fail(first!, 'late', 0)).toBe(false)
      expect(await app.queue.holds(second!)).toBe(true)
      expect(await app.queue.finish(second!)).toBe(true)
    })

    test('heartbeats keep a lease alive', async () => {
      const kind = newKind<number>()
      await app.queue.add(kind, 1)
      const [job] = await claim(kind as JobKind<never>, 1, 300)
      for (let beat = 0; beat < 4; beat++) {
        await sleep(120)
        expect(await app.queue.heartbeat(job!, 300)).toBe(true)
      }
      expect(await claim(kind as JobKind<never>)).toEqual([])
      expect(await app.queue.finish(job!)).toBe(true)
    })

    test('a fence held in a transaction keeps others from taking the job over before the commit', async () => {
      const kind = newKind<number>()
      await app.queue.add(kind, 1)
      const [job] = await claim(kind as JobKind<never>, 1, 50)
      await app.together(async (app) => {
        expect(await app.queue.holds(job!)).toBe(true)
        await sleep(100)
        expect(await claim(kind as JobKind<never>)).toEqual([])
        expect(await app.queue.finish(job!)).toBe(true)
      })
      expect(await claim(kind as JobKind<never>)).toEqual([])
    })

    test('a released job is as before, a failed one waits, a parked one stays and can be read', async () => {
      const kind = newKind<number>()
      await app.queue.add(kind, 1, { key: 'k' })
      const [one] = await claim(kind as JobKind<never>)
      await app.queue.release(one!)
      const [two] = await claim(kind as JobKind<never>)
      expect(two).toMatchObject({ attempts: 1, crashes: 0 })
      expect(await app.queue.fail(two!, 'not yet', 200)).toBe(true)
      expect(await claim(kind as JobKind<never>)).toEqual([])
      await sleep(250)
      const [three] = await claim(kind as JobKind<never>)
      expect(await app.queue.fail(three!, 'never', undefined)).toBe(true)
      expect(await claim(kind as JobKind<never>)).toEqual([])
      expect(await app.queue.parked(100)).toContainEqual({
        jobId: one!.jobId,
        name: kind.name,
        key: 'k',
        input: 1,
        reason: 'never',
      })
      // A parked job holds no key: the same may be asked for again.
      await app.queue.add(kind, 2, { key: 'k' })
      expect(await claim(kind as JobKind<never>)).toHaveLength(1)
    })

    test('takes back what waits, and leaves what runs', async () => {
      const kind = newKind<number>()
      await app.queue.add(kind, 1, { key: 'waits' })
      await app.queue.cancel(kind, 'waits')
      expect(await claim(kind as JobKind<never>)).toEqual([])
      await app.queue.add(kind, 2, { key: 'runs' })
      const [job] = await claim(kind as JobKind<never>)
      await app.queue.cancel(kind, 'runs')
      expect(await app.queue.finish(job!)).toBe(true)
    })

    test('counts jobs per lane and state', async () => {
      const before = await countOf(app, 'bulk', 'waiting')
      await app.queue.addMany(newKind<number>({ lane: 'bulk' }), [{ input: 1 }, { input: 2 }])
      expect(await countOf(app, 'bulk', 'waiting')).toBe(before + 2)
    })

    test('a worker is woken within 100 ms of a commit, typically', async () => {
      const kind = newKind<number>()
      const waitedMs: number[] = []
      await withWork(
        app,
        [handler(kind, async (_, addedMs) => void waitedMs.push(performance.now() - addedMs))],
        async () => {
          await sleep(300)
          for (let round = 1; round <= 15; round++) {
            await app.together((app) => app.queue.add(kind, performance.now()))
            await until(() => waitedMs.length === round)
          }
        },
      )
      expect(waitedMs.sort((a, b) => a - b)[7]).toBeLessThan(100)
    })

    test('a job knows how many like it its worker has in hand', async () => {
      const [kind, other] = [newKind<number>(), newKind<number>()]
      await app.queue.addMany(kind, [{ input: 1 }, { input: 2 }])
      const seen: number[] = []
      const look = async (_app: unknown, _input: number, { alike }: JobContext) => void seen.push(alike())
      await withWork(app, [handler(kind, look)], () => until(() => seen.length === 2))
      expect(seen).toEqual([2, 2])
      await app.queue.add(kind, 3)
      await app.queue.add(other, 4)
      await withWork(app, [handler(kind, look), handler(other, look)], () => until(() => seen.length === 4))
      expect(seen.slice(2)).toEqual([1, 1])
    })

    test('a fault is tried again and then parked, which is told once', async () => {
      const kind = newKind<{ video: string }>({ maxAttempts: 2 })
      let runs = 0
      const told: unknown[] = []
      const failing = handler(kind, async () => void fault(++runs), {
        onParked: async (_, input, reason) => void told.push([input, reason]),
      })
      await app.queue.add(kind, { video: 'x' })
      expect(await drain(app, [failing])).toBe(1)
      await until(async () => (await drain(app, [failing])) === 1, 5000)
      expect(runs).toBe(2)
      expect(told).toEqual([[{ video: 'x' }, expect.stringContaining('fault 2')]])
      expect((await app.queue.parked(100)).find((job) => job.name === kind.name)?.reason).toContain('fault 2')
    })

    test('a refusal is final, and what is recorded of it commits with the end of the job', async () => {
      const kind = newKind<string>()
      const after = newKind<string>()
      const refusing = handler(kind, async () => refuse('source_empty', 'no bytes'), {
        onRefused: (app, input, refusal) => app.queue.add(after, `${input}: ${refusal.code}`),
      })
      await app.queue.add(kind, 'clip')
      await drain(app, [refusing])
      expect(await claim(kind as JobKind<never>)).toEqual([])
      expect((await claim(after as JobKind<never>)).map((job) => job.input)).toEqual(['clip: source_empty'])
    })

    test('a worker that was overtaken writes nothing', async () => {
      const kind = newKind<number>()
      const result = newKind<string>()
      await app.queue.add(kind, 1)
      const [slow] = await claim(kind as JobKind<never>, 1, 50)
      await sleep(80)
      const [fast] = await claim(kind as JobKind<never>)
      const it = handler(kind, (app, _input, { job, fence }) =>
        app.together(async (app) => {
          await fence(app)
          await app.queue.add(result, `fence ${job.fence}`)
        }),
      ) as JobHandler
      await runJob(app, it, slow!, new AbortController(), 5000)
      await runJob(app, it, fast!, new AbortController(), 5000)
      expect((await claim(result as JobKind<never>)).map((job) => job.input)).toEqual([`fence ${fast!.fence}`])
    })

    test('a job whose lease is lost is told to stop', async () => {
      const kind = newKind<number>()
      await app.queue.add(kind, 1)
      let why: unknown
      const it = handler(kind, async (_app, _input, { signal }) => {
        await sleep(5000, signal).catch(() => {})
        why = signal.reason
      })
      const [job] = await claim(kind as JobKind<never>, 1, 300)
      const run = runJob(app, it, job!, new AbortController(), 300)
      // Somebody else has it: its fence has moved on.
      await app.db
        .updateTable('jobs')
        .set({ fence: job!.fence + 1 })
        .where('job_id', '=', Number(job!.jobId))
        .execute()
      await run
      expect(why).toBeInstanceOf(Overtaken)
    })

    test('a stopping worker gives back what it does not finish', async () => {
      const kind = newKind<number>()
      await app.queue.addMany(kind, [{ input: 1 }, { input: 2 }])
      const it = handler(kind, (_app, input, { signal }) => (input === 1 ? sleep(200) : sleep(60_000, signal)))
      const worker = work(app, { lane: 'now', slots: 2, handlers: [it], worker: 'stopping' })
      await until(() => worker.running === 2)
      await worker.stop(500)
      expect((await claim(kind as JobKind<never>)).map((job) => [job.input, job.attempts, job.crashes])).toEqual([
        [2, 1, 0],
      ])
    })

    test('the job of a killed worker process is taken over within 15 s; one that kills its workers is quarantined', async () => {
      const killer = await startDyingWorker(app)
      const kind = jobOfDyingWorker
      const told: string[] = []
      const ran: number[] = []
      await app.queue.add(kind, { round: 1 })
      await once(killer.stdout!, 'data')
      killer.kill('SIGKILL')
      const killedMs = performance.now()
      const it = handler(kind, async () => void ran.push(performance.now() - killedMs), {
        onParked: async (_, __, reason) => void told.push(reason),
      })
      await withWork(app, [it], () => until(() => ran.length === 1, 20_000))
      expect(ran[0]).toBeLessThan(15_000)

      await app.queue.add(kind, { round: 2 })
      for (let crash = 0; crash < kind.maxCrashes; crash++) {
        // One that sleeps past its lease again and again is one worker all the same.
        for (let nap = 0; nap < 2; nap++) {
          expect(await app.queue.claim(`doomed ${crash}`, 'now', [kind], 1, 20)).toHaveLength(1)
          await sleep(40)
        }
      }
      await drain(app, [it])
      expect(ran).toHaveLength(1)
      expect(told).toEqual([expect.stringContaining('died 2 times')])
    }, 60_000)

    test('a job that gets further is not blamed for the workers that died on it', async () => {
      const kind = newKind<number>()
      await app.queue.add(kind, 1)
      await app.queue.claim('one that dies', 'now', [kind], 1, 20)
      await sleep(40)
      const [job] = await app.queue.claim('another', 'now', [kind], 1, 20)
      expect(job).toMatchObject({ attempts: 2, crashes: 1 })
      await app.queue.gotFurther(job!)
      await sleep(40)
      const [next] = await app.queue.claim('a third', 'now', [kind], 1, 1000)
      expect(next).toMatchObject({ attempts: 2, crashes: 1 })
      // Whoever has lost the job says nothing about it any more.
      await app.queue.gotFurther(job!)
      expect(await app.queue.finish(next!)).toBe(true)
    })

    test('workers are killed again and again, and every job leaves its result exactly once', async () => {
      const inputs = Array.from({ length: 600 }, (_, index) => index)
      await app.queue.addMany(
        jobOfHaste,
        inputs.map((input) => ({ input })),
      )
      const left = async () => countOf(app, 'quick', 'waiting')
      let workers = await Promise.all([startDyingWorker(app), startDyingWorker(app)])
      let kills = 0
      while ((await left()) > 0) {
        await sleep(100 + Math.random() * 200)
        const [victim, other] = workers
        victim!.kill('SIGKILL')
        kills++
        workers = [other!, await startDyingWorker(app)]
      }
      await until(async () => (await app.queue.counts()).every((it) => it.lane !== 'quick'), 20_000)
      for (const worker of workers) worker.kill('SIGKILL')
      const results = await app.db.selectFrom('outbox').select('body').where('name', '=', hasteDone.name).execute()
      expect(results.map((row) => row.body as number).toSorted((a, b) => a - b)).toEqual(inputs)
      expect(kills).toBeGreaterThanOrEqual(2)
    }, 90_000)
  })
}

function fault(count: number): never {
  throw new Error(`fault ${count}`)
}

async function countOf(app: App, lane: Lane, state: string): Promise<number> {
  return (await app.queue.counts()).find((it) => it.lane === lane && it.state === state)?.count ?? 0
}

async function withWork(app: App, handlers: JobHandler[], story: () => Promise<void>): Promise<void> {
  const worker: Work = work(app, { lane: 'now', slots: 2, handlers, worker: 'tester' })
  try {
    await story()
  } finally {
    await worker.stop()
  }
}

async function startDyingWorker(app: App): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'dying-worker.ts')], {
    env: { ...process.env, VITASCOPE_DB_URL: app.config['db.url'], VITASCOPE_DATA_FOLDER: app.config['data.folder'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout!, 'data')
  return child
}
