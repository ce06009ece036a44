/** Administration in the browser: accounts, jobs, space, health, and the book of what was done. */
import { expect, test } from 'vitest'
import { openHouse } from '../support/house.ts'
import { lettersOf } from '../support/letters.ts'

test('an administrator finds accounts, and changes their role and quota', async () => {
  await using house = await openHouse()
  const boss = await house.admin()
  const [ana, bo] = [await house.member('Ana 100%'), await house.member('Bo')]

  const all = await boss.call('listAccounts', { query: { limit: 2 } })
  expect(all.items.map((it) => it.id)).toEqual([bo.id, ana.id])
  const rest = await boss.call('listAccounts', { query: { limit: 2, after: all.next! } })
  expect(rest.items.map((it) => it.id)).toEqual([boss.id])
  expect((await boss.call('listAccounts', { query: { query: '0%' } })).items.map((it) => it.id)).toEqual([ana.id])
  expect((await boss.call('listAccounts', { query: { query: '_' } })).items).toEqual([])

  const params = { accountId: ana.id }
  const changed = await boss.call('changeAccount', { params, body: { role: 'moderator', quotaBytes: 5 } })
  expect(changed).toMatchObject({ role: 'moderator', quotaBytes: 5, videos: 0 })
  expect((await ana.call('listReports')).items).toEqual([])
  expect((await lettersOf(house)).some((it) => it.to === ana.email && it.text.includes('moderator'))).toBe(true)
  await expect(
    boss.call('changeAccount', { params: { accountId: boss.id }, body: { role: 'member' } }),
  ).rejects.toMatchObject({ code: 'last_admin' })
  expect((await boss.call('listStaffActs')).items[0]).toMatchObject({
    act: 'account.change',
    by: { id: boss.id, name: 'Boss' },
    subject: { kind: 'account', id: ana.id },
    detail: { role: 'moderator', quotaBytes: 5, was: 'member' },
  })
})

test('of two administrators who take each other’s role at once, one stays', async () => {
  await using house = await openHouse()
  const boss = await house.admin()
  const ana = await house.member('Ana')
  await boss.call('changeAccount', { params: { accountId: ana.id }, body: { role: 'admin' } })

  const both = await Promise.allSettled([
    boss.call('changeAccount', { params: { accountId: ana.id }, body: { role: 'member' } }),
    ana.call('changeAccount', { params: { accountId: boss.id }, body: { role: 'member' } }),
  ])

  expect(both.filter((it) => it.status === 'fulfilled').length).toBeLessThanOrEqual(1)
  const left = await house.app.db.selectFrom('accounts').select('role').where('role', '=', 'admin').execute()
  expect(left.length).toBeGreaterThanOrEqual(1)
})

test('an account is signed out with its scripts, loses its second factor, and is deleted', async () => {
  await using house = await openHouse()
  const boss = await house.admin()
  const ana = await house.member('Ana')
  const { secret } = await ana.call('createToken', { body: { name: 'script' } })
  const { id: videoId } = await ana.call('createVideo', { body: { title: 'x' } })
  const params = { accountId: ana.id }

  await boss.call('signOutAccount', { params })
  await expect(ana.call('me')).rejects.toMatchObject({ code: 'sign_in_needed' })
  const bearer = await house.anyone.fetch('/api/me', { headers: { authorization: `Bearer ${secret}` } })
  expect(bearer.status).toBe(401)
  await boss.call('resetSecondFactor', { params })
  expect((await boss.call('listEveryVideo')).items.map((it) => it.id)).toEqual([videoId])
  await boss.call('removeAccount', { params })
  await expect(boss.call('getAccount', { params })).rejects.toMatchObject({ code: 'account_not_found' })
  expect((await boss.call('listEveryVideo')).items).toEqual([])
  await expect(boss.call('removeAccount', { params: { accountId: boss.id } })).rejects.toMatchObject({
    code: 'not_allowed',
  })
})

test('parked jobs are shown with their reason and tried again; others are hurried or taken away', async () => {
  await using house = await openHouse()
  const boss = await house.admin()
  await house.runJobs()
  const add = (state: 'waiting' | 'parked', key: string) =>
    house.app.db
      .insertInto('jobs')
      .values({
        name: 'videos.sweep',
        key,
        lane: 'quick',
        priority: 0,
        input: JSON.stringify({ videoId: 'gone00000000', keys: [], stagingKeys: [], email: 'private@example.org' }),
        state,
        run_after: new Date(),
        attempts: 20,
        reason: state === 'parked' ? 'the disk was full' : null,
        created_at: new Date(),
      })
      .returning('job_id')
      .executeTakeFirstOrThrow()
  const parked = String((await add('parked', 'one')).job_id)
  const waiting = String((await add('waiting', 'two')).job_id)

  const shown = await boss.call('listJobs')
  expect(shown.items).toEqual([expect.objectContaining({ id: parked, reason: 'the disk was full', attempts: 20 })])
  expect(JSON.stringify(shown)).not.toContain('private@example.org')
  expect(shown.counts).toContainEqual({ lane: 'quick', state: 'parked', count: 1 })
  await boss.call('changeJob', { params: { jobId: waiting }, body: { priority: 50 } })
  expect((await boss.call('listJobs', { query: { state: 'waiting' } })).items[0]).toMatchObject({ priority: 50 })
  await boss.call('cancelJob', { params: { jobId: waiting } })
  await boss.call('changeJob', { params: { jobId: parked }, body: { retry: true } })
  await expect(boss.call('changeJob', { params: { jobId: parked }, body: { retry: true } })).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(await house.runJobs()).toBe(1)
  expect((await boss.call('listJobs')).items).toEqual([])
})

test('space, health, settings and announcements', async () => {
  await using house = await openHouse()
  const boss = await house.admin()
  const ana = await house.member('Ana')

  expect(await boss.call('getSpace')).toMatchObject({ sourceBytes: 0, renditionBytes: 0, byRendition: [] })
  const health = await boss.call('getHealth')
  expect(health).toMatchObject({ accounts: 2, videos: 0, mail: 'files' })
  expect(health.warnings).toContain('mail_to_files')
  await boss.call('setSiteSettings', { body: { name: 'Film Club', terms: 'Be kind.' } })
  const note = await boss.call('announce', { body: { words: 'Closed on Sunday' } })
  await boss.call('announce', { body: { words: 'Later', from: new Date(Date.now() + 86_400_000).toISOString() } })
  const site = await house.anyone.call('getSite')
  expect(site).toMatchObject({ name: 'Film Club', terms: 'Be kind.', signUp: 'open' })
  expect(site.announcements.map((it) => it.words)).toEqual(['Closed on Sunday'])
  await boss.call('withdrawAnnouncement', { params: { announcementId: note.id } })
  expect((await house.anyone.call('getSite')).announcements).toEqual([])
  await expect(ana.call('setSiteSettings', { body: { name: 'Mine' } })).rejects.toMatchObject({ code: 'not_allowed' })
})
