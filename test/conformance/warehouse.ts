/** What every warehouse must do: sums that are added once, and answers that are the same whoever keeps them. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/features/analytics/rules.ts'
import {
  AT,
  type Intake,
  LIST_HEAD,
  type Measure,
  nothing,
  OTHERS,
  PARTS,
  type SumRow,
  type Warehouse,
} from '../../src/features/analytics/warehouse/warehouse.ts'
import { percentileOf, stepOf } from '../../src/kit/histogram.ts'
import type { App } from '../../src/platform/app.ts'

/** A warehouse that is empty, and the app it is called with. */
export interface OpenWarehouse extends AsyncDisposable {
  warehouse: Warehouse
  app: App
}

const MONDAY = Date.parse('2026-03-02T00:00:00Z')
const days = (from: number, to: number) => ({ fromMs: MONDAY + from * DAY_MS, toMs: MONDAY + to * DAY_MS })

function sum(
  subject: string,
  grain: SumRow['grain'],
  atMs: number,
  given: Partial<Record<Measure, number>>,
  of = ['all', ''],
): SumRow {
  const measures = nothing()
  for (const [measure, value] of Object.entries(given)) measures[AT[measure as Measure]] = value
  return { subject, dimension: of[0]!, grain, atMs, member: of[1]!, measures }
}

const intake = (given: Partial<Intake>): Intake => ({ sums: [], viewers: [], retention: [], spreads: [], ...given })

const hashOf = (viewer: string) => {
  const bytes = createHash('sha256').update(viewer).digest()
  return bytes.readUIntBE(0, 6) * 16 + (bytes[6]! & 15)
}

export function warehouseSuite(name: string, open: () => Promise<OpenWarehouse>): void {
  const story = (title: string, tell: (warehouse: Warehouse, app: App) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      await using it = await open()
      await tell(it.warehouse, it.app)
    })

  story('an empty one answers with nothing', async (warehouse, app) => {
    expect(await warehouse.totals(app, 'vnobody', days(0, 7), 'day')).toEqual(nothing())
    expect(await warehouse.series(app, 'vnobody', days(0, 7), 'hour')).toEqual([])
    expect(await warehouse.breakdown(app, 'vnobody', days(0, 7), 'country', 10)).toEqual([])
    expect(await warehouse.viewers(app, 'vnobody', days(0, 7))).toBe(0)
    expect((await warehouse.retention(app, 'nobody', days(0, 7))).first).toEqual(new Array(PARTS).fill(0))
    expect(await warehouse.spreads(app, 'vnobody', days(0, 7), 'startupMs', 'all')).toEqual(new Map())
  })

  story('sums add up, of their subject and period only', async (warehouse, app) => {
    await warehouse.add(
      app,
      '1-1',
      intake({
        sums: [
          sum('va', 'day', MONDAY, { views: 2, watched_ms: 60_000 }),
          sum('va', 'day', MONDAY, { views: 1 }),
          sum('va', 'day', MONDAY + DAY_MS, { views: 10 }),
          sum('va', 'day', MONDAY + 2 * DAY_MS, { views: 100 }),
          sum('vb', 'day', MONDAY, { views: 1000 }),
          sum('va', 'hour', MONDAY, { views: 7 }),
          sum('va', 'day', MONDAY, { views: 5000 }, ['country', 'DE']),
        ],
      }),
    )
    await warehouse.add(app, '2-2', intake({ sums: [sum('va', 'day', MONDAY, { views: 4, likes: -1 })] }))

    const twoDays = await warehouse.totals(app, 'va', days(0, 2), 'day')
    expect([twoDays[AT.views], twoDays[AT.watched_ms], twoDays[AT.likes]]).toEqual([17, 60_000, -1])
    expect((await warehouse.totals(app, 'va', days(0, 3), 'day'))[AT.views]).toBe(117)
    expect((await warehouse.totals(app, 'va', days(0, 1), 'hour'))[AT.views]).toBe(7)
    expect((await warehouse.totals(app, 'vb', days(0, 9), 'day'))[AT.views]).toBe(1000)
  })

  story('a series is told step by step, oldest first', async (warehouse, app) => {
    const steps = [5, 1, 3].map((minute) =>
      sum('va', 'minute', MONDAY + minute * MINUTE_MS, { active: minute, watched_ms: 10 }),
    )
    await warehouse.add(app, '1-1', intake({ sums: steps }))
    await warehouse.add(app, '2-2', intake({ sums: [sum('va', 'minute', MONDAY + 3 * MINUTE_MS, { active: 4 })] }))

    const series = await warehouse.series(app, 'va', { fromMs: MONDAY, toMs: MONDAY + HOUR_MS }, 'minute')

    expect(series.map(({ atMs, measures }) => [(atMs - MONDAY) / MINUTE_MS, measures[AT.active]])).toEqual([
      [1, 1],
      [3, 7],
      [5, 5],
    ])
  })

  story('a breakdown gives the most watched first, and names in any script', async (warehouse, app) => {
    const words = ['katze', 'гитара', 'o\'neil \\ "x"', '音楽', 'tab\there']
    await warehouse.add(
      app,
      '1-1',
      intake({
        sums: words.flatMap((word, rank) => [
          sum('va', 'day', MONDAY, { watched_ms: 100 - rank, playbacks: 1 }, ['term', word]),
          sum('va', 'day', MONDAY + DAY_MS, { watched_ms: 100, playbacks: 1 }, ['term', word]),
        ]),
      }),
    )

    const top = await warehouse.breakdown(app, 'va', days(0, 2), 'term', 4)

    expect(top.map(({ member }) => member)).toEqual(words.slice(0, 4))
    expect(top.map(({ measures }) => measures[AT.playbacks])).toEqual([2, 2, 2, 2])
    expect((await warehouse.breakdown(app, 'va', days(1, 2), 'term', 50)).length).toBe(5)
  })

  story(
    'viewers are different ones within 2.5 %, however often and on however many days they come',
    async (warehouse, app) => {
      const crowd = (from: number, to: number) =>
        Array.from({ length: to - from }, (_, index) => hashOf(`viewer ${from + index}`))
      await warehouse.add(app, '1-1', intake({ viewers: [{ subject: 'va', dayMs: MONDAY, hashes: crowd(0, 20_000) }] }))
      await warehouse.add(
        app,
        '2-2',
        intake({ viewers: [{ subject: 'va', dayMs: MONDAY, hashes: crowd(15_000, 25_000) }] }),
      )
      await warehouse.add(
        app,
        '3-3',
        intake({
          viewers: [
            { subject: 'va', dayMs: MONDAY + DAY_MS, hashes: crowd(20_000, 40_000) },
            { subject: 'vb', dayMs: MONDAY, hashes: crowd(0, 7) },
          ],
        }),
      )

      const within = async (subject: string, from: number, to: number, exact: number) => {
        const counted = await warehouse.viewers(app, subject, days(from, to))
        expect(Math.abs(counted - exact) / exact).toBeLessThanOrEqual(0.025)
      }
      await within('va', 0, 1, 25_000)
      await within('va', 1, 2, 20_000)
      await within('va', 0, 2, 40_000)
      expect(await warehouse.viewers(app, 'vb', days(0, 2))).toBe(7)
    },
  )

  story('retention adds up part by part', async (warehouse, app) => {
    const rising = Array.from({ length: PARTS }, (_, part) => part)
    const ones = new Array<number>(PARTS).fill(1)
    await warehouse.add(
      app,
      '1-1',
      intake({ retention: [{ videoId: 'a', dayMs: MONDAY, first: rising, again: ones }] }),
    )
    await warehouse.add(
      app,
      '2-2',
      intake({
        retention: [
          { videoId: 'a', dayMs: MONDAY, first: ones, again: ones },
          { videoId: 'a', dayMs: MONDAY + DAY_MS, first: ones, again: ones },
          { videoId: 'b', dayMs: MONDAY, first: ones, again: ones },
        ],
      }),
    )

    expect((await warehouse.retention(app, 'a', days(0, 1))).first).toEqual(rising.map((count) => count + 1))
    expect((await warehouse.retention(app, 'a', days(0, 2))).again).toEqual(new Array(PARTS).fill(3))
  })

  story('spreads keep percentiles, member by member', async (warehouse, app) => {
    const startups = (country: string, factor: number, dayMs: number) =>
      Array.from({ length: 100 }, (_, index) => ({
        subject: 'all',
        quantity: 'startupMs',
        dimension: 'country',
        dayMs,
        member: country,
        step: stepOf((index + 1) * factor),
        count: 1,
      }))
    await warehouse.add(app, '1-1', intake({ spreads: [...startups('DE', 10, MONDAY), ...startups('BR', 50, MONDAY)] }))
    await warehouse.add(app, '2-2', intake({ spreads: startups('DE', 10, MONDAY + DAY_MS) }))

    const spreads = await warehouse.spreads(app, 'all', days(0, 2), 'startupMs', 'country')

    expect([...spreads.keys()].sort()).toEqual(['BR', 'DE'])
    expect([...spreads.get('DE')!.values()].reduce((a, b) => a + b)).toBe(200)
    expect(Math.abs(percentileOf(spreads.get('DE')!, 0.5) / 500 - 1)).toBeLessThan(0.06)
    expect(Math.abs(percentileOf(spreads.get('BR')!, 0.95) / 4750 - 1)).toBeLessThan(0.06)
  })

  story('the tail of a long list becomes one member, and nothing is lost, however often', async (warehouse, app) => {
    const terms = (dayMs: number) =>
      Array.from({ length: LIST_HEAD + 30 }, (_, place) =>
        sum('va', 'day', dayMs, { watched_ms: 1000 - place, views: 1 }, ['term', `word ${place}`]),
      )
    await warehouse.add(app, '1-1', intake({ sums: [...terms(MONDAY), ...terms(MONDAY + DAY_MS)] }))

    await warehouse.joinTails(app, MONDAY)
    await warehouse.joinTails(app, MONDAY)

    const monday = await warehouse.breakdown(app, 'va', days(0, 1), 'term', 200)
    expect(monday).toHaveLength(LIST_HEAD + 1)
    expect(monday.find(({ member }) => member === OTHERS)?.measures[AT.views]).toBe(30)
    expect(monday.reduce((all, { measures }) => all + measures[AT.views]!, 0)).toBe(LIST_HEAD + 30)
    expect(await warehouse.breakdown(app, 'va', days(1, 2), 'term', 200)).toHaveLength(LIST_HEAD + 30)
    // What comes late joins the others.
    await warehouse.add(app, '2-2', intake({ sums: [sum('va', 'day', MONDAY, { views: 5 }, ['term', 'late'])] }))
    await warehouse.joinTails(app, MONDAY)
    const later = await warehouse.breakdown(app, 'va', days(0, 1), 'term', 200)
    expect(later.find(({ member }) => member === OTHERS)?.measures[AT.views]).toBe(35)
  })

  story('a month that is over is answered as its days were, also when something comes late', async (warehouse, app) => {
    const ofDay = (day: number): Intake => ({
      sums: [
        sum('va', 'day', MONDAY + day * DAY_MS, { views: 1, watched_ms: day }),
        ...['DE', 'BR'].map((it) =>
          sum('va', 'day', MONDAY + day * DAY_MS, { views: 2, watched_ms: 5 }, ['country', it]),
        ),
      ],
      viewers: [{ subject: 'va', dayMs: MONDAY + day * DAY_MS, hashes: [hashOf(`of ${day}`), hashOf('always there')] }],
      retention: [
        {
          videoId: 'a',
          dayMs: MONDAY + day * DAY_MS,
          first: new Array(PARTS).fill(day),
          again: new Array(PARTS).fill(1),
        },
      ],
      spreads: [
        {
          subject: 'va',
          quantity: 'startupMs',
          dimension: 'all',
          dayMs: MONDAY + day * DAY_MS,
          member: '',
          step: 40,
          count: 3,
        },
      ],
    })
    // From the second of March to the twentieth of May; April is whole, March is not.
    const given = [0, 29, 30, 45, 59, 60, 79]
    for (const day of given) await warehouse.add(app, `${day}-${day}`, ofDay(day))
    const ask = async () => ({
      sums: await warehouse.totals(app, 'va', days(1, 80), 'day'),
      countries: await warehouse.breakdown(app, 'va', days(1, 80), 'country', 10),
      one: await warehouse.members(app, 'va', days(1, 80), 'country', ['BR', 'nowhere']),
      viewers: await warehouse.viewers(app, 'va', days(1, 80)),
      curve: await warehouse.retention(app, 'a', days(1, 80)),
      spread: await warehouse.spreads(app, 'va', days(1, 80), 'startupMs', 'all'),
    })
    const before = await ask()
    expect([before.viewers, before.curve.first[7], before.spread.get('')?.get(40)]).toEqual([7, 302, 18])
    expect(before.one.map(({ member, measures }) => [member, measures[AT.views]])).toEqual([['BR', 12]])

    for (const month of ['2026-03-01', '2026-04-01', '2026-04-01']) await warehouse.closeMonth(app, Date.parse(month))
    expect(await ask()).toEqual(before)

    await warehouse.add(app, '46-46', ofDay(46))
    const later = await ask()
    expect([later.viewers, later.curve.first[7], later.spread.get('')?.get(40)]).toEqual([8, 348, 21])
    await warehouse.closeMonth(app, Date.parse('2026-04-01'))
    expect(await ask()).toEqual(later)
  })

  story('minutes are forgotten, hours are not; a subject is forgotten whole', async (warehouse, app) => {
    await warehouse.add(
      app,
      '1-1',
      intake({
        sums: [
          sum('va', 'minute', MONDAY, { views: 1 }),
          sum('va', 'minute', MONDAY + HOUR_MS, { views: 1 }),
          sum('va', 'hour', MONDAY, { views: 1 }),
          sum('vb', 'hour', MONDAY, { views: 1 }),
        ],
        viewers: [{ subject: 'va', dayMs: MONDAY, hashes: [hashOf('x')] }],
        retention: [{ videoId: 'a', dayMs: MONDAY, first: new Array(PARTS).fill(1), again: new Array(PARTS).fill(1) }],
      }),
    )

    await warehouse.forgetMinutes(app, MONDAY + HOUR_MS)
    expect((await warehouse.series(app, 'va', days(0, 1), 'minute')).length).toBe(1)
    expect((await warehouse.totals(app, 'va', days(0, 1), 'hour'))[AT.views]).toBe(1)

    await warehouse.forget(app, 'va')
    expect(await warehouse.totals(app, 'va', days(0, 1), 'hour')).toEqual(nothing())
    expect(await warehouse.viewers(app, 'va', days(0, 1))).toBe(0)
    expect((await warehouse.retention(app, 'a', days(0, 1))).first[0]).toBe(0)
    expect((await warehouse.totals(app, 'vb', days(0, 1), 'hour'))[AT.views]).toBe(1)
  })
}
