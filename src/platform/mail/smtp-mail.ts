/** Mail through a server by SMTP (RFC 5321), over few connections that are kept open. */
import { createTransport } from 'nodemailer'
import { messageOf } from './compose.ts'
import type { Mail } from './mail.ts'

/** A server that says nothing for so long will not: the job tries again later. */
const PATIENCE_MS = 20_000

/** `url` such as `smtp://name:password@mail.example.org:587` (STARTTLS where the server has it) or `smtps://...:465`. */
export function smtpMail(url: string, from: string): Mail {
  const server = createTransport({
    url,
    pool: true,
    maxConnections: 2,
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
  })
  return {
    kind: 'smtp',
    async send(letter) {
      await server.sendMail(messageOf(letter, from))
    },
    async close() {
      server.close()
    },
  }
}
