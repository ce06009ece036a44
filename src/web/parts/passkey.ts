/** Passkeys in the browser: hands the server's wishes to the platform and its answers back, both as JSON (WebAuthn Level 3, 5.1.8). */
import { call } from '../api.ts'

export function canUsePasskeys(): boolean {
  return typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential
}

/** Makes a passkey for the account that is signed in. Throws when the person or the browser says no. */
export async function makePasskey(name: string, password: string): Promise<void> {
  const wanted = await call('beginPasskey', { body: password === '' ? {} : { password } })
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    wanted as unknown as PublicKeyCredentialCreationOptionsJSON,
  )
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential
  await call('addPasskey', { body: { name, response: { ...made.toJSON() } } })
}

/** Signs in by whichever passkey of this site the person picks. */
export async function enterByPasskey() {
  const wanted = await call('beginPasskeySignIn')
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    wanted as unknown as PublicKeyCredentialRequestOptionsJSON,
  )
  const shown = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential
  return call('passkeySignIn', { body: { response: { ...shown.toJSON() } } })
}
