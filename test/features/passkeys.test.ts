/** Passkeys: made by their owner, good on this site and once per challenge. */
import { expect, test } from 'vitest'
import { fakeClock } from '../../src/platform/clock.ts'
import { newAuthenticator } from '../support/authenticator.ts'
import { type House, type Member, openHouse } from '../support/house.ts'

async function withPasskey(house: House, member: Member, name = 'Phone') {
  const device = newAuthenticator()
  const options = await member.call('beginPasskey', { body: { password: member.password } })
  const response = device.create(options, house.address)
  const passkey = await member.call('addPasskey', { body: { name, response } })
  return { device, passkey, response }
}

test('a passkey is made and signs its account in, without a password', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const { device, passkey } = await withPasskey(house, ana)

  const options = await house.anyone.call('beginPasskeySignIn')
  const answer = await house.anyone.fetch('/api/session/passkey', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ response: device.get(options, house.address) }),
  })

  expect(answer.status).toBe(200)
  expect(((await answer.json()) as { id: string }).id).toBe(ana.id)
  expect(answer.headers.getSetCookie()[0]).toMatch(/HttpOnly; SameSite=Lax/)
  expect((await ana.call('listPasskeys')).items).toEqual([
    { id: passkey.id, name: 'Phone', created: passkey.created, lastUsed: expect.any(String) },
  ])
})

test('an answer is good once, for its own challenge, on this site, in time, and with the person there', async () => {
  const clock = fakeClock()
  await using house = await openHouse({ clock })
  const ana = await house.member('Ana')
  const { device } = await withPasskey(house, ana)
  const begin = () => house.anyone.call('beginPasskeySignIn')
  const enter = (response: Record<string, unknown>) => house.anyone.call('passkeySignIn', { body: { response } })
  const wrong = { code: 'passkey_wrong' }

  const used = device.get(await begin(), house.address)
  await enter(used)
  await expect(enter(used)).rejects.toMatchObject(wrong)
  await expect(enter(device.get({ challenge: 'bWFkZSB1cA' }, house.address))).rejects.toMatchObject(wrong)
  await expect(enter(device.get(await begin(), 'http://evil.example'))).rejects.toMatchObject(wrong)
  await expect(enter(device.get(await begin(), house.address, { verified: false }))).rejects.toMatchObject(wrong)
  await expect(enter(newAuthenticator().get(await begin(), house.address))).rejects.toMatchObject(wrong)
  const late = await begin()
  clock.advance(6 * 60_000)
  await expect(enter(device.get(late, house.address))).rejects.toMatchObject(wrong)
  for (const odd of [{}, { id: 7 }, { id: 'x', response: {} }]) await expect(enter(odd)).rejects.toMatchObject(wrong)
})

test('a challenge for one account makes no passkey for another, nor a sign-in', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const bo = await house.member('Bo')
  const { device, passkey } = await withPasskey(house, ana)

  const mine = await ana.call('beginPasskey', { body: { password: ana.password } })
  const response = newAuthenticator().create(mine, house.address)
  await expect(bo.call('addPasskey', { body: { name: 'x', response } })).rejects.toMatchObject({
    code: 'passkey_wrong',
  })
  await expect(
    house.anyone.call('passkeySignIn', { body: { response: device.get(mine, house.address) } }),
  ).rejects.toMatchObject({ code: 'passkey_wrong' })
  await expect(ana.call('beginPasskey', { body: {} })).rejects.toMatchObject({ code: 'password_needed' })
  await expect(bo.call('removePasskey', { params: { passkeyId: passkey.id } })).rejects.toMatchObject({
    code: 'not_found',
  })

  await ana.call('removePasskey', { params: { passkeyId: passkey.id } })
  const options = await house.anyone.call('beginPasskeySignIn')
  await expect(
    house.anyone.call('passkeySignIn', { body: { response: device.get(options, house.address) } }),
  ).rejects.toMatchObject({ code: 'passkey_wrong' })
})
