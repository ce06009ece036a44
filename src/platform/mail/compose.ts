/** Letters as bytes (RFC 5322, MIME), and what must hold of an address before a letter goes to it. */
import { createTransport } from 'nodemailer'
import type { Letter } from './mail.ts'

/** What nodemailer is given. Files and addresses to fetch are off: a letter is made of what stands in it. */
export function messageOf(letter: Letter, from: string) {
  assertOneLine(letter.to)
  assertOneLine(letter.subject)
  for (const [name, value] of Object.entries(letter.headers ?? {})) assertOneLine(name + value)
  return {
    from,
    // As an object, an address with commas or brackets in it stays one address.
    to: { name: '', address: letter.to },
    subject: letter.subject,
    text: letter.text,
    ...(letter.html === undefined ? {} : { html: letter.html }),
    headers: { 'Auto-Submitted': 'auto-generated', ...letter.headers },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** A line break in a header begins another header, of somebody else's choosing. */
function assertOneLine(value: string): void {
  if (/[\r\n\0]/.test(value)) throw new RangeError('A header of a letter is one line')
}

/** The whole letter as it would go over the wire. */
export async function composeLetter(letter: Letter, from: string): Promise<Buffer> {
  const writer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  const { message } = await writer.sendMail(messageOf(letter, from))
  return message as Buffer
}
