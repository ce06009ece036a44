/** Problems on the wire: a refusal or a fault as a problem document (RFC 9457), and bad input in plain words. */
import type { z } from 'zod'
import { type Problem, Refusal, refusals } from '../../contract/refusals.ts'
import type { RawAnswer } from './http.ts'

const JSON_PROBLEM = 'application/problem+json; charset=utf-8'

/** The codes any endpoint may answer with, whether it lists them or not: they belong to the way in, not to the feature. */
export const PLATFORM_CODES = [
  'bad_request',
  'sign_in_needed',
  'token_invalid',
  'not_allowed',
  'scope_missing',
  'foreign_origin',
  'not_found',
  'method_not_allowed',
  'body_too_large',
  'content_type_unsupported',
  'too_many',
  'not_available_now',
] as const

/** The answer that says no. `type` points at the sentence in the API documentation. */
export function refusalAnswer(refusal: Refusal, requestId: string): RawAnswer {
  const problem: Problem = {
    type: `/api/docs#${refusal.code}`,
    title: refusals[refusal.code][1],
    status: refusal.status,
    code: refusal.code,
    ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
    requestId,
  }
  return {
    status: refusal.status,
    headers: { ...refusal.headers, 'content-type': JSON_PROBLEM, 'cache-control': 'no-store' },
    body: JSON.stringify(problem),
  }
}

/** The answer to our own mistake: says nothing of its cause; the request id leads to it in the log. */
export function faultAnswer(requestId: string): RawAnswer {
  const problem: Problem = {
    type: '/api/docs#fault',
    title: 'Something went wrong on the server; it has been noted.',
    status: 500,
    code: 'fault',
    requestId,
  }
  return {
    status: 500,
    headers: { 'content-type': JSON_PROBLEM, 'cache-control': 'no-store' },
    body: JSON.stringify(problem),
  }
}

/** What the framework itself finds wrong (unreadable addresses, content types), as refusals; undefined for faults. */
export function frameworkRefusal(error: { statusCode?: number; code?: string }): Refusal | undefined {
  if (error.statusCode === 415) return new Refusal('content_type_unsupported')
  if (error.statusCode === 413) return new Refusal('body_too_large')
  if (error.code === 'FST_ERR_BAD_URL') return new Refusal('bad_request', 'the address is not encoded rightly')
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new Refusal('bad_request')
  return undefined
}

/** What is wrong with an input, a phrase per field, at most five: "body.title: is longer than 200 characters". */
export function saysWrong(part: string, input: unknown, error: z.ZodError): string {
  const phrases = error.issues.slice(0, 5).map((issue) => {
    const where = [part, ...issue.path.map(String)].join('.')
    return `${where}: ${phrase(issue, valueAt(input, issue.path))}`
  })
  return phrases.join('; ')
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}
const FORMATS: Record<string, string> = {
  email: 'is not an e-mail address',
  datetime: 'is not a time',
  url: 'is not a web address',
}

function phrase(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_type') {
    return value === undefined ? 'is missing' : `must be ${KINDS[issue.expected] ?? issue.expected}`
  }
  // Messages the contract gives in its own words are better than any made here.
  const own = !/^(Too |Invalid )/.test(issue.message)
  if (own) return issue.message
  if (issue.code === 'too_big')
    return `${issue.origin === 'string' ? 'is longer than' : 'is more than'} ${issue.maximum}${unit(issue.origin)}`
  if (issue.code === 'too_small') {
    if (issue.origin === 'string' && Number(issue.minimum) === 1) return 'must not be empty'
    return `${issue.origin === 'string' ? 'is shorter than' : 'is less than'} ${issue.minimum}${unit(issue.origin)}`
  }
  if (issue.code === 'invalid_format') return FORMATS[issue.format] ?? 'is not in the right form'
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  return issue.message
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' ? ' items' : ''
}
