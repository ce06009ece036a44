/**
 * ClickHouse over its HTTP interface, in the little of it that servers from 18.16 on share: statements, rows in and rows out as
 * JSON. Bound parameters are younger than that, so values are written into statements as literals, by `literal` only.
 */
import { request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'

export interface ClickHouse {
  /** Runs a statement that answers nothing. */
  run(statement: string): Promise<void>
  /** Rows of a select, each an array of its columns; whole numbers of 64 bits come as numbers. */
  rows(select: string): Promise<unknown[][]>
  /** Adds rows to a table, all or none of one call of at most a million rows of one partition. */
  insert(table: string, rows: readonly object[]): Promise<void>
}

const TIME_MS = 30_000
const MOST_ANSWER_BYTES = 256 * 1024 * 1024

/** An address such as `http://name:password@host:8123/database`. Nothing is asked before the first call. */
export function openClickHouse(address: string): ClickHouse {
  const url = new URL(address)
  const headers = {
    'x-clickhouse-user': decodeURIComponent(url.username) || 'default',
    ...(url.password ? { 'x-clickhouse-key': decodeURIComponent(url.password) } : {}),
  }
  const query = new URLSearchParams({
    database: url.pathname.slice(1) || 'default',
    // Numbers, not texts; both sides of a sum fit a double.
    output_format_json_quote_64bit_integers: '0',
    max_insert_block_size: '1048576',
  })

  function post(body: string): Promise<string> {
    const make = url.protocol === 'https:' ? secureRequest : plainRequest
    return new Promise((resolve, reject) => {
      const request = make({
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port || 8123,
        path: `/?${query}`,
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        timeout: TIME_MS,
      })
      request.on('timeout', () => request.destroy(new Error('ClickHouse does not answer')))
      request.on('error', reject)
      request.on('response', (response) => {
        const pieces: Buffer[] = []
        let size = 0
        response.on('data', (piece: Buffer) => {
          size += piece.length
          if (size > MOST_ANSWER_BYTES) request.destroy(new Error('ClickHouse answers too much'))
          else pieces.push(piece)
        })
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString()
          if (response.statusCode === 200) resolve(text)
          else reject(new Error(`ClickHouse: ${text.slice(0, 500)}`))
        })
      })
      request.end(body)
    })
  }

  return {
    async run(statement) {
      await post(statement)
    },
    async rows(select) {
      return (JSON.parse(await post(`${select} format JSONCompact`)) as { data: unknown[][] }).data
    },
    async insert(table, rows) {
      if (rows.length === 0) return
      await post(`insert into ${table} format JSONEachRow\n${rows.map((row) => JSON.stringify(row)).join('\n')}`)
    },
  }
}

/** A value as it stands in a statement. */
export function literal(value: string | number | readonly string[]): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return `(${value.map(literal).join(', ')})`
  const escaped = value.replace(/[\\'\0\n\r\t]/g, (it) => ESCAPES[it]!)
  return `'${escaped}'`
}

const ESCAPES: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}
