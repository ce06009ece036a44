/** What every bus must do, whatever it is made of. */
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sleep } from '../../src/kit/retry.ts'
import type { OpenApp } from '../../src/platform/app.ts'
import { type EventKind, eventKind } from '../../src/platform/bus/bus.ts'
import { until } from './until.ts'

export interface BusUnderTest {
  /** Two processes of one platform. */
  here: OpenApp
  there: OpenApp
  /** Cuts the connections on which events come, as a network would. */
  cut(): Promise<void>
  close(): Promise<void>
}

let count = 0
const newEvent = (): EventKind<number> => eventKind<number>(`test.event.${++count}`)

export function busConformance(name: string, open: () => Promise<BusUnderTest>): void {
  describe(name, () => {
    let under: BusUnderTest
    beforeAll(async () => {
      under = await open()
    })
    afterAll(() => under?.close())

    function hearIn(app: OpenApp, kind: EventKind<number>): number[] {
      const heard: number[] = []
      app.bus.listen(kind, (event) => void heard.push(event.body))
      return heard
    }

    /** Listens in the other process, and returns once that is in force there. */
    async function hearThere(kind: EventKind<number>): Promise<number[]> {
      const heard = hearIn(under.there, kind)
      await under.there.bus.publish(kind, -1)
      await until(() => heard.includes(-1))
      heard.length = 0
      return heard
    }

    test('tells an event to every process that listens, and only what it listens to', async () => {
      const kind = newEvent()
      const mine = hearIn(under.here, kind)
      const theirs = await hearThere(kind)
      // What the other process says to know that it listens comes here too, sooner or later.
      await until(() => mine.includes(-1))
      mine.length = 0
      await under.here.bus.publish(kind, 1)
      await under.here.bus.publish(newEvent(), 2)
      await under.here.bus.publish(kind, 3)
      await until(() => mine.length === 2 && theirs.length === 2)
      expect([mine, theirs]).toEqual([
        [1, 3],
        [1, 3],
      ])
    })

    test('tells nothing of a transaction that is rolled back, and nothing before the commit', async () => {
      const kind = newEvent()
      const heard = await hearThere(kind)
      const failed = under.here.together(async (app) => {
        await app.bus.publish(kind, 1)
        throw new Error('no')
      })
      await expect(failed).rejects.toThrow('no')
      await under.here.together(async (app) => {
        await app.bus.publish(kind, 2)
        await sleep(150)
        expect(heard).toEqual([])
      })
      await until(() => heard.length > 0)
      expect(heard).toEqual([2])
    })

    test('loses no event that was numbered early and committed late', async () => {
      const kind = newEvent()
      const heard = await hearThere(kind)
      await under.here.together(async (app) => {
        await app.bus.publish(kind, 1)
        await under.here.bus.publish(kind, 2)
        await until(() => heard.includes(2))
      })
      await until(() => heard.length >= 2)
      expect(heard).toEqual([2, 1])
    })

    test('hears every event once while many transactions overlap', async () => {
      const kind = newEvent()
      const heard = await hearThere(kind)
      await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          under.here.together(async (app) => {
            await app.bus.publish(kind, index)
            await sleep(Math.random() * 20)
          }),
        ),
      )
      await until(() => heard.length >= 200)
      await sleep(50)
      expect(heard.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index))
    })

    test('catches up after its connection was cut', async () => {
      const kind = newEvent()
      const heard = await hearThere(kind)
      await under.cut()
      for (let index = 0; index < 20; index++) await under.here.bus.publish(kind, index)
      await until(() => new Set(heard).size === 20)
      expect([...new Set(heard)]).toEqual(Array.from({ length: 20 }, (_, index) => index))
    })

    test('says whether something was not told yet, and catches up when it is asked to', async () => {
      const kind = newEvent()
      const heard = await hearThere(kind)
      const isBehind = async () => {
        const { rows } = await sql<{ behind: boolean }>`select ${under.there.bus.unheard()} as behind`.execute(
          under.there.db,
        )
        return rows[0]!.behind
      }
      await under.there.bus.catchUp()
      expect(await isBehind()).toBe(false)

      for (let number = 1; number <= 20; number++) {
        await under.here.together(async (app) => {
          await app.bus.publish(kind, number)
          expect(await isBehind()).toBe(false)
        })
        // What is committed is told by now, or it is said that it is not.
        if (!heard.includes(number)) expect((await isBehind()) || heard.includes(number)).toBe(true)
        await under.there.bus.catchUp()
        expect(heard.at(-1)).toBe(number)
        expect(await isBehind()).toBe(false)
      }
    })

    test('who waits until all is told is not held up by what goes on', async () => {
      const kind = newEvent()
      const heard = await hearThere(kind)
      let goesOn = true
      const flood = (async () => {
        while (goesOn) await under.here.bus.publish(kind, 0)
      })()
      for (let number = 1; number <= 5; number++) {
        await under.here.bus.publish(kind, number)
        await under.there.bus.catchUp()
        expect(heard).toContain(number)
      }
      goesOn = false
      await flood
    })

    test('tells a listener nothing of what happened before it came', async () => {
      const kind = newEvent()
      await under.here.bus.publish(kind, 1)
      await sleep(50)
      const heard = await hearThere(kind)
      await under.here.bus.publish(kind, 2)
      await until(() => heard.length > 0)
      expect(heard).toEqual([2])
    })

    test('tells nothing to who has stopped listening, and goes on when a listener fails', async () => {
      const kind = newEvent()
      const gone: number[] = []
      const stop = under.here.bus.listen(kind, (event) => void gone.push(event.body))
      under.here.bus.listen(kind, () => {
        throw new Error('a listener that fails')
      })
      const heard = hearIn(under.here, kind)
      stop()
      await under.here.bus.publish(kind, 1)
      await until(() => heard.length === 1)
      expect(gone).toEqual([])
    })

    test('shouts reach all processes within milliseconds, and wait for the commit', async () => {
      const heard: string[] = []
      const stop = under.there.bus.hearShouts('test', (word) => void heard.push(word))
      under.there.bus.hearShouts('other', () => heard.push('wrong channel'))
      await until(async () => {
        await under.here.bus.shout('test', 'hello')
        return heard.length > 0
      })
      await sleep(100)
      heard.length = 0
      const startedMs = performance.now()
      await under.here.bus.shout('test', 'ünï "code"')
      await until(() => heard.length > 0)
      expect(performance.now() - startedMs).toBeLessThan(500)
      await under.here.together(async (app) => {
        await app.bus.shout('test', 'committed')
        await sleep(100)
        expect(heard).toHaveLength(1)
      })
      await until(() => heard.length === 2)
      expect(heard).toEqual(['ünï "code"', 'committed'])
      stop()
      await expect(under.here.bus.shout('test', 'x'.repeat(5000))).rejects.toThrow(RangeError)
    })

    test('forgets what is old, and goes on', async () => {
      const kind = newEvent()
      const heard = await hearThere(kind)
      await under.here.bus.publish(kind, 1)
      await under.here.bus.forget(new Date(Date.now() + 60_000))
      expect(await under.here.db.selectFrom('outbox').selectAll().execute()).toEqual([])
      await under.here.bus.publish(kind, 2)
      await until(() => heard.includes(2))
    })
  })
}
