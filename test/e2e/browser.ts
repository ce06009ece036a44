/** A real browser on a real house: what journeys walk through. The house has workers, so videos become watchable. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { type House, type Member, openHouse } from '../support/house.ts'

const ROOT = join(import.meta.dirname, '../..')
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
]

export interface Tab {
  page: Page
  context: BrowserContext
  /** What went wrong in the page: exceptions, and errors written to its console. */
  troubles: string[]
}

export interface Stage extends AsyncDisposable {
  house: House
  /** Opens a tab of its own browser profile, until the test is over; with a member, signed in as this one. */
  open(who?: Member, options?: BrowserContextOptions): Promise<Tab>
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  await buildPages()
  const executablePath = CHROMIUM.find((path) => existsSync(path))
  if (!executablePath) throw new Error('Journeys need Chromium: apt-get install chromium')
  const [house, browser] = await Promise.all([
    openHouse({ workers: true }),
    chromium.launch({ executablePath, args: ARGUMENTS }),
  ])
  const close = async () => {
    await browser.close()
    await house.close()
  }
  return { house, close, open: (who, options) => openTab(house, browser, who, options), [Symbol.asyncDispose]: close }
}

async function openTab(
  house: House,
  browser: Browser,
  who?: Member,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({ baseURL: house.address, locale: 'en-GB', ...options })
  context.setDefaultTimeout(45_000)
  // What plays on in it would take from those that are opened next.
  onTestFinished(() => context.close())
  if (who) {
    const cookies = who.cookie.split('; ').map((pair) => {
      const [name = '', value = ''] = pair.split('=')
      return { name, value, url: house.address }
    })
    await context.addCookies(cookies)
  }
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('pageerror', (error) => troubles.push(String(error.stack ?? error)))
  page.on('console', (message) => {
    // An answer that says no is part of some journeys; the page shows it, and the browser logs it all the same.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      troubles.push(message.text())
  })
  return { page, context, troubles }
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

interface Violation {
  id: string
  impact: string
  nodes: { html: string; failureSummary?: string }[]
}

/** Serious faults of accessibility on the page as it is now, one line each. */
export async function accessFaults(page: Page): Promise<string[]> {
  // Evaluated by the debugger and not as a script of the page, so the page's own policy may stay as strict as it is. Once for each page.
  if (!(await page.evaluate<boolean>(`'axe' in window`)))
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
  const found = await page.evaluate<{ violations: Violation[] }>(
    `axe.run(${JSON.stringify({ runOnly: RULES, resultTypes: ['violations'] })})`,
  )
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} (${node.failureSummary ?? ''})`))
}

/** How many pixels a page is wider than its window; 0 where nothing has to be scrolled sideways. */
export async function tooWide(page: Page): Promise<number> {
  return page.evaluate<number>(
    'Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)',
  )
}

/** Where the first video of a page is, in seconds. */
export async function playedTo(page: Page): Promise<number> {
  return mediaFact(page, 'currentTime')
}

/** A property of the playing media element, which stands in the player's shadow. */
export async function mediaFact(page: Page, property: 'currentTime' | 'videoHeight'): Promise<number> {
  const media = page.locator('vitascope-player video')
  return media.evaluate((it, name) => (it as unknown as Record<string, number>)[name] ?? Number.NaN, property)
}

/** What has the focus: its name as a field, its label, or its text. */
export async function focused(page: Page): Promise<string> {
  return page.evaluate<string>(
    `(() => { const it = document.activeElement; return it?.getAttribute('name') ?? it?.getAttribute('aria-label') ?? it?.textContent ?? '' })()`,
  )
}

/** By how much things moved by themselves since the page was opened (Cumulative Layout Shift), after a moment's wait. */
export async function jumped(page: Page): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    let sum = 0
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) sum += entry.value
    }).observe({ type: 'layout-shift', buffered: true })
    setTimeout(() => resolve(sum), 700)
  })`)
}

/** The set-up builds the pages; a journey that is run alone in a fresh checkout does it here. */
export async function buildPages(): Promise<void> {
  if (existsSync(join(ROOT, 'dist/web/index.html'))) return
  await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build'], { cwd: ROOT })
}
