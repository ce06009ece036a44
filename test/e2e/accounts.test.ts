/** Accounts and staff in a real browser: letters, second factor, passkeys, reports and what becomes of them. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeAt, stepAt } from '../../src/features/accounts/totp.ts'
import type { Member } from '../support/house.ts'
import { keyFor } from '../support/letters.ts'
import { publishedBy } from '../support/published.ts'
import { accessFaults, openStage, type Stage, tooWide } from './browser.ts'

let stage: Stage
let boss: Member
let ana: Member

beforeAll(async () => {
  stage = await openStage()
  boss = await stage.house.admin()
  ana = await stage.house.member('Ana')
}, 120_000)
afterAll(() => stage?.close())

const fill = (page: Page, label: string, words: string, nth = 0) =>
  page.getByLabel(label, { exact: true }).nth(nth).fill(words)
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first().click()

async function signIn(page: Page, email: string, password: string) {
  await fill(page, 'E-mail address', email)
  await fill(page, 'Password', password)
  await page.locator('form').getByRole('button', { name: 'Sign in' }).click()
}

test('the pages of accounts and staff have no serious fault of accessibility, and fit on a phone', {
  timeout: 120_000,
}, async () => {
  const own = await stage.open(boss, { viewport: { width: 320, height: 700 } })
  const stranger = await stage.open(undefined, { viewport: { width: 360, height: 700 } })
  const look = async (page: Page, address: string) => {
    await page.goto(address)
    await page.locator('h1').first().waitFor()
    await page.waitForLoadState('networkidle')
    expect(await accessFaults(page), address).toEqual([])
    expect(await tooWide(page), address).toBe(0)
  }
  for (const address of ['/settings', '/moderation', '/admin', '/about']) await look(own.page, address)
  for (const address of ['/sign-in', '/forgotten', '/new-password', '/confirm']) await look(stranger.page, address)
  expect([...own.troubles, ...stranger.troubles]).toEqual([])
})

test('somebody who forgot the password sets a new one by the letter, and needs the code of the authenticator too', {
  timeout: 90_000,
}, async () => {
  const { page } = await stage.open(ana)
  await page.goto('/settings')
  const factor = page.getByRole('region', { name: 'Second factor' })
  await factor.getByLabel('Your password').fill(ana.password)
  await factor.getByRole('button', { name: 'Set up an authenticator' }).click()
  const text = (await factor.locator('pre').textContent()) ?? ''
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...text.replace(/\s/g, '')].map((it) => letters.indexOf(it).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((it) => Number.parseInt(it, 2)))
  await factor.getByLabel('Code').fill(codeAt(key, stepAt(Date.now())))
  await factor.getByRole('button', { name: 'Turn on' }).click()
  await factor.getByText('Each opens your account once').waitFor()
  const recovery = ((await factor.locator('pre').textContent()) ?? '').split('\n')
  expect(recovery).toHaveLength(10)

  const stranger = await stage.open()
  await stranger.page.goto('/sign-in')
  await stranger.page.getByRole('link', { name: 'Forgot your password?' }).click()
  // Both pages ask for an address: what is written before the next one has come is lost with this one.
  await stranger.page.getByRole('heading', { name: 'Forgot your password?' }).waitFor()
  await fill(stranger.page, 'E-mail address', ana.email)
  await press(stranger.page, 'Send the letter')
  await stranger.page.getByText('A letter is on its way').first().waitFor()
  const letter = await expect
    .poll(() => keyFor(stage.house, ana.email), { timeout: 10_000 })
    .toBeTruthy()
    .then(() => keyFor(stage.house, ana.email))
  await stranger.page.goto(`/new-password#${letter}`)
  await fill(stranger.page, 'New password', 'quite another horse')
  expect(new URL(stranger.page.url()).hash).toBe('')
  await press(stranger.page, 'Save')
  await stranger.page.getByText('You can sign in with it').waitFor()
  await stranger.page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
  await signIn(stranger.page, ana.email, 'quite another horse')
  await fill(stranger.page, 'Code of your authenticator, or a recovery code', recovery[0]!)
  await stranger.page.locator('form').getByRole('button', { name: 'Sign in' }).click()
  await stranger.page.getByRole('button', { name: 'Your account' }).waitFor()

  await page.goto('/settings')
  await page.waitForURL(/sign-in/)
})

test('a passkey is made and opens the account without a password', { timeout: 90_000 }, async () => {
  const bo = await stage.house.member('Bo')
  const { page, context } = await stage.open()
  // A passkey belongs to a name, not to a number.
  const site = stage.house.address.replace('127.0.0.1', 'localhost')
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await page.goto(`${site}/sign-in?to=/settings`)
  await signIn(page, bo.email, bo.password)
  const keys = page.getByRole('region', { name: 'Passkeys' })
  await keys.getByLabel('Name of the passkey').fill('My phone')
  await keys.getByLabel('Your password').fill(bo.password)
  await keys.getByRole('button', { name: 'Add a passkey' }).click()
  await keys.getByText('My phone').waitFor()

  await page.getByRole('button', { name: 'Your account' }).click()
  await press(page, 'Sign out')
  await page.waitForURL(`${site}/`)
  await page.goto(`${site}/sign-in?to=/settings`)
  await press(page, 'Sign in with a passkey')
  await page.getByRole('heading', { name: 'Settings' }).waitFor()
})

test('a video is reported, a moderator takes it away, and its owner reads why', { timeout: 90_000 }, async () => {
  const [owner, viewer] = [await stage.house.member('Olga'), await stage.house.member('Vic')]
  const videoId = await publishedBy(stage.house, owner, { title: 'Cheap pills' })

  const { page } = await stage.open(viewer)
  await page.goto(`/watch/${videoId}`)
  await press(page, 'Report')
  await page.getByLabel('Anything else the staff should know').fill('It sells pills')
  await press(page, 'Send the report')
  await page.getByRole('dialog').getByText('Thank you').waitFor()

  const staff = await stage.open(boss)
  await staff.page.goto('/moderation')
  const report = staff.page.getByRole('article').filter({ hasText: 'Cheap pills' })
  await report.getByText('It sells pills').waitFor()
  await report.getByLabel('Reason, which the owner reads').fill('We do not want pills here')
  await report.getByRole('button', { name: 'Take the video away' }).click()
  await report.waitFor({ state: 'detached' })

  await page.goto(`/watch/${videoId}`)
  await page.getByRole('heading', { name: 'Cheap pills' }).waitFor({ state: 'detached' })
  const own = await stage.open(owner)
  await own.page.goto(`/watch/${videoId}`)
  await own.page.getByText('We do not want pills here').first().waitFor()
})
