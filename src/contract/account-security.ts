/** What keeps an account its owner's: letters with keys, passwords, devices, second factors, passkeys, export and deletion. */
import { z } from 'zod'
import { Email, Me, Password, SpokenLanguage } from './accounts.ts'
import { endpoint } from './endpoint.ts'
import { Id, personName, Time, text } from './shapes.ts'

/** The account's password, again: asked for before what a thief of an open browser must not do. */
const Again = z.string().max(256)
const Secret = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'is not a key from a letter')

export const editAccount = endpoint({
  says: 'Changes what is given of the name of the account and of the language its letters and pushes are written in.',
  method: 'PATCH',
  path: '/me',
  who: 'member',
  scope: 'account',
  body: z.object({ name: personName(1, 60).optional(), language: SpokenLanguage.optional() }),
  reply: Me,
  refuses: [],
  perMinute: 20,
})

export const sendVerification = endpoint({
  says: 'Sends the letter once more that proves the e-mail address.',
  method: 'POST',
  path: '/me/verification',
  who: 'member',
  scope: 'account',
  refuses: [],
  perMinute: 3,
})

export const useLetter = endpoint({
  says: 'Uses the key of a letter that proves an e-mail address, the present or a new one. Each is good once.',
  method: 'POST',
  path: '/letters',
  who: 'anyone',
  body: z.object({ key: Secret }),
  reply: z.object({ email: z.string(), changed: z.boolean() }),
  refuses: ['letter_invalid', 'email_taken'],
  perMinute: 20,
})

export const askReset = endpoint({
  says: 'Sends a letter with which a new password can be set, if there is such an account. The answer is the same either way.',
  method: 'POST',
  path: '/password-resets',
  who: 'anyone',
  body: z.object({ email: Email }),
  refuses: [],
  perMinute: 5,
})

export const useReset = endpoint({
  says: 'Sets a new password by the key of a letter, good once, and signs the account out everywhere.',
  method: 'PUT',
  path: '/password-resets',
  who: 'anyone',
  body: z.object({ key: Secret, password: Password }),
  refuses: ['letter_invalid'],
  perMinute: 10,
})

export const changePassword = endpoint({
  says: 'Sets a new password and signs out every other device.',
  method: 'PUT',
  path: '/me/password',
  who: 'member',
  scope: 'account',
  body: z.object({ password: Again.optional(), newPassword: Password }),
  refuses: ['bad_credentials', 'password_needed'],
  perMinute: 10,
})

export const changeEmail = endpoint({
  says: 'Asks for another e-mail address: it becomes the account’s when the key of the letter sent there is used.',
  method: 'PUT',
  path: '/me/email',
  who: 'member',
  scope: 'account',
  body: z.object({ email: Email, password: Again.optional() }),
  refuses: ['bad_credentials', 'password_needed'],
  perMinute: 5,
})

export const Device = z.object({
  id: Id,
  /** What its browser says it is. */
  browser: z.string(),
  since: Time,
  lastSeen: Time,
  /** The one that asks. */
  current: z.boolean(),
})
export type Device = z.infer<typeof Device>

export const listDevices = endpoint({
  says: 'Where the account is signed in, most recently seen first.',
  method: 'GET',
  path: '/me/devices',
  who: 'member',
  scope: 'account',
  reply: z.object({ items: z.array(Device) }),
  refuses: [],
})

export const signOutDevice = endpoint({
  says: 'Signs one device out.',
  method: 'DELETE',
  path: '/me/devices/:deviceId',
  who: 'member',
  scope: 'account',
  params: z.object({ deviceId: z.string().regex(/^[0-9A-Za-z]{8,32}$/) }),
  refuses: ['not_found'],
})

export const signOutOthers = endpoint({
  says: 'Signs out every device but the one that asks.',
  method: 'DELETE',
  path: '/me/devices',
  who: 'member',
  scope: 'account',
  refuses: [],
})

export const beginSecondFactor = endpoint({
  says: 'Begins to set up an authenticator (TOTP, RFC 6238): its key, as text and as an address for a QR code. It holds once a first code confirms it.',
  method: 'POST',
  path: '/me/second-factor',
  who: 'member',
  scope: 'account',
  body: z.object({ password: Again.optional() }),
  reply: z.object({ key: z.string(), address: z.string() }),
  refuses: ['bad_credentials', 'password_needed', 'second_factor_on'],
  perMinute: 10,
})

export const confirmSecondFactor = endpoint({
  says: 'Turns the authenticator on by its first code. The recovery codes are in this answer and nowhere else.',
  method: 'PUT',
  path: '/me/second-factor',
  who: 'member',
  scope: 'account',
  body: z.object({ code: z.string().max(40) }),
  reply: z.object({ recoveryCodes: z.array(z.string()) }),
  refuses: ['second_factor_wrong', 'second_factor_on', 'second_factor_off'],
  perMinute: 10,
})

export const renewRecoveryCodes = endpoint({
  says: 'Makes new recovery codes; the old ones are void.',
  method: 'POST',
  path: '/me/second-factor/recovery-codes',
  who: 'member',
  scope: 'account',
  body: z.object({ password: Again.optional(), code: z.string().max(40) }),
  reply: z.object({ recoveryCodes: z.array(z.string()) }),
  refuses: ['bad_credentials', 'password_needed', 'second_factor_wrong', 'second_factor_off'],
  perMinute: 5,
})

export const removeSecondFactor = endpoint({
  says: 'Takes the authenticator away, by password and one more code.',
  method: 'POST',
  path: '/me/second-factor/removal',
  who: 'member',
  scope: 'account',
  body: z.object({ password: Again.optional(), code: z.string().max(40) }),
  refuses: ['bad_credentials', 'password_needed', 'second_factor_wrong', 'second_factor_off'],
  perMinute: 5,
})

export const deleteAccount = endpoint({
  says: 'Has the account deleted, with its videos and all it wrote, after a time of grace in which this can be taken back.',
  method: 'POST',
  path: '/me/deletion',
  who: 'member',
  scope: 'account',
  body: z.object({ password: Again.optional() }),
  reply: z.object({ deleteAfter: Time }),
  refuses: ['bad_credentials', 'password_needed', 'last_admin'],
  perMinute: 5,
})

export const keepAccount = endpoint({
  says: 'Takes the deletion of the account back.',
  method: 'DELETE',
  path: '/me/deletion',
  who: 'member',
  scope: 'account',
  refuses: [],
})

/** What WebAuthn exchanges (W3C WebAuthn Level 3, section 5.1), checked by the library that reads it. */
const Ceremony = z.record(z.string(), z.unknown())

export const Passkey = z.object({ id: z.string(), name: z.string(), created: Time, lastUsed: Time.optional() })

export const beginPasskey = endpoint({
  says: 'Begins to make a passkey: what the browser is to be asked for.',
  method: 'POST',
  path: '/me/passkeys/options',
  who: 'member',
  scope: 'account',
  body: z.object({ password: Again.optional() }),
  reply: Ceremony,
  refuses: ['bad_credentials', 'password_needed'],
  perMinute: 10,
})

export const addPasskey = endpoint({
  says: 'Keeps the passkey that the browser made.',
  method: 'POST',
  path: '/me/passkeys',
  who: 'member',
  scope: 'account',
  body: z.object({ name: text(1, 60), response: Ceremony }),
  reply: Passkey,
  refuses: ['passkey_wrong'],
  perMinute: 10,
})

export const listPasskeys = endpoint({
  says: 'The passkeys of the account.',
  method: 'GET',
  path: '/me/passkeys',
  who: 'member',
  scope: 'account',
  reply: z.object({ items: z.array(Passkey) }),
  refuses: [],
})

export const removePasskey = endpoint({
  says: 'Forgets a passkey.',
  method: 'DELETE',
  path: '/me/passkeys/:passkeyId',
  who: 'member',
  scope: 'account',
  params: z.object({ passkeyId: z.string().regex(/^[A-Za-z0-9_-]{1,1400}$/) }),
  refuses: ['not_found'],
})

export const beginPasskeySignIn = endpoint({
  says: 'Begins a sign-in by passkey: what the browser is to be asked for.',
  method: 'POST',
  path: '/session/passkey/options',
  who: 'anyone',
  reply: Ceremony,
  refuses: [],
  perMinute: 20,
})

export const passkeySignIn = endpoint({
  says: 'Signs in by a passkey; the answer sets the session cookie.',
  method: 'POST',
  path: '/session/passkey',
  who: 'anyone',
  body: z.object({ response: Ceremony }),
  reply: Me,
  refuses: ['passkey_wrong', 'account_suspended', 'approval_pending'],
  perMinute: 10,
})
