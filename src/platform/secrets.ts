/**
 * Keys for signing. One random secret per platform lives in the database, so that every process of the platform signs
 * alike; keys for each purpose are derived from it by HKDF (RFC 5869) and never stored.
 */
import { hkdfSync, randomBytes } from 'node:crypto'
import type { Db } from './db/db.ts'

export interface Secrets {
  /** The 32-byte key for one purpose, such as `grants`. The same name gives the same key in every process. */
  of(purpose: string): Buffer
}

/** Reads the platform's secret, making it on the first start; two processes that start at once agree on one. */
export async function openSecrets(db: Db, now: Date): Promise<Secrets> {
  await db
    .insertInto('secrets')
    .values({ only_row: true, master: randomBytes(32), created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const { master } = await db.selectFrom('secrets').select('master').executeTakeFirstOrThrow()
  const keys = new Map<string, Buffer>()
  return {
    of(purpose) {
      const known = keys.get(purpose)
      if (known) return known
      const key = Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `vitascope ${purpose}`, 32))
      keys.set(purpose, key)
      return key
    },
  }
}
