/** A JSON Schema in a few words, as people write shapes: for the reference and the API page. */

type Json = Record<string, unknown>

/** Several lines for objects, one for everything else. */
export function shapeWords(schema: Json, depth = 0): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((it) => JSON.stringify(it)).join(' | ') + bounds(schema)
  if (Array.isArray(schema.anyOf))
    return (schema.anyOf as Json[]).map((it) => shapeWords(it, depth)).join(' | ') + bounds(schema)
  if (schema.type === 'array')
    return `[ ${shapeWords((schema.items as Json | undefined) ?? {}, depth)} ]${bounds(schema)}`
  if (schema.type !== 'object') return `${typeof schema.type === 'string' ? schema.type : 'anything'}${bounds(schema)}`
  if (!schema.properties)
    return `{ name: ${shapeWords((schema.additionalProperties as Json | undefined) ?? {}, depth)} }`
  const required = (schema.required as string[] | undefined) ?? []
  const pad = '  '.repeat(depth + 1)
  const lines = Object.entries(schema.properties as Record<string, Json>).map(
    ([name, it]) => `${pad}${name}${required.includes(name) ? '' : '?'}: ${shapeWords(it, depth + 1)}`,
  )
  return `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`
}

function bounds(schema: Json): string {
  const words = [
    range(schema.minLength, schema.maxLength, 'characters'),
    range(schema.minItems, schema.maxItems, 'items'),
    range(within(schema.minimum), within(schema.maximum), ''),
    typeof schema.format === 'string' ? schema.format : undefined,
    schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
  ].filter((it) => it !== undefined)
  return words.length === 0 ? '' : ` (${words.join(', ')})`
}

/** The bounds of every integer in JavaScript say nothing. */
function within(bound: unknown): unknown {
  return typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined
}

function range(min: unknown, max: unknown, unit: string): string | undefined {
  if (min === undefined && max === undefined) return undefined
  const ends =
    max === undefined ? `at least ${min}` : min === undefined || min === 0 ? `at most ${max}` : `${min} to ${max}`
  return unit === '' ? ends : `${ends} ${unit}`
}
