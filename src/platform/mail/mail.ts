/** The port of mail: letters to people. Sent from jobs, which try again; so a letter may by bad luck come twice. */

export interface Letter {
  to: string
  subject: string
  text: string
  /** The same with markup, for those whose program shows it. */
  html?: string
  /** Further headers, such as List-Unsubscribe (RFC 2369). */
  headers?: Record<string, string>
}

export interface Mail {
  /** `files`: letters are written to a folder, to be read there or fetched by a program of the administrator. */
  readonly kind: 'files' | 'smtp'
  /** Resolves when the letter has been handed over. Throws when it was not. */
  send(letter: Letter): Promise<void>
  close(): Promise<void>
}
