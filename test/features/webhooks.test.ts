/** Webhooks: told once, signed, tried again, never led inside, and nobody else's to see. */
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { fakeClock } from '../../src/platform/clock.ts'
import { openHouse } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'

interface Heard {
  headers: IncomingHttpHeaders
  body: string
}

/** Somebody who listens, and answers with what `answers` holds next. */
async function listener(answers: number[] = []) {
  const heard: Heard[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      heard.push({ headers: request.headers, body })
      response.writeHead(answers.shift() ?? 200, { location: 'http://127.0.0.1:1/' }).end('heard\u0007')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    heard,
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const settings = { 'webhooks.private_addresses': true }

test('a published video and a comment are told, signed so that nobody else can say it', async () => {
  await using there = await listener()
  await using house = await openHouse({ settings })
  const [ana, bo] = [await house.member('Ana'), await house.member('Bo')]
  const { id, secret } = await ana.call('createWebhook', {
    body: { address: there.address, events: ['video.published', 'comment.created'] },
  })
  await bo.call('createWebhook', { body: { address: there.address, events: ['video.published'] } })

  const videoId = await publishedBy(house, ana)
  await bo.call('postComment', { params: { videoId }, body: { text: 'Hello' } })
  await house.runJobs()

  expect(there.heard.map((it) => JSON.parse(it.body).type).sort()).toEqual(['comment.created', 'video.published'])
  const published = there.heard.find((it) => it.body.includes('video.published'))!
  expect(JSON.parse(published.body).data).toEqual({ video: { id: videoId, title: 'A walk' } })
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  for (const { headers, body } of there.heard) {
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
  }
  const { items } = await ana.call('listDeliveries', { params: { webhookId: id } })
  expect(items.map((it) => [it.state, it.status, it.attempts, it.said])).toEqual(
    Array(2).fill(['delivered', 200, 1, 'heard ']),
  )
  const kept = JSON.stringify(await house.app.db.selectFrom('webhooks').selectAll().execute())
  expect(kept).not.toContain(key.toString('base64'))
  expect(kept).not.toContain(key.toString('base64url'))
})

test('what was not heard is told again, later and later, and redirects are not followed', async () => {
  await using there = await listener([500, 302, 200])
  const clock = fakeClock()
  await using house = await openHouse({ settings, clock })
  const ana = await house.member('Ana')
  const { id } = await ana.call('createWebhook', { body: { address: there.address, events: ['video.published'] } })
  await publishedBy(house, ana)

  await house.runJobs()
  expect(there.heard).toHaveLength(1)
  clock.advance(6_000)
  await house.runJobs()
  expect(there.heard).toHaveLength(2)
  clock.advance(10_000)
  await house.runJobs()
  expect(there.heard).toHaveLength(2)
  clock.advance(60_000)
  await house.runJobs()

  expect(there.heard).toHaveLength(3)
  expect(new Set(there.heard.map((it) => it.headers['webhook-id'])).size).toBe(1)
  const params = { webhookId: id }
  const { items } = await ana.call('listDeliveries', { params })
  expect(items[0]).toMatchObject({ state: 'delivered', attempts: 3 })
  await ana.call('redeliver', { params: { ...params, deliveryId: items[0]!.id } })
  await house.runJobs()
  expect(there.heard).toHaveLength(4)
})

test('who says it is gone is asked no more', async () => {
  await using there = await listener([410])
  await using house = await openHouse({ settings })
  const ana = await house.member('Ana')
  await ana.call('createWebhook', { body: { address: there.address, events: ['video.published'] } })
  await publishedBy(house, ana)
  await house.runJobs()
  await publishedBy(house, ana)
  await house.runJobs()

  expect(there.heard).toHaveLength(1)
  expect((await ana.call('listWebhooks')).items[0]).toMatchObject({ active: false })
})

test('webhooks go to public addresses only, and are nobody else’s to see or change', async () => {
  await using there = await listener()
  await using house = await openHouse()
  const [ana, bo] = [await house.member('Ana'), await house.member('Bo')]
  for (const address of [
    there.address,
    'http://localhost:1/',
    'http://169.254.169.254/',
    'http://[::1]/',
    'http://2130706433/',
  ])
    await expect(ana.call('createWebhook', { body: { address, events: ['video.ready'] } })).rejects.toMatchObject({
      code: 'address_forbidden',
    })
  const { id } = await ana.call('createWebhook', {
    body: { address: 'https://hooks.example.org/', events: ['video.ready'] },
  })
  const params = { webhookId: id }
  await expect(ana.call('changeWebhook', { params, body: { address: 'http://10.0.0.1/' } })).rejects.toMatchObject({
    code: 'address_forbidden',
  })
  // Put there behind our back, it is still not followed.
  await house.app.db
    .updateTable('webhooks')
    .set({ address: there.address, events: ['video.published'] })
    .execute()
  await publishedBy(house, ana)
  await house.runJobs()
  expect(there.heard).toEqual([])
  expect((await ana.call('listDeliveries', { params })).items[0]?.said).toContain('must not go')

  for (const stranger of [
    () => bo.call('changeWebhook', { params, body: { active: false } }),
    () => bo.call('removeWebhook', { params }),
    () => bo.call('listDeliveries', { params }),
    () => bo.call('redeliver', { params: { ...params, deliveryId: 'x'.repeat(32) } }),
  ])
    await expect(stranger()).rejects.toMatchObject({ code: 'webhook_not_found' })
  await ana.call('removeWebhook', { params })
})
