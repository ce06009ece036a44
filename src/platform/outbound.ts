/**
 * Requests to addresses that people have given us. They go to public addresses only: a name is resolved once, what it
 * resolves to is checked, and the connection is made to exactly that, so that a name that answers otherwise the next time
 * (DNS rebinding) gains nothing. Redirects are not followed, and answers are read only a little.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { BlockList, isIP } from 'node:net'

/** Everything but global unicast (IANA's special-purpose registries, RFC 6890): this machine, its network, metadata services. */
const forbidden4 = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  forbidden4.addSubnet(net, bits, 'ipv4')

/** IPv6 the other way round: only what is handed out as global unicast, less the ways in it that lead into IPv4 or nowhere. */
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
const forbidden6 = new BlockList()
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  forbidden6.addSubnet(net, bits, 'ipv6')

export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !forbidden4.check(address, 'ipv4')
  return family === 6 && global6.check(address, 'ipv6') && !forbidden6.check(address, 'ipv6')
}

/** Why nothing was sent: the address leads to where this server must not go. */
export class ForbiddenAddress extends Error {
  constructor(host: string) {
    super(`${host} is not a public address`)
    this.name = 'ForbiddenAddress'
  }
}

type Lookup = (
  host: string,
  options: { all: true },
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

export interface OutboundOptions {
  headers: Record<string, string>
  body: string | Buffer
  timeoutMs: number
  /** Private addresses as well: for a platform whose administrator trusts everybody who may name one. */
  allowPrivate?: boolean
  /** Bytes of the answer that are read; the first few by default. */
  replyBytes?: number
  signal?: AbortSignal
  /** Resolves names; the system's by default. */
  lookup?: Lookup
}

/** Bytes of an answer that are read, for people to see what it said. */
const REPLY_BYTES = 500

/** Whether an address can be one we would send to, as far as its text tells: a name may still lead astray. */
export function mayBeSentTo(address: string, allowPrivate = false): boolean {
  const url = URL.parse(address)
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return false
  const host = hostOf(url)
  if (allowPrivate) return true
  return isIP(host) === 0 ? !/(^|\.)(localhost|local|internal|home\.arpa)\.?$/i.test(host) : isPublicAddress(host)
}

/** IPv6 stands in brackets in an address, and nowhere else. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** Sends one POST. Resolves with status and the beginning of what was said; rejects when no answer came. */
export function postOutside(address: string, options: OutboundOptions): Promise<{ status: number; said: string }> {
  const { allowPrivate = false, replyBytes = REPLY_BYTES, lookup = systemLookup as unknown as Lookup } = options
  const late = AbortSignal.timeout(options.timeoutMs)
  if (!mayBeSentTo(address, allowPrivate)) return Promise.reject(new ForbiddenAddress(address))
  const url = new URL(address)
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      headers: { ...options.headers, 'content-length': Buffer.byteLength(options.body) },
      // Called for every connection that a name needs; what it hands on is what is connected to.
      lookup: (host, wanted, done) => {
        lookup(host, { all: true }, (error, found) => {
          if (error) return done(error, '', 0)
          const bad = allowPrivate ? undefined : found.find((it) => !isPublicAddress(it.address))
          const [first] = found
          if (bad || !first) return done(new ForbiddenAddress(host), '', 0)
          if (wanted.all) return (done as unknown as (error: null, found: LookupAddress[]) => void)(null, found)
          return done(null, first.address, first.family)
        })
      },
      // No connection is kept: the next one is checked anew.
      agent: false,
      signal: options.signal ? AbortSignal.any([late, options.signal]) : late,
    })
    request.once('error', reject)
    request.once('response', (response) => {
      const parts: Buffer[] = []
      let length = 0
      const finish = () => {
        const said = Buffer.concat(parts).subarray(0, replyBytes).toString('utf8')
        resolve({ status: response.statusCode ?? 0, said })
        request.destroy()
      }
      response.on('data', (part: Buffer) => {
        parts.push(part)
        length += part.length
        if (length >= replyBytes) finish()
      })
      response.once('end', finish)
      response.once('error', reject)
    })
    request.end(options.body)
  })
}
