/**
 * What an endpoint is, as data: what goes in, what comes out, who may, and every way it says no. The server validates
 * by it, the client is typed by it, and the reference is written from it.
 */
import type { z } from 'zod'
import type { RefusalCode } from './refusals.ts'

/** Who may call: `anyone`, a signed-in `member`, or staff. What belongs to whom is decided by the feature itself. */
export type Who = 'anyone' | 'member' | 'moderator' | 'admin'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What an API token may be made for. A browser's session may everything its account may. */
export const SCOPES = ['read', 'write', 'account', 'staff'] as const
export type Scope = (typeof SCOPES)[number]

type Schema = z.ZodType

export interface Endpoint<
  Params extends Schema = Schema,
  Query extends Schema = Schema,
  Body extends Schema = Schema,
  Reply extends Schema = Schema,
> {
  /** One sentence for the reference. */
  says: string
  method: Method
  /** Below `/api`, with `:name` for parameters. */
  path: string
  who: Who
  params?: Params
  query?: Query
  body?: Body
  /** Absent: 204, no content. */
  reply?: Reply
  /** Every code the feature itself may refuse with; those of the platform (bad_request, too_many, ...) are understood. */
  refuses: readonly RefusalCode[]
  /** The scope a token needs; absent: `staff` for what only staff may, else `read` for GET and `write` for all else. */
  scope?: Scope
  /** The answer is the same for everybody who is not signed in, and may be a moment old for them. */
  shared?: true
  /** One of very many small reports: answered with nothing, on the shortest way there is. */
  swift?: true
  /**
   * A quicker way to know a body that is right: what it returns is what `body` would make of it, undefined where `body` must
   * look itself.
   */
  quick?: (body: unknown) => (Body extends z.ZodType ? z.output<Body> : never) | undefined
  /** Calls a minute per account or, for the anonymous, per address prefix. */
  perMinute?: number
}

/** Declares an endpoint; returns it unchanged, with its types kept exact. */
export function endpoint<
  Params extends Schema = z.ZodType<undefined, undefined>,
  Query extends Schema = z.ZodType<undefined, undefined>,
  Body extends Schema = z.ZodType<undefined, undefined>,
  Reply extends Schema = z.ZodType<undefined, undefined>,
>(it: Endpoint<Params, Query, Body, Reply>): Endpoint<Params, Query, Body, Reply> {
  return it
}

// biome-ignore lint/suspicious/noExplicitAny: stands for an endpoint of whatever shapes
export type AnyEndpoint = Endpoint<any, any, any, any>

/** The scope that a token needs to call it. */
export function scopeOf(it: Pick<AnyEndpoint, 'scope' | 'who' | 'method'>): Scope {
  if (it.scope) return it.scope
  if (it.who === 'moderator' || it.who === 'admin') return 'staff'
  return it.method === 'GET' ? 'read' : 'write'
}

type In<S> = S extends z.ZodType
  ? undefined extends z.input<S>
    ? z.input<S> extends undefined
      ? never
      : z.input<S>
    : z.input<S>
  : never
type Out<S> = S extends z.ZodType ? z.output<S> : never

/** What a caller gives: only the parts the endpoint declares. */
export type Input<E extends AnyEndpoint> =
  E extends Endpoint<infer P, infer Q, infer B, infer _R>
    ? ([In<P>] extends [never] ? unknown : { params: In<P> }) &
        ([In<Q>] extends [never] ? unknown : { query?: In<Q> }) &
        ([In<B>] extends [never] ? unknown : { body: In<B> })
    : never

/** What a handler is given, after validation. */
export type Given<E extends AnyEndpoint> =
  E extends Endpoint<infer P, infer Q, infer B, infer _R> ? { params: Out<P>; query: Out<Q>; body: Out<B> } : never

/** What comes back. */
export type Reply<E extends AnyEndpoint> = E extends Endpoint<infer _P, infer _Q, infer _B, infer R> ? Out<R> : never
