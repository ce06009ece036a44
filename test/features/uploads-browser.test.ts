/** The browser's side of uploads in a real browser: parts side by side, pause, a lost network, a reload in the middle. */
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAll } from '../../src/kit/bytes.ts'
import { openStage, type Stage } from '../e2e/browser.ts'
import { makeClip, publish } from '../e2e/clips.ts'
import type { Member } from '../support/house.ts'
import { sha256, someBytes } from '../support/tus.ts'

const MIB = 1024 ** 2

let stage: Stage
let folder: string
let ana: Member

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitascope-files-'))
  stage = await openStage()
  ana = await stage.house.member('Ana')
})
afterAll(async () => {
  await stage?.close()
  await rm(folder, { recursive: true, force: true })
})

test('a file in four parts goes on after a pause, a lost network and a reload, and is the same file', {
  timeout: 120_000,
}, async () => {
  const file = someBytes(72 * MIB)
  const path = join(folder, 'long evening.mp4')
  await writeFile(path, file)
  const { page, context, troubles } = await stage.open(ana)
  const created: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.headers()['upload-concat'] === 'partial') created.push(request.url())
  })
  await slowDown(page, 6 * MIB)
  await page.goto('/upload')
  await page.locator('.drop input[type=file]').setInputFiles(path)
  const card = page.getByRole('article', { name: 'long evening.mp4' })

  // It travels in four parts; paused, nothing moves; resumed, it goes on.
  await expect.poll(storedBytes, { timeout: 20_000 }).toBeGreaterThan(8 * MIB)
  await card.getByRole('button', { name: /^Pause/ }).click()
  await expect.poll(isStill, { timeout: 10_000 }).toBe(true)
  expect(created).toHaveLength(4)
  const paused = await storedBytes()
  await card.getByRole('button', { name: /^Go on/ }).click()
  await expect.poll(storedBytes, { timeout: 20_000 }).toBeGreaterThan(paused + 8 * MIB)

  // The network goes and comes back.
  await context.setOffline(true)
  await expect.poll(isStill, { timeout: 20_000 }).toBe(true)
  const offline = await storedBytes()
  await context.setOffline(false)
  await slowDown(page, 6 * MIB)
  await expect.poll(storedBytes, { timeout: 20_000 }).toBeGreaterThan(offline + 4 * MIB)

  // The page is reloaded; the same file is picked again, and no part begins anew.
  page.on('dialog', (dialog) => void dialog.accept())
  await page.reload()
  const reloaded = await storedBytes()
  await slowDown(page, 100 * MIB)
  await page.locator('.drop input[type=file]').setInputFiles(path)
  await expect.poll(async () => (await source())?.source_bytes, { timeout: 40_000 }).toBe(file.byteLength)

  expect(reloaded).toBeGreaterThan(offline)
  expect(created).toHaveLength(4)
  const blob = await stage.house.app.blobs.open((await source())!.source_key!)
  expect(sha256(await readAll(blob!.body, 100 * MIB))).toBe(sha256(file))
  const { items } = await ana.call('listMyVideos')
  expect(items).toHaveLength(1)
  expect(troubles).toEqual([])
})

test('a new file for a video goes on after its tab was closed, and can be given up without the video', {
  timeout: 120_000,
}, async () => {
  const ben = await stage.house.member('Ben')
  const size = { width: 320, height: 180 }
  const id = await publish(ben, await makeClip(folder, 'first.mp4', { seconds: 2, ...size }), { title: 'Anew' })
  // So long that it travels in parts, by a box that players skip (ISO 14496-12, 8.1.2).
  const box = Buffer.alloc(66 * MIB)
  box.writeUInt32BE(box.byteLength)
  box.write('free', 4)
  const path = await makeClip(folder, 'second.mp4', { seconds: 4, ...size })
  await appendFile(path, box)
  const { page, context, troubles } = await stage.open(ben)
  const created: string[] = []
  context.on('request', (request) => {
    if (request.method() === 'POST' && request.headers()['upload-concat'] === 'partial') created.push(request.url())
  })
  const replacing = (page: Page) => page.getByRole('group', { name: 'Replace the file' })
  const begin = async (page: Page) => {
    await slowDown(page, 6 * MIB)
    await page.goto(`/studio/video/${id}`)
    await replacing(page).locator('input[type=file]').setInputFiles(path)
    await expect.poll(() => storedBytesOf(ben), { timeout: 20_000 }).toBeGreaterThan(8 * MIB)
    await page.close()
  }

  await begin(page)
  const later = await context.newPage()
  await later.goto(`/studio/video/${id}`)
  await replacing(later).getByText('The upload of second.mp4 stopped').waitFor()
  await replacing(later).locator('input[type=file]').setInputFiles(path)
  await replacing(later).getByText('The new file has arrived').waitFor({ timeout: 40_000 })
  expect(created).toHaveLength(4)
  const durationMs = async () => (await ben.call('getVideo', { params: { videoId: id } })).durationMs
  await expect.poll(durationMs, { timeout: 30_000 }).toBe(4000)

  await begin(later)
  const last = await context.newPage()
  await last.goto('/upload')
  await last.getByRole('heading', { level: 1 }).waitFor()
  expect(await last.getByText('second.mp4').count()).toBe(0)
  await last.goto(`/studio/video/${id}`)
  await replacing(last).getByRole('button', { name: 'Discard' }).click()
  await replacing(last).getByText('stopped').waitFor({ state: 'detached' })
  const left = async () => (await ben.call('listUploads')).items
  await expect.poll(left).toEqual([])
  expect(await durationMs()).toBe(4000)
  expect(troubles).toEqual([])
})

const storedBytes = () => storedBytesOf(ana)

/** Bytes of unfinished uploads that are stored for good. */
async function storedBytesOf({ id }: Member): Promise<number> {
  const rows = await stage.house.app.db
    .selectFrom('uploads')
    .select('offset_bytes')
    .where('account_id', '=', id)
    .where('finished_at', 'is', null)
    .execute()
  return rows.reduce((sum, row) => sum + row.offset_bytes, 0)
}

async function isStill(): Promise<boolean> {
  const before = await storedBytes()
  await new Promise((go) => setTimeout(go, 1200))
  return (await storedBytes()) === before
}

async function source() {
  return stage.house.app.db
    .selectFrom('videos')
    .select(['source_key', 'source_bytes'])
    .where('account_id', '=', ana.id)
    .where('source_key', 'is not', null)
    .executeTakeFirst()
}

async function slowDown(page: Page, bytesPerSecond: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 5,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  })
}
