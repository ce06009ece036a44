/** The port of the database: any PostgreSQL from 15 on, spoken to through typed SQL. */
import type { Kysely } from 'kysely'
import type { Tables } from '../../schema/tables.ts'

/** The database, or a transaction in it; features cannot tell and need not. */
export type Db = Kysely<Tables>
