/** What the administrator of the machine may do in an open app, without a server in between. */

import { Email, Password } from '../contract/accounts.ts'
import { refuse } from '../contract/refusals.ts'
import { Handle, Role, text } from '../contract/shapes.ts'
import { accountCount, createAccount, createTokenFor } from '../features/accounts/accounts.ts'
import { reportSavings, setPolicy, showTuning } from '../features/renditions/renditions.ts'
import { replan, replanProgress } from '../features/renewal/renewal.ts'
import { rebuildSearch } from '../features/search/search.ts'
import type { App } from '../platform/app.ts'

export interface AccountWish {
  email: string
  name: string
  password: string
  handle?: string | undefined
  role?: string | undefined
}

/** Makes an account, by the same rules of form as the page. Refuses bad_request, email_taken, handle_taken. */
export async function makeAccount(app: App, wish: AccountWish) {
  return createAccount(app, {
    email: valid('e-mail address', Email, wish.email),
    name: valid('name', text(1, 60), wish.name),
    password: valid('password', Password, wish.password),
    ...(wish.handle === undefined ? {} : { handle: valid('handle', Handle, wish.handle) }),
    ...(wish.role === undefined ? {} : { role: valid('role', Role, wish.role) }),
  })
}

/** Makes an API token for whoever has this e-mail address. Refuses account_not_found. */
export async function makeToken(app: App, email: string, name: string): Promise<{ id: string; secret: string }> {
  return createTokenFor(app, valid('e-mail address', Email, email), valid('name', text(1, 60), name))
}

/** What is stored of all videos, and what making the rest on request saves. */
export const mediaSavings = (app: App) => reportSavings(app)

/** When renditions of a channel's videos are made; what is not given is as the site does. Refuses channel_not_found. */
export const setMediaPolicy = (app: App, handle: string, policy: Parameters<typeof setPolicy>[2]) =>
  setPolicy(app, handle, policy)

/** What trials of a video measured, and what was decided of its ladder. Refuses video_not_found. */
export const mediaTuning = (app: App, videoId: string) => showTuning(app, videoId)

/** Plans and encodes videos again; returns how many were asked for. */
export const renewVideos = (app: App, videoIds: string[] | 'all') => replan(app, videoIds)

/** How many videos are still to be planned, and to be encoded completely. */
export const renewalProgress = (app: App) => replanProgress(app)

/** Whether nobody has an account yet, so that the next one becomes the administrator. */
export async function isNew(app: App): Promise<boolean> {
  return (await accountCount(app)) === 0
}

interface Shape<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { issues: { message: string }[] } }
}

function valid<T>(what: string, shape: Shape<T>, value: unknown): T {
  const result = shape.safeParse(value)
  if (result.success) return result.data
  return refuse('bad_request', `${what}: ${result.error.issues.map((issue) => issue.message).join('; ')}`)
}

/** Has every process of the API build its search index anew; tells what each answers until `waitMs` are over. */
export async function rebuildIndexes(app: App, waitMs: number, tell: (documents: number) => void): Promise<void> {
  await rebuildSearch(app, waitMs, tell)
}
