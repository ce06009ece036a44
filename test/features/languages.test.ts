/** Everybody is written to in their own language: letters, pushes and the heads of pages, from the first word on. */
import { expect, test } from 'vitest'
import { LANGUAGES, type LanguageCode } from '../../src/contract/languages.ts'
import { tables } from '../../src/features/words/words.ts'
import { openHouse } from '../support/house.ts'
import { lettersOf } from '../support/letters.ts'
import { publishedBy } from '../support/published.ts'
import { openPushService } from '../support/push-service.ts'

const languages = Object.keys(LANGUAGES) as LanguageCode[]

test('who signs up in a browser of some language is written to in it, until they choose another', async () => {
  await using house = await openHouse()
  await house.admin()
  const signUp = (email: string, headers: Record<string, string>) =>
    house.anyone.fetch('/api/accounts', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
      body: JSON.stringify({ email, name: 'Hind', password: 'a harbour full of boats' }),
    })
  expect((await signUp('hind@example.org', { 'accept-language': 'ar-EG, en;q=0.5' })).status).toBe(200)
  // What was chosen on the site before counts for more than what the browser prefers.
  await signUp('jean@example.org', { 'accept-language': 'de', cookie: 'vitascope_language=fr' })
  await signUp('xu@example.org', { 'accept-language': 'zh' })

  const letters = await lettersOf(house)
  const subject = (to: string) => letters.find((it) => it.to === to)?.subject
  expect(subject('hind@example.org')).toBe('أكِّد عنوان بريدك الإلكتروني')
  expect(subject('jean@example.org')).toBe('Confirmez votre adresse e-mail')
  expect(subject('xu@example.org')).toBe('Confirm your e-mail address')
  expect(letters.find((it) => it.to === 'hind@example.org')?.text).toMatch(/لن يتغير شيء\.\n$/)
})

test('letters about an account and about its videos, and pushes, change with the language that is chosen', async () => {
  await using service = await openPushService()
  await using house = await openHouse({ settings: { 'webhooks.private_addresses': true } })
  const [ana, ben] = [await house.member('Ana'), await house.member('Ben')]
  const boss = await house.admin()
  await ben.call('addPush', { body: service.subscription('phone') })
  await ben.call('subscribe', { params: { handle: ana.channel.handle }, body: { notify: 'all' } })
  await ben.call('setNotificationSettings', {
    body: { items: [{ kind: 'new_video', inApp: true, byEmail: true, byPush: true }] },
  })

  for (const language of languages) {
    expect(await ben.call('editAccount', { body: { language } })).toMatchObject({ language, name: 'Ben' })
    await publishedBy(house, ana, { title: `Boats ${language}` })
    for (const role of ['moderator', 'member'] as const)
      await boss.call('changeAccount', { params: { accountId: ben.id }, body: { role } })
    await house.runJobs()
  }

  const mine = (await lettersOf(house)).filter((it) => it.to === ben.email)
  const notices = mine
    .filter((it) => it.text.includes('/forgotten'))
    .map((it) => `${it.subject}: ${it.text.split('\n')[0]}`)
  for (const language of languages) {
    const { 'letter.notice': subject, 'notice.role_moderator': first, 'notice.role_member': second } = tables[language]
    expect(notices).toEqual(expect.arrayContaining([`${subject}: ${first}`, `${subject}: ${second}`]))
  }
  expect(notices).toHaveLength(languages.length * 2)
  expect(mine.filter((it) => /Boats \w\w/.test(it.subject)).map((it) => it.subject)).toEqual([
    'Ana has published “Boats en”',
    'Ana hat „Boats de“ veröffentlicht',
    'Ana a publié « Boats fr »',
    'Ana ha publicado «Boats es»',
    'نشر \u2068Ana\u2069 «\u2068Boats ar\u2069»',
  ])
  const pushed = service.pushed.map((it) => it.message.title)
  expect(pushed).toContain('Ana hat „Boats de“ veröffentlicht')
  expect(pushed).toContain('نشر \u2068Ana\u2069 «\u2068Boats ar\u2069»')
})

test('the head of a page is in the language of whoever asks, and says which it is', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const head = async (path: string, language: string) =>
    (await (await house.anyone.fetch(path, { headers: { 'accept-language': language } })).text()).split('</head>')[0]!
  expect(await head('/history', 'es')).toContain('<title>Historial - Vitascope</title>')
  expect(await head('/', 'de')).toContain('<title>Vitascope: Videos ansehen und teilen</title>')
  expect(await head(`/@${ana.channel.handle}`, 'fr')).toContain('content="Vidéos de Ana sur Vitascope."')
  expect(await head('/no/such/page', 'ar')).toContain('<title>لا شيء هنا - Vitascope</title>')
})
