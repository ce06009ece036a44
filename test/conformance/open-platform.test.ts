/** Opening the platform as `serve` and single commands do: on the embedded database, in a data folder of its own. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeClock } from '../../src/platform/clock.ts'
import { readConfig } from '../../src/platform/config.ts'
import { openApp } from '../../src/platform/open.ts'
import { jobKind } from '../../src/platform/queue/queue.ts'
import { openPlatform } from '../support/house.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitascope-open-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const config = (more: Record<string, unknown> = {}) =>
  readConfig({ 'data.folder': folder, 'log.level': 'silent', ...more }, {})

test('an empty folder is all it takes; commands join, another owner is refused, and all is there the next time', async () => {
  const app = await openApp(config())
  try {
    expect(app.config['db.url']).toMatch(/^postgres:/)
    const key = app.secrets.of('test')
    await app.blobs.put('kept/blob', Buffer.from('x'))

    await expect(openApp(config())).rejects.toThrow('in use by another process')
    const guest = await openApp(config(), { join: true })
    expect(guest.secrets.of('test').equals(key)).toBe(true)
    await guest.close()
    const worker = await openApp(config({ 'db.url': app.config['db.url'] }), { migrated: true })
    expect(await worker.queue.counts()).toEqual([])
    await worker.close()
    expect(await app.queue.counts()).toEqual([])
  } finally {
    await app.close()
  }
  const again = await openApp(config())
  expect(await again.blobs.head('kept/blob')).toMatchObject({ sizeBytes: 1 })
  await again.close()
  expect((await readdir(folder)).sort()).toEqual(['aside', 'blobs', 'database', 'staging'])
})

test('half an object store is none, and is told before anything starts', () => {
  const wrong = (more: Record<string, unknown>) => {
    try {
      config(more)
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(wrong({ 'blobs.bucket': 'films', 'blobs.key_id': 'us' })).toContain('blobs.key_id and blobs.secret: give both')
  expect(wrong({ 'blobs.endpoint': 'https://s3.example.org' })).toContain('no bucket')
  expect(wrong({ 'blobs.bucket': 'Films!', 'blobs.prefix': '../' })).toMatch(/blobs\.bucket.*\n.*blobs\.prefix/)
  expect(wrong({ 'blobs.bucket': 'films', 'uploads.max_bytes': 100 * 1024 ** 3 })).toContain('uploads.max_bytes')
  expect(wrong({ 'blobs.bucket': 'films' })).toBe('')
  expect(wrong({ 'blobs.bucket': 'films', 'blobs.secret': 'hush' })).not.toContain('hush')
})

test('what cannot open says so and leaves nothing open', async () => {
  await expect(openApp(config({ 'db.url': 'postgres://nobody:x@127.0.0.1:1/none' }))).rejects.toThrow('ECONNREFUSED')
  // The jail is asked for last; the database of this folder must be free again afterwards.
  const jailless = openApp(config(), {
    get jail(): never {
      throw new Error('no jail')
    },
  })
  await expect(jailless).rejects.toThrow('no jail')
  const app = await openApp(config())
  await app.close()
})

test('with a clock of its own a platform does delayed jobs when that clock says so', async () => {
  const clock = fakeClock(Date.UTC(2020, 0, 1))
  await using platform = await openPlatform({ clock })
  const { queue } = platform.app
  const kind = jobKind<number>({ name: 'test.tomorrow', lane: 'quick', maxAttempts: 1, maxCrashes: 1 })
  await queue.add(kind, 1, { delayMs: 24 * 3600_000 })
  expect(await queue.claim('tester', 'quick', [kind], 1, 1000)).toEqual([])
  clock.advance(24 * 3600_000)
  const [first] = await queue.claim('tester', 'quick', [kind], 1, 1000)
  expect(first).toMatchObject({ input: 1 })
  clock.advance(1001)
  expect(await queue.claim('tester', 'quick', [kind], 1, 1000)).toMatchObject([{ crashes: 1 }])
})
