/** The contract as an OpenAPI 3.1 document: pure, so that the server, the reference and its test make the same. */
import { z } from 'zod'
import { contract } from './contract.ts'
import type { AnyEndpoint } from './endpoint.ts'
import { refusals } from './refusals.ts'

type Json = Record<string, unknown>

const PROBLEM_REF = { $ref: '#/components/schemas/Problem' }

/** The whole document. */
export function openApi(): Json {
  const paths: Record<string, Json> = {}
  for (const [name, it] of Object.entries(contract) as [string, AnyEndpoint][]) {
    const path = it.path.replace(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][it.method.toLowerCase()] = operation(name, it)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Vitascope',
      version: '1',
      description:
        'Everything the site itself does, it does through this API. Refusals are problem documents (RFC 9457) whose `code` is stable. The bytes of uploads travel by tus 1.0 below /api/uploads.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api' }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token, made with createToken.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'vitascope_session',
          description: 'The cookie set by signIn and signUp.',
        },
      },
      schemas: { Problem: problemSchema() },
    },
  }
}

function operation(name: string, it: AnyEndpoint): Json {
  return {
    operationId: name,
    summary: it.says,
    tags: [tagOf(it)],
    ...(it.who === 'anyone' ? {} : { security: [{ token: [] }, { session: [] }] }),
    parameters: [...parameters('path', it.params), ...parameters('query', it.query)],
    ...(it.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(it.body, 'input') } } } }
      : {}),
    responses: { ...successOf(it), ...refusalsOf(it) },
  }
}

/** The noun an endpoint is about: the first word of its path that is not about oneself. */
export function tagOf(it: AnyEndpoint): string {
  const words = it.path.split('/').filter((word) => word !== '' && !word.startsWith(':'))
  return words[0] === 'me' ? (words[1] ?? 'accounts') : words[0]!
}

function parameters(place: 'path' | 'query', schema: z.ZodType | undefined): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, it]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: it,
  }))
}

function successOf(it: AnyEndpoint): Json {
  if (!it.reply) return { 204: { description: 'Done.' } }
  return { 200: { description: 'Done.', content: { 'application/json': { schema: schemaOf(it.reply, 'output') } } } }
}

/** One answer per status, its description listing the codes that carry it. */
function refusalsOf(it: AnyEndpoint): Json {
  const byStatus = new Map<number, string[]>()
  for (const code of codesOf(it)) {
    const [status, sentence] = refusals[code as keyof typeof refusals]
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${sentence}`])
  }
  const answers: Json = {}
  for (const [status, lines] of [...byStatus].sort(([a], [b]) => a - b)) {
    answers[status] = {
      description: lines.join('\n\n'),
      content: { 'application/problem+json': { schema: PROBLEM_REF } },
    }
  }
  return answers
}

/** Every code this endpoint may refuse with: its own, and those that follow from its form. */
export function codesOf(it: AnyEndpoint): string[] {
  const codes = new Set<string>()
  if (it.params || it.query || it.body) codes.add('bad_request')
  if (it.body) codes.add('content_type_unsupported').add('body_too_large')
  if (it.who !== 'anyone') codes.add('sign_in_needed')
  if (it.who === 'moderator' || it.who === 'admin') codes.add('not_allowed')
  if (it.method !== 'GET') codes.add('foreign_origin')
  if (it.perMinute !== undefined) codes.add('too_many')
  codes.add('token_invalid')
  for (const code of it.refuses) codes.add(code)
  return [...codes]
}

/** Bounds that zod counts itself, or those of a check of ours, which says them beside. */
function boundsOf(schema: z.ZodString): { minLength?: number | null; maxLength?: number | null } {
  const { minLength, maxLength } = schema
  return { minLength, maxLength, ...(schema.meta() as { minLength?: number; maxLength?: number } | undefined) }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // Texts are trimmed before they are measured, so their bounds stand at the far end of a pipe.
      if (zodSchema instanceof z.ZodPipe && zodSchema.out instanceof z.ZodString) {
        const { minLength, maxLength } = boundsOf(zodSchema.out)
        if (minLength) jsonSchema.minLength = minLength
        if (maxLength) jsonSchema.maxLength = maxLength
      }
    },
  }) as Json
  return rest
}

function problemSchema(): Json {
  return {
    type: 'object',
    required: ['type', 'title', 'status', 'code'],
    properties: {
      type: { type: 'string' },
      title: { type: 'string', description: 'A sentence for people.' },
      status: { type: 'integer' },
      code: { type: 'string', enum: [...Object.keys(refusals), 'fault'] },
      detail: { type: 'string', description: 'What in particular was wrong.' },
      requestId: { type: 'string', description: 'Leads to this request in the log.' },
    },
  }
}
