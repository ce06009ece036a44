/** Web push: browsers hear with their windows closed, in words only they can read, until they are signed out or gone. */
import { expect, test } from 'vitest'
import type { NotificationSetting } from '../../src/contract/notifications.ts'
import { fakeClock } from '../../src/platform/clock.ts'
import { type Member, openHouse } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'
import { openPushService, readSignature } from '../support/push-service.ts'

const settings = { 'webhooks.private_addresses': true, 'mail.from': 'Walks <walks@example.org>' }

async function setKind(who: Member, kind: NotificationSetting['kind'], byPush: boolean) {
  await who.call('setNotificationSettings', { body: { items: [{ kind, inApp: true, byEmail: false, byPush }] } })
}

test('a new video is pushed to every browser of a follower, encrypted for it and signed by the platform', async () => {
  await using service = await openPushService()
  await using house = await openHouse({ settings })
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const { key } = await ben.call('getPush')
  const { id } = await ben.call('addPush', { body: service.subscription('phone') })
  await ben.call('addPush', { body: service.subscription('desk') })
  await ben.call('addPush', { body: service.subscription('desk') })
  await ben.call('subscribe', { params: { handle: ana.channel.handle }, body: { notify: 'all' } })

  const videoId = await publishedBy(house, ana, { title: 'Über den Fluß 🌊' })
  await house.runJobs()

  expect(service.pushed.map((it) => it.path).sort()).toEqual(['/push/desk', '/push/phone'])
  const { headers, message } = service.pushed[0]!
  expect(message).toEqual({
    kind: 'new_video',
    title: 'Ana has published “Über den Fluß 🌊”',
    path: `/watch/${videoId}`,
    tag: `new_video ${videoId}`,
  })
  expect(headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '86400', urgency: 'normal' })
  expect(headers.topic).toMatch(/^[\w-]{1,32}$/)
  const signed = readSignature(headers.authorization!)
  expect(signed.key).toBe(key)
  expect(signed.claims).toMatchObject({ aud: service.origin, sub: 'mailto:walks@example.org' })
  expect(signed.claims.exp - Date.now() / 1000).toBeLessThan(86_400)
  const { items } = await ben.call('getPush')
  expect(items).toHaveLength(2)
  expect(items.find((it) => it.id === id)).toMatchObject({ current: true })
})

test('what is turned off is not pushed, nor to a browser that was signed out', async () => {
  await using service = await openPushService()
  await using house = await openHouse({ settings })
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)
  await house.runJobs()
  await ana.call('addPush', { body: service.subscription('phone') })
  const say = async (text: string) => {
    await ben.call('postComment', { params: { videoId }, body: { text } })
    await house.runJobs()
  }

  await say('Heard')
  await setKind(ana, 'comment', false)
  await say('Not heard')
  // A page that knows nothing of pushes changes nothing about them.
  await ana.call('setNotificationSettings', { body: { items: [{ kind: 'comment', inApp: true, byEmail: false }] } })
  await say('Not heard either')
  await setKind(ana, 'comment', true)
  await say('Heard again')
  expect(service.pushed.map((it) => it.message.text)).toEqual(['Heard', 'Heard again'])

  await ana.call('signOut')
  await say('Too late')
  expect(service.pushed).toHaveLength(2)
  expect(await house.app.db.selectFrom('push_windows').selectAll().execute()).toEqual([])
})

test('a browser that is gone is forgotten, one that cannot be reached is tried again', async () => {
  await using service = await openPushService([503, 201, 410])
  const clock = fakeClock()
  await using house = await openHouse({ settings, clock })
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const videoId = await publishedBy(house, ana)
  await house.runJobs()
  await ana.call('addPush', { body: service.subscription('phone') })

  await ben.call('postComment', { params: { videoId }, body: { text: 'First' } })
  await house.runJobs()
  clock.advance(3_600_000)
  await house.runJobs()
  expect(service.pushed.map((it) => it.message.text)).toEqual(['First', 'First'])
  expect((await ana.call('getPush')).items).toHaveLength(1)

  await ben.call('postComment', { params: { videoId }, body: { text: 'Second' } })
  await house.runJobs()
  expect((await ana.call('getPush')).items).toEqual([])
  await ben.call('postComment', { params: { videoId }, body: { text: 'Third' } })
  await house.runJobs()
  expect(service.pushed).toHaveLength(3)
})

test('pushes go to public https addresses, with keys that are keys, for the browser that asks', async () => {
  await using service = await openPushService()
  await using house = await openHouse()
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const good = { ...service.subscription('x'), endpoint: 'https://push.example.org/x' }
  const code = (body: typeof good, who = ana) =>
    who.call('addPush', { body }).then(
      () => 'taken',
      (thrown) => thrown.code,
    )

  expect(await code({ ...good, endpoint: 'https://127.0.0.1/x' })).toBe('address_forbidden')
  expect(await code({ ...good, endpoint: 'https://printer.local/x' })).toBe('address_forbidden')
  expect(await code({ ...good, endpoint: 'http://push.example.org/x' })).toBe('address_forbidden')
  expect(await code({ ...good, keys: { ...good.keys, p256dh: 'B'.padEnd(87, 'A') } })).toBe('bad_request')
  const { secret } = await ana.call('createToken', { body: { name: 'x', scopes: ['account'] } })
  const byToken = await house.anyone.fetch('/api/me/push', {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(good),
  })
  expect(byToken.status).toBe(401)

  expect(await code(good)).toBe('taken')
  const { items } = await ana.call('getPush')
  await ben.call('removePush', { params: { pushId: items[0]!.id } })
  expect((await ana.call('getPush')).items).toHaveLength(1)
  // The same browser, with somebody else signed in: what it takes is that one's now.
  expect(await code(good, ben)).toBe('taken')
  expect((await ana.call('getPush')).items).toEqual([])
  for (let n = 0; n < 19; n++) {
    const { endpoint } = good
    await house.app.db
      .insertInto('push_windows')
      .columns(['account_id', 'push_id', 'session_id', 'address', 'browser_key', 'browser_secret', 'created_at'])
      .expression((from) =>
        from
          .selectFrom('push_windows')
          .select(({ val }) => [
            'account_id',
            val(`filled${n}xx`).as('push_id'),
            'session_id',
            val(endpoint).as('address'),
            'browser_key',
            'browser_secret',
            'created_at',
          ])
          .where('push_id', '=', items[0]!.id),
      )
      .execute()
  }
  expect(await code({ ...good, endpoint: 'https://push.example.org/y' }, ben)).toBe('taken')
  expect((await ben.call('getPush')).items).toHaveLength(20)
})
