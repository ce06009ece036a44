/** Leaving: everything in one file, and deletion that can be taken back until it happens. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { deleteDueAccounts } from '../../src/features/farewell/farewell.ts'
import { EXPORTED_TABLES } from '../../src/features/farewell/store.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { openHouse } from '../support/house.ts'

const DAY_MS = 86_400_000

test('every table of accounts is exported, or is one of those that hold nothing of their own', async () => {
  await using house = await openHouse()
  const { rows } = await sql<{ table_name: string }>`
    select table_name from information_schema.columns
    where column_name = 'account_id' and table_schema = 'public' order by 1
  `.execute(house.app.db)

  // Keys and challenges; the book of staff and what is said in reports are the platform's; experiments name nobody else.
  const kept = [
    'account_letters',
    'recovery_codes',
    'passkey_challenges',
    'staff_acts',
    'report_words',
    'recommend_resets',
  ]
  const all = rows.map((row) => row.table_name)
  expect(all.length).toBeGreaterThan(20)
  expect(all.filter((name) => !kept.includes(name)).sort()).toEqual([...EXPORTED_TABLES].sort())
})

test('the export holds what one has and no secret, and nothing of others', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const bo = await house.member('Bo')
  const { id } = await ana.call('createVideo', { body: { title: 'My film' } })
  await bo.call('createVideo', { body: { title: 'Other film' } })
  const token = await ana.call('createToken', { body: { name: 'script' } })

  const answer = await ana.fetch('/api/me/export')
  const text = await answer.text()
  const all = JSON.parse(text) as Record<string, Record<string, unknown>[]>

  expect(answer.headers.get('content-disposition')).toContain('attachment')
  expect(all.accounts).toEqual([expect.objectContaining({ account_id: ana.id, email: ana.email })])
  expect(all.videos).toEqual([expect.objectContaining({ video_id: id, title: 'My film' })])
  expect(all.sessions).toHaveLength(1)
  expect(text).not.toMatch(/argon2|secret_hash|password_hash|Other film/)
  expect(text).not.toContain(token.secret)
  expect((await house.anyone.fetch('/api/me/export')).status).toBe(401)
})

test('a deletion can be taken back for two weeks, and then everything is gone, files and all', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const { id } = await ana.call('createVideo', { body: { title: 'My film' } })
  await house.app.blobs.put(`videos/${id}/thumbnail.jpg`, Buffer.from('picture'))

  await expect(ana.call('deleteAccount', { body: {} })).rejects.toMatchObject({ code: 'password_needed' })
  await ana.call('deleteAccount', { body: { password: ana.password } })
  await ana.call('keepAccount')
  clock.advance(20 * DAY_MS)
  await deleteDueAccounts(house.app)
  expect((await ana.call('me')).id).toBe(ana.id)

  await ana.call('deleteAccount', { body: { password: ana.password } })
  clock.advance(13 * DAY_MS)
  await deleteDueAccounts(house.app)
  expect((await ana.call('me')).deleteAfter).toBeDefined()
  clock.advance(2 * DAY_MS)
  await deleteDueAccounts(house.app)
  await house.runJobs()

  await expect(ana.call('me')).rejects.toMatchObject({ code: 'sign_in_needed' })
  await expect(house.anyone.call('getVideo', { params: { videoId: id } })).rejects.toMatchObject({
    code: 'video_not_found',
  })
  expect(await house.app.blobs.head(`videos/${id}/thumbnail.jpg`)).toBeUndefined()
  for (const name of EXPORTED_TABLES) {
    const { rows } = await sql`select 1 from ${sql.table(name)} where account_id = ${ana.id}`.execute(house.app.db)
    expect([name, rows.length]).toEqual([name, 0])
  }
})

test('the last administrator cannot leave, and of two who leave at once one stays', async () => {
  await using house = await openHouse()
  const boss = await house.admin()
  await expect(boss.call('deleteAccount', { body: { password: boss.password } })).rejects.toMatchObject({
    code: 'last_admin',
  })

  const ana = await house.member('Ana')
  await house.app.db.updateTable('accounts').set({ role: 'admin' }).where('account_id', '=', ana.id).execute()
  const both = await Promise.allSettled(
    [boss, ana].map((it) => it.call('deleteAccount', { body: { password: it.password } })),
  )
  expect(both.map((it) => it.status).sort()).toEqual(['fulfilled', 'rejected'])
})
