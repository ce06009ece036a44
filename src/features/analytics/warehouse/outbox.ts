/**
 * The outbox of a warehouse outside the platform's database: what is added goes into it in the transaction that marks the reports,
 * and is carried over afterwards, oldest first, by one process at a time. What was carried and not yet taken out when the process
 * died is carried again under the same name.
 */
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import { sql } from 'kysely'
import type { App } from '../../../platform/app.ts'
import type { Intake } from './warehouse.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
const PACKING = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const MOST_BYTES = 512 * 1024 * 1024
/** Any number, as long as everybody takes the same. */
const CARRYING = 7_216_011
const CARRIED_AT_ONCE = 20

export async function putInOutbox(app: App, batch: string, intake: Intake): Promise<void> {
  const body = await compress(JSON.stringify(intake), PACKING)
  await app.db.insertInto('warehouse_outbox').values({ batch, body }).execute()
}

/** Carries everything that waits; returns how many batches. Another process may be at it: then none. */
export async function carryOutbox(
  app: App,
  carry: (batches: { batch: string; intake: Intake }[]) => Promise<void>,
): Promise<number> {
  for (let sum = 0; ; ) {
    const count = await app.together(async (app) => {
      const { rows: held } = await sql<{
        held: boolean
      }>`select pg_try_advisory_xact_lock(${CARRYING}) as held`.execute(app.db)
      if (!held[0]!.held) return 0
      const rows = await app.db
        .selectFrom('warehouse_outbox')
        .select(['outbox_id', 'batch', 'body'])
        .orderBy('outbox_id')
        .limit(CARRIED_AT_ONCE)
        .execute()
      if (rows.length === 0) return 0
      const batches = await Promise.all(
        rows.map(async (row) => ({
          // The number makes the name one that nothing else ever has.
          batch: `${row.outbox_id}:${row.batch}`,
          intake: JSON.parse((await decompress(row.body, { maxOutputLength: MOST_BYTES })).toString()) as Intake,
        })),
      )
      await carry(batches)
      const ids = rows.map((row) => row.outbox_id)
      await app.db.deleteFrom('warehouse_outbox').where('outbox_id', 'in', ids).execute()
      return rows.length
    })
    if (count === 0) return sum
    sum += count
  }
}
