/** Is it alive, is it ready, how does it fare: for supervisors, load balancers and Prometheus. */
import { sql } from 'kysely'
import { refuse } from '../../contract/refusals.ts'
import type { App } from '../app.ts'
import type { RawAsked, RawRoute } from './http.ts'
import { isLoopback } from './viewer.ts'

const READY_TIME_MS = 2_000

export function healthRoutes(isDraining: () => boolean): RawRoute[] {
  return [
    {
      kind: 'raw',
      methods: ['GET', 'HEAD'],
      path: '/healthz',
      says: 'This process lives.',
      anonymous: true,
      handle: async () => plain(200, 'ok\n'),
    },
    {
      kind: 'raw',
      methods: ['GET', 'HEAD'],
      path: '/readyz',
      says: 'This process can serve: its database answers and it is not stopping.',
      anonymous: true,
      handle: async (app) => {
        if (isDraining()) return plain(503, 'stopping\n')
        return (await databaseAnswers(app)) ? plain(200, 'ready\n') : plain(503, 'the database does not answer\n')
      },
    },
    {
      kind: 'raw',
      methods: ['GET'],
      path: '/metrics',
      says: 'Figures in the Prometheus text format; from this machine or for an administrator.',
      handle: async (app, asked) => {
        if (!mayMeasure(asked)) refuse('not_allowed')
        return {
          status: 200,
          headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
          body: await app.meter.text(),
          compress: true,
        }
      },
    },
  ]
}

function plain(status: number, body: string) {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }, body }
}

async function databaseAnswers(app: App): Promise<boolean> {
  const late = new Promise<false>((resolve) => setTimeout(resolve, READY_TIME_MS, false).unref())
  const asked = sql`select 1`.execute(app.db).then(
    () => true,
    () => false,
  )
  return Promise.race([asked, late])
}

/** A request that a proxy on this machine passed on comes from loopback too: it shows by its forwarding header. */
function mayMeasure(asked: RawAsked): boolean {
  if (asked.viewer.role === 'admin') return true
  return asked.headers['x-forwarded-for'] === undefined && isLoopback(asked.address)
}
