/** The warehouse in the platform's own database keeps the promises of the port. */
import { expect, test } from 'vitest'
import { postgresWarehouse } from '../../src/features/analytics/warehouse/postgres-warehouse.ts'
import { AT, nothing } from '../../src/features/analytics/warehouse/warehouse.ts'
import { openPlatform } from '../support/house.ts'
import { warehouseSuite } from './warehouse.ts'

warehouseSuite('postgres', async () => {
  const { app, close } = await openPlatform()
  return { warehouse: postgresWarehouse, app, [Symbol.asyncDispose]: close }
})

test('postgres: what is added in a transaction that fails is not there', async () => {
  await using platform = await openPlatform()
  const measures = nothing()
  measures[AT.views] = 1
  const row = { subject: 'va', dimension: 'all', grain: 'day', atMs: 0, member: '', measures } as const
  const failing = platform.app.together(async (app) => {
    await postgresWarehouse.add(app, '1-1', { sums: [row], viewers: [], retention: [], spreads: [] })
    throw new Error('the power is gone')
  })
  await expect(failing).rejects.toThrow('the power is gone')
  expect(await postgresWarehouse.totals(platform.app, 'va', { fromMs: 0, toMs: 1 }, 'day')).toEqual(nothing())
})
