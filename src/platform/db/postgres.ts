/** A pool of connections to PostgreSQL, with typed SQL over it. */
import { strict as assert } from 'node:assert'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Log } from '../log.ts'
import type { Db } from './db.ts'
import { patient } from './patient.ts'
import { limitsInText, preparing } from './prepared.ts'

/** Object ids of types (pg_type), which are the same in every PostgreSQL. */
const INT8 = 20
const NUMERIC = 1700
const INT8_ARRAY = 1016

/** Counts and sizes fit 2^53, and one that does not is a fault rather than a rounded number. */
function readWhole(text: string): number {
  const value = Number(text)
  assert(Number.isSafeInteger(value), `${text} does not fit a number`)
  return value
}

// Sums of bigint are numeric in SQL; nothing here needs more than a double holds.
const parsers: Record<number, (text: string) => unknown> = {
  [INT8]: readWhole,
  [NUMERIC]: Number,
  [INT8_ARRAY]: (text) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(readWhole)),
}

/** How values are read: bigint and numeric as numbers, timestamptz as Date, json parsed, the rest as pg does. */
export const types: pg.CustomTypesConfig = {
  // biome-ignore lint/suspicious/noExplicitAny: the type of pg's own overloads
  getTypeParser: (oid: any, format?: any) =>
    (format !== 'binary' && parsers[oid]) || pg.types.getTypeParser(oid, format),
}

export interface OpenPostgres {
  db: Db
  pool: pg.Pool
  close(): Promise<void>
}

/** Opens at most `connections` to the database at `url`, as they are needed; with `prepared` they prepare what recurs. */
export function openPostgres(url: string, connections: number, log: Log, prepared = true): OpenPostgres {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    types,
    application_name: 'vitascope',
    keepAlive: true,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: 15_000,
  })
  // An idle connection that is cut (the server restarts) tells it here; unheard, it would end the process.
  pool.on('error', (error) => log.warn({ error: error.message }, 'idle database connection lost'))
  // One that is cut while it is lent tells its borrower by a rejected query, and here; that must end neither.
  const prepare = prepared ? preparing() : undefined
  pool.on('connect', (client) => {
    askByCallback(client)
    prepare?.teach(client)
    client.on('error', (error) => log.warn({ error: error.message }, 'database connection lost'))
  })
  const db: Db = new Kysely({ dialect: new PostgresDialect({ pool: patient(pool) }), plugins: [limitsInText] })
  return { db, pool, close: () => db.destroy() }
}

/**
 * Makes a connection be asked with a callback where a promise is wanted. Left to itself pg assigns a function to a property of the query then,
 * and where a function is written right there V8 makes it among the old things: all that it holds, rows included, would stay until a
 * collection of everything.
 */
function askByCallback(client: pg.PoolClient): void {
  const ask = client.query.bind(client) as unknown as (...given: unknown[]) => unknown
  const query = (...given: unknown[]) => {
    const [question, values] = given
    const isOfItsOwn = typeof question === 'object' && question !== null && 'submit' in question
    if (isOfItsOwn || given.length > 2 || typeof values === 'function') return ask(...given)
    return new Promise((resolve, reject) => {
      ask(question, values, (error: Error | null, result: pg.QueryResult) => (error ? reject(error) : resolve(result)))
    })
  }
  client.query = query as typeof client.query
}

/** Makes the database that `url` names on its server, unless it is there. */
export async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    await client.end()
    return
  } catch (error) {
    await client.end().catch(() => {})
    // 3D000: invalid_catalog_name (PostgreSQL manual, appendix A).
    if ((error as { code?: string }).code !== '3D000') throw error
  }
  await onServer(url, `create database ${pg.escapeIdentifier(databaseName(url))}`)
}

/** Runs one statement in the server's own database: for making and dropping others. */
export async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: withDatabase(url, 'postgres') })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** The same server, another database. */
export function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${encodeURIComponent(name)}`
  return changed.href
}

function databaseName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1))
}
