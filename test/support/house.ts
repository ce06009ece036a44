/**
 * A house: the whole platform in this process, with a database of its own, blobs in a temporary folder and an HTTP server
 * on a free port. What tests of features live in.
 *
 *   await using house = await openHouse()                    // { clock: fakeClock() } to own the time, { settings: { 'http.port': 0 } }
 *   const ana = await house.member('Ana')                    // signs up through the API; the first one is the administrator, so
 *   const boss = await house.admin()                         // members are made after an administrator the house has made itself
 *   await ana.call('createVideo', { body: { ... } })         // the typed client, signed in
 *   await house.anyone.call('listVideos')                    // the same, anonymous
 *   await ana.fetch('/uploads', { method: 'POST', ... })     // any request, signed in
 *   await house.runJobs()                                    // does what waits in the queue, here, until nothing is due
 *   house.app                                                // what features are given as their first argument
 *
 * `openPlatform` opens the same without HTTP and features, for tests of what stands below them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Call, connect } from '../../src/contract/client.ts'
import type { OpenApp } from '../../src/platform/app.ts'
import type { Blobs } from '../../src/platform/blobs/blobs.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { type Config, readConfig } from '../../src/platform/config.ts'
import type { AnyRoute, KnowViewer } from '../../src/platform/http/http.ts'
import { serveHttp } from '../../src/platform/http/serve.ts'
import { type Log, openLog } from '../../src/platform/log.ts'
import { openApp } from '../../src/platform/open.ts'
import { drain, type JobHandler, type Work, work } from '../../src/platform/queue/work.ts'
import { cloneDatabase, makeTemplate, startTestCluster, TEST_DATABASE } from './cluster.ts'
import { checkPackaged } from './packaged.ts'

/** The built pages, where they have been built: journeys in a browser need them. */
const WEB_FOLDER = join(import.meta.dirname, '../../dist/web')

export interface PlatformOptions {
  /** Settings over those of tests. */
  settings?: Partial<Record<keyof Config, unknown>>
  clock?: Clock
  log?: Log
  /** Another store of blobs than the folder. */
  blobs?: (folder: string) => Promise<Blobs>
}

export interface HouseOptions extends PlatformOptions {
  /** Workers in this process that do jobs as they come; without them jobs wait for `runJobs`. */
  workers?: boolean
  /** Why what is packaged here is not held against the rules of packaging when the house closes: the story spoils it on purpose. */
  spoilsMedia?: string
}

export interface OpenPlatform extends AsyncDisposable {
  app: OpenApp
  /** Folder of this platform's data; gone after it is closed. */
  folder: string
  close(): Promise<void>
}

export interface Caller {
  call: Call
  /** Any request to a path of the server, with who this is. */
  fetch(path: string, init?: RequestInit): Promise<Response>
}

export interface Member extends Caller {
  id: string
  name: string
  email: string
  password: string
  /** The cookie header that says who this is, for browsers and sockets. */
  cookie: string
  channel: { handle: string }
}

export interface House extends OpenPlatform {
  /** Such as `http://127.0.0.1:41234`. */
  address: string
  anyone: Caller
  /** Signs up a member. The same name twice gives two members. */
  member(name: string): Promise<Member>
  /** The administrator of this house. */
  admin(): Promise<Member>
  /** Does what waits in the queue until nothing is due; returns how many jobs ran. */
  runJobs(): Promise<number>
  /** The same, but titles go on waiting for their stills, which is half the work of a short one: for stories that do not look at them. */
  runJobsButPictures(): Promise<number>
}

/** Opens the platform's adapters on a database and folder of their own. */
export async function openPlatform(options: PlatformOptions = {}): Promise<OpenPlatform> {
  const shared = process.env[TEST_DATABASE]
  const own = shared ? undefined : await startTestCluster()
  if (own) await makeTemplate(own.url)
  const database = await cloneDatabase(shared ?? own!.url)
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-house-'))
  const settings = {
    'data.folder': folder,
    'db.url': database.url,
    'db.pool': 8,
    'http.host': '127.0.0.1',
    'http.port': 0,
    // So that a test can speak from many addresses: see signUp.
    'http.trust_proxy': true,
    'uploads.reserve_bytes': 0,
    // What is encoded here need not be small.
    'transcode.preset': 'ultrafast',
    // What somebody has done is seen by the next line of the story.
    'http.shared_ms': 0,
  }
  const config = readConfig({ 'log.level': 'silent', ...settings, ...options.settings }, {})
  const log = options.log ?? openLog(config['log.level'])
  const app = await openApp(config, {
    ...{ log, migrated: true },
    ...(options.clock ? { clock: options.clock } : {}),
    ...(options.blobs ? { blobs: await options.blobs(folder) } : {}),
  })
  const close = async () => {
    await app.close()
    await database.drop()
    await own?.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { app, folder, close, [Symbol.asyncDispose]: close }
}

/** Opens the whole house. */
export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const { routes, jobs, knowViewer } = await product()
  const platform = await openPlatform(options)
  const { app } = platform
  const served = await serveHttp(app, {
    routes,
    knowViewer,
    host: '127.0.0.1',
    port: 0,
    webFolder: WEB_FOLDER,
    checkReplies: true,
  })
  const address = `http://127.0.0.1:${served.port}`
  const workers: Work[] = []
  if (options.workers) {
    for (const lane of ['now', 'quick', 'bulk'] as const)
      workers.push(work(app, { lane, slots: 2, handlers: jobs, worker: `house ${lane}` }))
  }

  const callerWith = (headers: Record<string, string>): Caller => ({
    call: connect({ server: address, headers }),
    fetch: (path, init = {}) =>
      fetch(address + path, { ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } }),
  })
  const anyone = callerWith({})
  let boss: Promise<Member> | undefined
  let count = 0
  let isPictured = true

  async function signUp(name: string): Promise<Member> {
    const who = `${name.toLowerCase().replace(/[^a-z0-9]/g, '') || 'someone'}${++count}`
    const body = { email: `${who}@example.org`, password: `correct horse ${who}`, name }
    // Limits of sign-ups go by the caller's address, and in a test they would all come from one.
    const answer = await fetch(`${address}/api/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.${count >> 8}.${count & 255}.1` },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${name} could not sign up: ${answer.status} ${await answer.text()}`)
    const me = (await answer.json()) as { id: string; channel: { handle: string } }
    const cookie = answer.headers
      .getSetCookie()
      .map((it) => it.split(';')[0])
      .join('; ')
    return {
      // As a browser says it for a page of our own; without it what changes something is taken for foreign.
      ...callerWith({ cookie, 'sec-fetch-site': 'same-origin' }),
      id: me.id,
      name,
      email: body.email,
      password: body.password,
      cookie,
      channel: me.channel,
    }
  }
  const admin = () => {
    boss ??= signUp('Boss')
    return boss
  }

  const close = async () => {
    await Promise.all(workers.map((it) => it.stop()))
    try {
      if (options.spoilsMedia === undefined) await checkPackaged(app, address, { isPictured })
    } finally {
      await served.close()
      await platform.close()
    }
  }
  return {
    app,
    folder: platform.folder,
    address,
    anyone,
    admin,
    async member(name) {
      await admin()
      return signUp(name)
    },
    runJobs: () => drain(app, jobs),
    runJobsButPictures() {
      isPictured = false
      return drain(
        app,
        jobs.filter(({ kind }) => kind.name !== 'stills.make'),
      )
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

interface Product {
  routes: AnyRoute[]
  jobs: JobHandler[]
  knowViewer: KnowViewer
}

/** Everything the roles list: what `serve` with all roles would run. Asked for late, since tests of adapters need none of it. */
async function product(): Promise<Product> {
  const [api, origin, worker] = await Promise.all([
    import('../../src/roles/api.ts'),
    import('../../src/roles/origin.ts'),
    import('../../src/roles/worker.ts'),
  ])
  return {
    routes: [...api.apiRoutes, ...origin.originRoutes],
    jobs: worker.workerHandlers,
    knowViewer: api.knowViewer,
  }
}
