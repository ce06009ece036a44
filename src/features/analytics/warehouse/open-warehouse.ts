/** Chooses the warehouse: the platform's own database, until an operator names another. */
import type { App } from '../../../platform/app.ts'
import { postgresWarehouse } from './postgres-warehouse.ts'
import type { Warehouse } from './warehouse.ts'

/** Minutes are kept for this long; older times are told by hours and days. */
export const retentionOfMinutesMs = 3 * 86_400_000

export function warehouseOf(_app: App): Warehouse {
  return postgresWarehouse
}
