/** Accounts: signing up, in and out, who is asking, API tokens. */
import { z } from 'zod'
import { endpoint, SCOPES } from './endpoint.ts'
import { LANGUAGES, type LanguageCode } from './languages.ts'
import { ChannelRef, Handle, Id, personName, Role, Time, text } from './shapes.ts'

export const Email = z
  .email()
  .max(254)
  .transform((value) => value.toLowerCase())
/** Long rather than odd: NIST SP 800-63B 5.1.1.2 asks for at least eight characters and no rules of composition. */
export const Password = z.string().min(8, 'takes at least 8 characters').max(256)

/** A language that pages, letters and pushes are written in. */
export const SpokenLanguage = z.enum(Object.keys(LANGUAGES) as [LanguageCode, ...LanguageCode[]])

export const Me = z.object({
  id: Id,
  email: z.string(),
  name: z.string(),
  role: Role,
  channel: ChannelRef,
  quotaBytes: z.number(),
  usedBytes: z.number(),
  /** The address has been proved to be the account's. */
  emailVerified: z.boolean(),
  /** What letters and pushes to the account are written in. */
  language: SpokenLanguage,
  /** A code of an authenticator is asked for besides the password. */
  secondFactor: z.boolean(),
  /** When the account will be gone, if its owner wants that. */
  deleteAfter: Time.optional(),
})
export type Me = z.infer<typeof Me>

export const Scope = z.enum(SCOPES)

export const Token = z.object({
  id: Id,
  name: z.string(),
  scopes: z.array(Scope),
  created: Time,
  lastUsed: Time.optional(),
  expires: Time.optional(),
})

export type Token = z.infer<typeof Token>

export const signUp = endpoint({
  says: 'Makes an account and its channel, and signs in. The first account of a platform is its administrator. Where addresses must be proved or staff lets people in, the answer (letter_sent, approval_pending) is the same for an address that has an account already.',
  method: 'POST',
  path: '/accounts',
  who: 'anyone',
  body: z.object({
    email: Email,
    password: Password,
    name: personName(1, 60),
    handle: Handle.optional(),
    /** What one says of oneself where sign-ups are approved by staff. */
    about: text(0, 1000).optional(),
  }),
  reply: Me,
  refuses: ['email_taken', 'handle_taken', 'sign_up_closed', 'approval_pending', 'letter_sent'],
  perMinute: 10,
})

export const signIn = endpoint({
  says: 'Signs in with e-mail address and password, and with a code where a second factor is set up (of the authenticator, or one of the recovery codes). The answer sets the session cookie.',
  method: 'POST',
  path: '/session',
  who: 'anyone',
  body: z.object({ email: Email, password: z.string().max(256), code: z.string().max(40).optional() }),
  reply: Me,
  refuses: ['bad_credentials', 'second_factor_needed', 'second_factor_wrong', 'account_suspended', 'approval_pending'],
  perMinute: 10,
})

export const signOut = endpoint({
  says: 'Ends this session.',
  method: 'DELETE',
  path: '/session',
  who: 'anyone',
  refuses: [],
})

export const me = endpoint({
  says: 'The account that is asking.',
  method: 'GET',
  path: '/me',
  who: 'member',
  reply: Me,
  refuses: [],
})

export const createToken = endpoint({
  says: 'Makes an API token. Its secret is in this answer and nowhere else.',
  method: 'POST',
  path: '/tokens',
  who: 'member',
  body: z.object({
    name: text(1, 60),
    scopes: z.array(Scope).min(1).max(4).default(['read', 'write']),
    /** Days until it ends by itself; absent: never. */
    days: z.number().int().min(1).max(3650).optional(),
  }),
  scope: 'account',
  reply: Token.extend({ secret: z.string() }),
  refuses: [],
  perMinute: 20,
})

export const listTokens = endpoint({
  says: 'The API tokens of the account that is asking.',
  method: 'GET',
  path: '/tokens',
  who: 'member',
  scope: 'account',
  reply: z.object({ items: z.array(Token) }),
  refuses: [],
})

export const removeToken = endpoint({
  says: 'Makes an API token useless.',
  method: 'DELETE',
  path: '/tokens/:tokenId',
  who: 'member',
  scope: 'account',
  params: z.object({ tokenId: Id }),
  refuses: ['not_found'],
})
