/** Server, worker and database are killed while players report: nothing acknowledged is lost, nothing counts twice. */
import { expect, test } from 'vitest'
import { stormOfKills } from '../support/kill-storm.ts'

test('what was acknowledged is counted once, whatever is killed', async () => {
  const { kills, acknowledged, repeated, promised, counted } = await stormOfKills(6)

  expect(kills).toEqual({ server: 2, worker: 2, database: 2 })
  expect(acknowledged).toBeGreaterThan(100)
  expect(repeated).toBeGreaterThan(10)
  expect(counted).toEqual(promised)
}, 240_000)
