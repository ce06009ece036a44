/** The WebSocket of an account: says at once when something is new, on every open window. */
import { refuse } from '../../contract/refusals.ts'
import type { App } from '../../platform/app.ts'
import type { Asked, Socket } from '../../platform/http/http.ts'
import { NEWS_CHANNEL, newsOf } from './notifications.ts'

type Hear = () => void

/** Who listens in this process, by account: one ear for all, so that a shout is read once and not once per window. */
const ears = new WeakMap<object, Map<string, Set<Hear>>>()

function earOf(app: App): Map<string, Set<Hear>> {
  const known = ears.get(app.bus)
  if (known) return known
  const hearers = new Map<string, Set<Hear>>()
  ears.set(app.bus, hearers)
  app.bus.hearShouts(NEWS_CHANNEL, (word) => {
    for (const accountId of JSON.parse(word) as string[]) for (const hear of hearers.get(accountId) ?? []) hear()
  })
  return hearers
}

/** Tells one window how many notifications are unread and which is the newest: now, and whenever that changes. */
export async function tellAccount(app: App, socket: Socket, { viewer }: Asked): Promise<void> {
  const { accountId } = viewer
  if (accountId === undefined) return refuse('sign_in_needed')
  let telling = false
  let again = false
  const tell = async () => {
    if (telling) {
      again = true
      return
    }
    telling = true
    do {
      again = false
      try {
        socket.send(JSON.stringify(await newsOf(app, accountId)))
      } catch (fault) {
        app.log.warn({ err: fault }, 'notifications could not be told')
      }
    } while (again)
    telling = false
  }
  const hearers = earOf(app)
  const mine = hearers.get(accountId) ?? new Set()
  const hear = () => void tell()
  hearers.set(accountId, mine.add(hear))
  socket.onMessage(() => {})
  socket.onClose(() => {
    mine.delete(hear)
    if (mine.size === 0) hearers.delete(accountId)
  })
  await tell()
}
