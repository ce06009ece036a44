/** The site as its staff wants it: settings that hold at once in every process, and announcements. */

import { refuse } from '../../contract/refusals.ts'
import { type Announcement, SiteSettings } from '../../contract/site.ts'
import { newId } from '../../kit/ids.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { noteAct } from '../audit/audit.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

/** What holds now. A row of one is read each time: a policy that holds a minute later has been broken for a minute. */
export async function siteSettings(app: App): Promise<SiteSettings> {
  return settingsFrom(app, await store.readSettings(app))
}

function settingsFrom(app: App, chosen: Record<string, unknown>): SiteSettings {
  // What an older or newer program wrote, and this one does not know or would not take, is as if it had not been chosen.
  const fields = Object.entries(SiteSettings.shape).flatMap(([name, shape]) => {
    const read = shape.safeParse(chosen[name])
    return read.success ? [[name, read.data]] : []
  })
  return { ...rules.defaultSettings(app.config), ...Object.fromEntries(fields) }
}

/** Changes what is given. */
export async function changeSite(
  app: App,
  viewer: Viewer,
  given: { [Name in keyof SiteSettings]?: SiteSettings[Name] | undefined },
): Promise<SiteSettings> {
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return app.together(async (app) => {
    const chosen = { ...(await store.lockSettings(app)), ...change }
    await store.writeSettings(app, chosen)
    await noteAct(app, viewer, 'site.change', { kind: 'site', id: 'site' }, shortened(change))
    return settingsFrom(app, chosen)
  })
}

/** The book says that the terms were changed, not all their words. */
function shortened(change: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(change).map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, 100) : value]),
  )
}

/** What everybody may know, with the announcements that are shown now. */
export async function aboutSite(app: App) {
  const { name, summary, about, terms, signUp } = await siteSettings(app)
  const rows = await store.listAnnouncements(app, rules.MOST_ANNOUNCEMENTS)
  const announcements = rows.filter((row) => rules.isShown(row, app.clock.now())).map(toAnnouncement)
  const elsewhere = app.config['oidc.issuer'] === '' ? {} : { elsewhere: app.config['oidc.name'] }
  const graceDays = app.config['accounts.grace_days']
  return { name, summary, about, terms, signUp, announcements, graceDays, ...elsewhere }
}

/** What stands on every page: the name, and what is announced now. */
export async function siteHead(app: App): Promise<{ name: string; announcements: Announcement[] }> {
  const [{ name }, rows] = await Promise.all([
    siteSettings(app),
    store.listAnnouncements(app, rules.MOST_ANNOUNCEMENTS),
  ])
  return { name, announcements: rows.filter((row) => rules.isShown(row, app.clock.now())).map(toAnnouncement) }
}

export async function listAnnouncements(app: App): Promise<{ items: Announcement[] }> {
  return { items: (await store.listAnnouncements(app, rules.MOST_ANNOUNCEMENTS)).map(toAnnouncement) }
}

/** Announces something. Refuses too_many at the end of what people read. */
export async function announce(
  app: App,
  viewer: Viewer,
  given: { words: string; kind: Announcement['kind']; from?: string | undefined; until?: string | undefined },
): Promise<Announcement> {
  if ((await store.listAnnouncements(app, rules.MOST_ANNOUNCEMENTS)).length >= rules.MOST_ANNOUNCEMENTS)
    return refuse('too_many', 'take older announcements away first')
  const row = {
    announcement_id: newId(),
    words: given.words,
    kind: given.kind,
    from_at: given.from === undefined ? app.clock.now() : new Date(given.from),
    until_at: given.until === undefined ? null : new Date(given.until),
    created_at: app.clock.now(),
  }
  await app.together(async (app) => {
    await store.insertAnnouncement(app, row)
    await noteAct(app, viewer, 'site.announce', { kind: 'site', id: row.announcement_id }, { words: given.words })
  })
  return toAnnouncement(row)
}

/** Refuses not_found. */
export async function withdraw(app: App, viewer: Viewer, announcementId: string): Promise<void> {
  await app.together(async (app) => {
    if (!(await store.deleteAnnouncement(app, announcementId))) return refuse('not_found')
    await noteAct(app, viewer, 'site.withdraw', { kind: 'site', id: announcementId })
  })
}

function toAnnouncement(row: {
  announcement_id: string
  words: string
  kind: string
  from_at: Date
  until_at: Date | null
}): Announcement {
  return {
    id: row.announcement_id,
    words: row.words,
    kind: row.kind as Announcement['kind'],
    from: row.from_at.toISOString(),
    ...(row.until_at === null ? {} : { until: row.until_at.toISOString() }),
  }
}
