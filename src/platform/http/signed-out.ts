/** Word that an account may have been signed out somewhere: whoever holds a connection open in its name looks again. */
import type { App } from '../app.ts'

export const SIGNED_OUT_CHANNEL = 'http.signed-out'

/** Has every process look again at the open sockets of an account; in a transaction, when that commits. */
export async function tellSignedOut(app: App, accountId: string): Promise<void> {
  await app.bus.shout(SIGNED_OUT_CHANNEL, accountId)
}
