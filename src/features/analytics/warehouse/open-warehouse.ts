/** Chooses the warehouse: the platform's own database, unless the settings name a ClickHouse server. */
import type { App } from '../../../platform/app.ts'
import { clickhouseWarehouse } from './clickhouse-warehouse.ts'
import { postgresWarehouse } from './postgres-warehouse.ts'
import type { Warehouse } from './warehouse.ts'

/** Minutes are kept for this long; older times are told by hours and days. */
export const retentionOfMinutesMs = 3 * 86_400_000

const opened = new Map<string, Warehouse>()

export function warehouseOf(app: App): Warehouse {
  const address = app.config['analytics.clickhouse_url']
  if (address === '') return postgresWarehouse
  const known = opened.get(address) ?? clickhouseWarehouse(address)
  opened.set(address, known)
  return known
}
