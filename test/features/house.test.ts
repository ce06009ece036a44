/** The house itself: what every test of a feature relies on. */
import { expect, test } from 'vitest'
import { openHouse } from '../support/house.ts'

test('a house knows its administrator, its members and who is nobody', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const boss = await house.admin()

  expect(await ana.call('me')).toMatchObject({ id: ana.id, name: 'Ana', role: 'member' })
  expect(await boss.call('me')).toMatchObject({ role: 'admin' })
  await expect(house.anyone.call('me')).rejects.toMatchObject({ code: 'sign_in_needed' })
  expect((await house.member('Ana')).id).not.toBe(ana.id)
})

test('two houses share nothing', async () => {
  await using one = await openHouse()
  await using two = await openHouse()
  await one.member('Ana')
  expect(await two.app.db.selectFrom('accounts').selectAll().execute()).toEqual([])
  expect(one.folder).not.toBe(two.folder)
})
