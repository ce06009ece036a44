/** A push service and a browser behind it: takes messages as Mozilla's and Google's servers do, and reads them as a browser does. */
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Pushed {
  headers: IncomingHttpHeaders
  path: string
  /** As the browser reads it. */
  message: Record<string, unknown>
}

/** Answers each message with what `answers` holds next, else 201. */
export async function openPushService(answers: number[] = []) {
  const own = createECDH('prime256v1')
  own.generateKeys()
  const secret = randomBytes(16)
  const pushed: Pushed[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const message = JSON.parse(read(Buffer.concat(parts)).toString('utf8'))
    pushed.push({ headers: request.headers, path: request.url ?? '', message })
    response.writeHead(answers.shift() ?? 201).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  /** RFC 8291 section 3.4 and RFC 8188 section 2, from the browser's side. */
  function read(body: Buffer): Buffer {
    const [salt, recordBytes, idBytes] = [body.subarray(0, 16), body.readUInt32BE(16), body.readUInt8(20)]
    if (body.length > recordBytes) throw new Error('more than one record')
    const sender = body.subarray(21, 21 + idBytes)
    const sealed = body.subarray(21 + idBytes)
    const derive = (from: Buffer, with_: Buffer, about: Buffer, length: number) =>
      Buffer.from(hkdfSync('sha256', from, with_, about, length))
    const about = Buffer.concat([Buffer.from('WebPush: info\0'), own.getPublicKey(), sender])
    const shared = derive(own.computeSecret(sender), secret, about, 32)
    const key = derive(shared, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
    const nonce = derive(shared, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
    const cipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(sealed.subarray(-16))
    const padded = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()])
    if (padded.at(-1) !== 2) throw new Error('not the last record')
    return padded.subarray(0, -1)
  }

  return {
    origin,
    pushed,
    /** What `PushSubscription.toJSON()` gives for one browser window. */
    subscription: (name: string) => ({
      endpoint: `${origin}/push/${name}`,
      expirationTime: null,
      keys: { p256dh: own.getPublicKey().toString('base64url'), auth: secret.toString('base64url') },
    }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Checks the signature of a message as a push service does (RFC 8292); returns what was signed, and by which key. */
export function readSignature(authorization: string): {
  key: string
  claims: { aud: string; exp: number; sub: string }
} {
  const [, token, key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? []
  if (!token || !key) throw new Error(`no signature: ${authorization}`)
  const [head, body, signature] = token.split('.') as [string, string, string]
  const point = Buffer.from(key, 'base64url')
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const good = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  if (!good) throw new Error('the signature is not by this key')
  return { key, claims: JSON.parse(Buffer.from(body, 'base64url').toString()) }
}
