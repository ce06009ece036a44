/**
 * The warehouse in ClickHouse keeps the promises of the port, on a real server. Where none is installed, that is said and nothing
 * is tested. Debian's is 18.16; what younger servers can do besides is not used.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clickhouseWarehouse } from '../../src/features/analytics/warehouse/clickhouse-warehouse.ts'
import { AT, nothing, type Warehouse } from '../../src/features/analytics/warehouse/warehouse.ts'
import { literal, openClickHouse } from '../../src/platform/clickhouse.ts'
import { type ClickHouseServer, clickhouseProgram, startClickHouse } from '../support/clickhouse.ts'
import { openPlatform } from '../support/house.ts'
import { warehouseSuite } from './warehouse.ts'

describe.skipIf(clickhouseProgram === undefined)('with a server (Debian package clickhouse-server)', () => {
  let server: ClickHouseServer
  beforeAll(async () => {
    server = await startClickHouse(clickhouseProgram!)
  }, 60_000)
  afterAll(() => server?.close())

  warehouseSuite('clickhouse', async () => {
    const { app, close } = await openPlatform()
    const warehouse = clickhouseWarehouse(await server.newDatabase())
    const settled: Warehouse = {
      ...warehouse,
      async add(app, batch, intake) {
        await warehouse.add(app, batch, intake)
        await warehouse.settle(app)
      },
    }
    return { warehouse: settled, app, [Symbol.asyncDispose]: close }
  })

  const row = { subject: 'va', dimension: 'all', grain: 'day', atMs: 0, member: '', measures: nothing() } as const
  row.measures[AT.views] = 1
  const intake = {
    sums: [row],
    viewers: [{ subject: 'va', dayMs: 0, hashes: [12345] }],
    retention: [{ videoId: 'a', dayMs: 0, first: new Array(100).fill(1), again: new Array(100).fill(0) }],
    spreads: [{ subject: 'va', quantity: 'startupMs', dimension: 'all', dayMs: 0, member: '', step: 4, count: 2 }],
  }
  const day = { fromMs: 0, toMs: 86_400_000 }

  test('a batch that is carried over again, for its carrier died, counts once', async () => {
    await using platform = await openPlatform()
    const { app } = platform
    const warehouse = clickhouseWarehouse(await server.newDatabase())
    await warehouse.add(app, '1-1', intake)
    for (let death = 0; death < 3; death++) {
      const dying = app.together(async (app) => {
        await warehouse.settle(app)
        throw new Error('killed before the outbox was emptied')
      })
      await expect(dying).rejects.toThrow('killed')
    }
    await warehouse.settle(app)
    expect(await warehouse.settle(app)).toBe(0)

    expect((await warehouse.totals(app, 'va', day, 'day'))[AT.views]).toBe(1)
    expect(await warehouse.viewers(app, 'va', day)).toBe(1)
    expect((await warehouse.retention(app, 'a', day)).first[0]).toBe(1)
    expect((await warehouse.spreads(app, 'va', day, 'startupMs', 'all')).get('')?.get(4)).toBe(2)
    // The same sums under another name are other sums.
    await warehouse.add(app, '2-2', intake)
    await warehouse.settle(app)
    expect((await warehouse.totals(app, 'va', day, 'day'))[AT.views]).toBe(2)
  })

  test('what is added in a transaction that fails is never carried over', async () => {
    await using platform = await openPlatform()
    const warehouse = clickhouseWarehouse(await server.newDatabase())
    const failing = platform.app.together(async (app) => {
      await warehouse.add(app, '1-1', intake)
      throw new Error('the power is gone')
    })
    await expect(failing).rejects.toThrow('the power is gone')
    expect(await warehouse.settle(platform.app)).toBe(0)
    expect(await warehouse.totals(platform.app, 'va', day, 'day')).toEqual(nothing())
  })

  test('no text gets out of its quotes', async () => {
    const client = openClickHouse(await server.newDatabase())
    for (const text of ["'", "\\'", '\\', "' or 1=1 --", 'tab\t\n\r\0end', 'гитара 音楽', "\\\\' union all select 1"])
      expect(await client.rows(`select ${literal(text)}`)).toEqual([[text]])
  })
})
