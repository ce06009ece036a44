/** Raw routes: uploads, media, pages. The body streams in as it comes, the answer streams out as it is read. */
import { Readable } from 'node:stream'
import { askedOf, type Exchange } from './exchange.ts'
import type { RawAnswer, RawRoute } from './http.ts'

const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS'])

export function answerRaw(
  route: RawRoute,
  exchange: Exchange,
  params: Record<string, string>,
  query: URLSearchParams,
): Promise<RawAnswer> {
  const { request } = exchange
  const method = request.method ?? 'GET'
  return route.handle(exchange.app, {
    ...askedOf(exchange),
    method,
    target: request.url ?? '/',
    path: exchange.path,
    params,
    query,
    body: BODILESS.has(method) ? Readable.from([]) : request,
  })
}
