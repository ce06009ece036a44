/** The types of the tables are those that the migrations make. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tablesText } from '../../src/platform/db/tables-text.ts'
import { cloneDatabase, TEST_DATABASE } from '../support/cluster.ts'

test('src/schema/tables.ts equals what the migrations make; `node test/house/write-tables.ts` writes it', async () => {
  const database = await cloneDatabase(process.env[TEST_DATABASE]!)
  try {
    const written = await readFile(join(import.meta.dirname, '../../src/schema/tables.ts'), 'utf8')
    expect(await tablesText(database.url)).toBe(written)
  } finally {
    await database.drop()
  }
})
