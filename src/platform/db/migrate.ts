/**
 * Brings a database to the shape this program knows: numbered SQL files, forward only, each in a transaction, one process
 * at a time. What was applied is written down with a hash, since a file that changed later was never applied anywhere.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'

const FOLDER = join(import.meta.dirname, '../../schema/migrations')
/** Any number, as long as everybody takes the same. */
const LOCK = 7_216_001

interface Migration {
  name: string
  sql: string
  hash: string
}

/** Applies what is missing and returns the names. Throws when an applied file is missing here or has changed. */
export async function migrate(url: string, folder: string = FOLDER): Promise<string[]> {
  const wanted = await readMigrations(folder)
  const client = new pg.Client({ connectionString: url, application_name: 'vitascope migrate' })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await client.query(
      'create table if not exists migrations (name text primary key, hash text not null, applied_at timestamptz not null default now())',
    )
    const { rows } = await client.query<{ name: string; hash: string }>(
      'select name, hash from migrations order by name',
    )
    const missing = missingOf(wanted, rows)
    for (const migration of missing) await apply(client, migration)
    return missing.map((migration) => migration.name)
  } finally {
    await client.end()
  }
}

/** Names of the migrations this database lacks, without applying them. Throws like `migrate`. */
export async function pendingMigrations(url: string, folder: string = FOLDER): Promise<string[]> {
  const wanted = await readMigrations(folder)
  const client = new pg.Client({ connectionString: url, application_name: 'vitascope doctor' })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows: tables } = await client.query("select 1 where to_regclass('migrations') is not null")
    if (tables.length === 0) return wanted.map((migration) => migration.name)
    const { rows } = await client.query<{ name: string; hash: string }>('select name, hash from migrations')
    return missingOf(wanted, rows).map((migration) => migration.name)
  } finally {
    await client.end()
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), 'utf8')
      return { name, sql, hash: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

function missingOf(wanted: Migration[], applied: { name: string; hash: string }[]): Migration[] {
  const known = new Map(wanted.map((migration) => [migration.name, migration.hash]))
  for (const { name, hash } of applied) {
    if (!known.has(name)) throw new Error(`The database was migrated by a newer program (${name}): start that one`)
    if (known.get(name) !== hash)
      throw new Error(`The migration ${name} has changed after it was applied: add a new file instead`)
  }
  const done = new Set(applied.map((it) => it.name))
  return wanted.filter((migration) => !done.has(migration.name))
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin')
  try {
    await client.query(migration.sql)
    await client.query('insert into migrations (name, hash) values ($1, $2)', [migration.name, migration.hash])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new Error(`The migration ${migration.name} does not apply: ${error instanceof Error ? error.message : error}`)
  }
}
