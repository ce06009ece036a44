/** Opens the app once, starts the roles that the settings ask for, and gives a way to stop them all. */
import { join } from 'node:path'
import { startKeeping } from '../features/recommend/recommend.ts'
import { openSearch } from '../features/search/search.ts'
import type { OpenApp } from '../platform/app.ts'
import type { Config } from '../platform/config.ts'
import { serveHttp } from '../platform/http/serve.ts'
import { type OpenOptions, openApp } from '../platform/open.ts'
import { apiRoutes, knowViewer } from './api.ts'
import { startClock } from './clock.ts'
import { originRoutes } from './origin.ts'
import { startWorker } from './worker.ts'
import { startWorkerProcesses } from './worker-processes.ts'

const WEB_FOLDER = join(import.meta.dirname, '../../dist/web')

export interface Running {
  app: OpenApp
  /** Where it answers; undefined for a worker without a port. */
  address: string | undefined
  /** Stops claiming, finishes or gives back what runs, lets answers end, closes everything. */
  stop(): Promise<void>
}

/** Resolves once every role really works. Throws, with nothing left open, when one cannot start. */
export async function start(config: Config, options: OpenOptions = {}): Promise<Running> {
  const roles = new Set(config.roles)
  const answers = roles.has('api') || roles.has('origin')
  const app = await openApp(config, options)
  const parts: { stop(): Promise<void> }[] = []
  const stop = async () => {
    await Promise.allSettled(parts.map((part) => part.stop()))
    await app.close()
  }
  try {
    let address: string | undefined
    // Without api and origin it is only for health and metrics; port 0 then means that nobody asks for them.
    if (answers || config['http.port'] !== 0) {
      const served = await serveHttp(app, {
        routes: [...(roles.has('api') ? apiRoutes : []), ...(roles.has('origin') ? originRoutes : [])],
        knowViewer,
        host: config['http.host'],
        port: config['http.port'],
        ...(roles.has('api') ? { webFolder: WEB_FOLDER } : {}),
      })
      address = served.address
      parts.push({ stop: served.close })
    }
    // Filled beside everything else; the first search may have to wait for it.
    if (roles.has('api')) openSearch(app)
    if (roles.has('api')) parts.push(startKeeping(app))
    if (roles.has('clock')) parts.push(startClock(app))
    // Alone, the worker is this process; beside others it gets processes of its own.
    if (roles.has('worker')) parts.push(roles.size === 1 ? startWorker(app) : startWorkerProcesses(app))
    return { app, address, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
