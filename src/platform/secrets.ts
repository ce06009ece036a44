/**
 * Keys that all processes of one platform share: for grants, playback tokens, anything signed. Each is derived by name
 * from the root secret in the database (HKDF, RFC 5869), so a key of one purpose says nothing about another's, and
 * nothing has to be made on first use.
 */
import { hkdfSync } from 'node:crypto'
import { sql } from 'kysely'
import type { App } from './app.ts'

const KEY_BYTES = 32

/** The root secret of every open app, by its settings: those are one object per app, also inside a transaction. */
const roots = new WeakMap<App['config'], Promise<Buffer>>()

/** The key named `name`: 32 bytes, the same in every process and after every restart. One query per process, ever. */
export async function secret(app: Pick<App, 'config' | 'db'>, name: string): Promise<Buffer> {
  let root = roots.get(app.config)
  if (!root) {
    root = readRoot(app)
    roots.set(app.config, root)
    root.catch(() => roots.delete(app.config))
  }
  return Buffer.from(hkdfSync('sha256', await root, '', `vitascope ${name}`, KEY_BYTES))
}

async function readRoot(app: Pick<App, 'db'>): Promise<Buffer> {
  const { rows } = await sql<{ secret: Buffer }>`select secret from secrets where name = 'root'`.execute(app.db)
  const found = rows[0]
  if (!found) throw new Error('the table of secrets holds no root secret: the migrations have not run')
  return found.secret
}
