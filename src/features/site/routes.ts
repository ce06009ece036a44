/** Addresses of the site's settings and announcements. */
import * as contract from '../../contract/site.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as site from './site.ts'

export const routes: AnyRoute[] = [
  route(contract.getSite, (app) => site.aboutSite(app)),
  route(contract.getSiteSettings, (app) => site.siteSettings(app)),
  route(contract.setSiteSettings, (app, { viewer, body }) => site.changeSite(app, viewer, body)),
  route(contract.listAnnouncements, (app) => site.listAnnouncements(app)),
  route(contract.announce, (app, { viewer, body }) => site.announce(app, viewer, body)),
  route(contract.withdrawAnnouncement, (app, { viewer, params }) => site.withdraw(app, viewer, params.announcementId)),
]
