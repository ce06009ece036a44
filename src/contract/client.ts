/**
 * The typed client: web, command line and tests call the platform through it. It knows methods and addresses from a
 * generated table and shapes from types only, so that no schema library has to travel to the browser.
 */
import { addresses } from './addresses.ts'
import type { Contract, EndpointName } from './contract.ts'
import type { Input, Reply } from './endpoint.ts'
import type { Problem } from './refusals.ts'

/** A call that was refused, or that never reached the server (`status` 0, code `unreachable`). */
export class CallFailed extends Error {
  readonly status: number
  readonly code: string
  readonly problem: Problem | undefined
  readonly retryAfterMs: number | undefined

  constructor(status: number, code: string, sentence: string, problem?: Problem, retryAfterMs?: number) {
    super(sentence)
    this.name = 'CallFailed'
    this.status = status
    this.code = code
    this.problem = problem
    this.retryAfterMs = retryAfterMs
  }
}

export interface ClientOptions {
  /** Such as `http://localhost:8080`; empty for the page's own host. */
  server?: string
  /** API token; without it the browser's session cookie speaks. */
  token?: string
  /** Further headers, for instance the cookie of a test. */
  headers?: Record<string, string>
  fetch?: typeof fetch
}

export type Call = <Name extends EndpointName>(
  name: Name,
  ...input: unknown extends Input<Contract[Name]>
    ? []
    : object extends Input<Contract[Name]>
      ? [Input<Contract[Name]>?]
      : [Input<Contract[Name]>]
) => Promise<Reply<Contract[Name]>>

interface LooseInput {
  params?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
}

/** Node says only that fetching failed; why stands beneath, sometimes as a code alone. */
export function whyUnreachable(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'no answer'
  const beneath = thrown.cause as { message?: string; code?: string } | undefined
  return beneath?.message || beneath?.code || thrown.message
}

/** Makes a `call(name, { params, query, body })` bound to one server. Throws CallFailed. */
export function connect(options: ClientOptions = {}): Call {
  const send = options.fetch ?? fetch
  const call = async (name: EndpointName, input: LooseInput = {}) => {
    const [method, path] = addresses[name]
    const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(input.params?.[key] ?? '')))
    const query = new URLSearchParams()
    for (const [key, value] of Object.entries(input.query ?? {})) if (value !== undefined) query.set(key, String(value))
    const address = `${options.server ?? ''}/api${filled}${query.size > 0 ? `?${query}` : ''}`
    const headers: Record<string, string> = { accept: 'application/json', ...options.headers }
    if (options.token) headers.authorization = `Bearer ${options.token}`
    if (input.body !== undefined) headers['content-type'] = 'application/json'
    let answer: Response
    try {
      answer = await send(address, {
        method,
        headers,
        ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
        credentials: options.token ? 'omit' : 'same-origin',
      })
    } catch (cause) {
      throw new CallFailed(0, 'unreachable', `The server cannot be reached (${whyUnreachable(cause)}).`)
    }
    if (answer.status === 204) return undefined
    const reply = await answer.json().catch(() => undefined)
    if (answer.ok) return reply
    const problem = reply as Problem | undefined
    const wait = Number(answer.headers.get('retry-after'))
    throw new CallFailed(
      answer.status,
      problem?.code ?? 'fault',
      problem?.detail
        ? `${problem.title} (${problem.detail})`
        : (problem?.title ?? `The server answered ${answer.status}.`),
      problem,
      wait > 0 ? wait * 1000 : undefined,
    )
  }
  return call as Call
}
