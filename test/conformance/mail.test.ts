/** Mail: both adapters hand over the same letter, whole, and no text from people becomes a header. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { fileMail } from '../../src/platform/mail/file-mail.ts'
import type { Mail } from '../../src/platform/mail/mail.ts'
import { smtpMail } from '../../src/platform/mail/smtp-mail.ts'

interface Received {
  /** Whom the envelope names; a file has none, and its To stands for it. */
  to: string[]
  text: string
}

interface Post {
  mail: Mail
  received(): Promise<Received[]>
  close(): Promise<void>
}

/** A server that takes letters as RFC 5321 says, without any of its extensions. */
async function smtpPost(): Promise<Post> {
  const letters: Received[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let waiting = ''
    let to: string[] = []
    let data: string | undefined
    socket.write('220 here\r\n')
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      waiting += bytes.toString('latin1')
      for (;;) {
        if (data !== undefined) {
          const end = waiting.indexOf('\r\n.\r\n')
          if (end < 0) return
          // A point that begins a line was doubled on its way (section 4.5.2).
          letters.push({ to, text: waiting.slice(0, end).replace(/\r\n\.\./g, '\r\n.') })
          waiting = waiting.slice(end + 5)
          data = undefined
          to = []
          socket.write('250 taken\r\n')
          continue
        }
        const end = waiting.indexOf('\r\n')
        if (end < 0) return
        const line = waiting.slice(0, end)
        waiting = waiting.slice(end + 2)
        if (/^RCPT TO:<refused@/i.test(line)) socket.write('550 nobody\r\n')
        else if (/^DATA/i.test(line)) {
          data = ''
          socket.write('354 go on\r\n')
        } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
        else {
          const recipient = /^RCPT TO:<([^>]*)>/i.exec(line)?.[1]
          if (recipient) to.push(recipient)
          socket.write('250 well\r\n')
        }
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const mail = smtpMail(`smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, 'Site <site@example.org>')
  return {
    mail,
    received: async () => letters,
    async close() {
      await mail.close()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function filePost(): Promise<Post> {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-mail-'))
  const letters = join(folder, 'mail')
  const mail = fileMail(letters, 'Site <site@example.org>', systemClock)
  return {
    mail,
    async received() {
      const names = (await readdir(letters).catch(() => [])).sort()
      for (const name of names) {
        expect(name).toMatch(/\.eml$/)
        expect((await stat(join(letters, name))).mode & 0o077, 'for the owner alone').toBe(0)
      }
      const texts = await Promise.all(names.map((name) => readFile(join(letters, name), 'latin1')))
      return texts.map((text) => ({ to: [/^To: (.*)$/m.exec(text)?.[1]?.trim() ?? ''], text }))
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

describe.each([
  ['files', filePost],
  ['smtp', smtpPost],
] as const)('mail by %s', (kind, openPost) => {
  let post: Post
  beforeAll(async () => {
    post = await openPost()
  })
  afterAll(() => post.close())

  test('a letter arrives whole, to whom it was written', async () => {
    expect(post.mail.kind).toBe(kind)
    await post.mail.send({
      to: 'ana@example.org',
      subject: 'Grüße 🙂',
      text: 'One\n.\n..two\nthree',
      headers: { 'X-Kind': 'test' },
    })
    const [letter] = await post.received()
    expect(letter?.to).toEqual(['ana@example.org'])
    const [head = '', body = ''] = letter!.text.split(/\r\n\r\n([\s\S]*)/)
    expect(head).toMatch(/^From: Site <site@example\.org>/m)
    expect(head).toMatch(/^Subject: =\?UTF-8\?/m)
    expect(head).toMatch(/^X-Kind: test/m)
    expect(head).toMatch(/^Auto-Submitted: auto-generated/m)
    expect(body.trim()).toBe('One\r\n.\r\n..two\r\nthree')
  })

  test('a line break in an address, subject or header is refused, and nothing is sent', async () => {
    const before = (await post.received()).length
    const letter = { to: 'ana@example.org', subject: 'Hello', text: 'x' }
    for (const bad of [
      { ...letter, to: 'ana@example.org\r\nBcc: all@example.org' },
      { ...letter, subject: 'Hello\nBcc: all@example.org' },
      { ...letter, headers: { 'X-A': 'b\r\nBcc: all@example.org' } },
    ])
      await expect(post.mail.send(bad)).rejects.toThrow(RangeError)
    expect((await post.received()).length).toBe(before)
  })

  test('an address with a comma is one address', async () => {
    await post.mail.send({ to: '"a,b"@example.org', subject: 'x', text: 'x' }).catch(() => {})
    for (const letter of await post.received()) expect(letter.to).toHaveLength(1)
  })

  test.runIf(kind === 'smtp')('a letter that the server refuses is an error, so that the job tries again', async () => {
    await expect(post.mail.send({ to: 'refused@example.org', subject: 'x', text: 'x' })).rejects.toThrow()
  })
})
